"""200 simulated browsers vote at once: the real pages, from consent to thanks, on PostgreSQL and gunicorn.

First with pauses as people make them, all at work at the same time; then without any pause, which no study sees:
each browser asks as soon as it was answered, so that the figure is the number of browsers / ballots per second.
The server is started as docs/operator.md says. Every tenth ballot is sent twice. Afterwards rows are counted:
acknowledged ballots = stored rows = distinct (participant, item) pairs.

PostgreSQL: DATABASE_URL, else the server on loopback; a database of its own is made and dropped.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.common import cpu_seconds, free_port, own_data_dir, percentile, set_up_django, table, web_server
from benchmarks.http import Answer, Connection, Form
from benchmarks.study import open_study

BROWSERS, ITEMS, POOL, PICKS, LOW_RES_SIDE = 200, 3, 100, 3, 32
POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
GUNICORN = ("--workers", "2", "--threads", "8")
#: Seconds that people take, at the median: to name what they see, and for each pick. As the consent page promises: a
#: quarter of a minute for the image, and half a second for each candidate.
NAMING, PICKING = 15.0, 0.5 * POOL / PICKS
TWICE = 0.1


@dataclass
class Record:
    """What the browsers met. seconds: by kind of request."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    acknowledged: int = 0
    errors: list[str] = field(default_factory=list)


class Browser:
    """One person: pauses are lognormal around the medians above, times `pause`."""

    def __init__(self, port: int, slug: str, record: Record, pause: float, seed: int) -> None:
        self.connection, self.home = Connection(port), f"/s/{slug}/"
        self.record, self.pause, self.random = record, pause, random.Random(seed)

    async def take_part(self) -> None:
        await asyncio.sleep(self.random.uniform(0, (NAMING + PICKS * PICKING) * self.pause))
        try:
            page = await self.ask("page", "get", self.home)
            hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
            await self.ask("consent", "post", self.home, list(hidden), wanted=303)
            page = await self.ask("page", "get", f"{self.home}trial/")
            while (number := _found(r"/trial/(\d+)/", page.text)) is not None:
                page = await self.vote(page, f"{self.home}trial/{number}/")
        except (OSError, EOFError, Refused) as error:
            self.record.errors.append(f"{type(error).__name__} {error}")
        finally:
            self.connection.close()

    async def vote(self, page: Answer, trial: str) -> Answer:
        """One image: name it, load the candidates, pick, send. The answer is the next page."""
        bundle = f"{trial}candidates.bin"
        if 'data-step="label"' in page.text:
            await self.ask("pictures", "get", f"{bundle}?low=1")
            await self.think(NAMING)
            observed = ("observation", json.dumps({"label_ms": 4000, "events": [], "pixel_ratio": 1}))
            page = await self.ask("label", "post", f"{trial}label/", [("label", "5"), observed])
        sizes = [int(size) for size in _found(r'data-pages="([\d,]+)"', page.text).split(",")]
        await self.ask("pictures", "get", f"{bundle}?pages=0")
        if len(sizes) > 1:
            await self.ask("pictures", "get", f"{bundle}?pages=1-{len(sizes) - 1}")
        picks = self.random.sample(range(sum(sizes)), PICKS)
        for count in range(1, PICKS + 1):
            await self.think(PICKING)
            await self.ask("draft", "post", f"{trial}draft/", self.answer(picks[:count], sizes), wanted=204)
        return await self.ballot(trial, picks, sizes)

    async def ballot(self, trial: str, picks: list[int], sizes: list[int]) -> Answer:
        form = [("submission_id", uuid.uuid4()), ("label", "5"), *self.answer(picks, sizes)]
        page = await self.ask("ballot", "post", f"{trial}ballot/", form)
        self.record.acknowledged += 1
        if self.random.random() < TWICE:  # as a page does whose first answer was lost
            page = await self.ask("ballot again", "post", f"{trial}ballot/", form)
        return page

    def answer(self, picks: list[int], sizes: list[int]) -> Form:
        """Picks and observation as the page sends them."""
        events = [[1000 * at, "pick", position] for at, position in enumerate(picks)]
        observed = {
            "exposure_ms": [12_345] * sum(sizes), "pages": [5000] * len(sizes), "events": events, "label_ms": 4000,
            "picking_ms": 15_000, "hidden_ms": 0, "focus_losses": 0, "pixel_ratio": 1, "ratio_changes": 0,
            "window": [1440, 900],
        }  # fmt: skip
        return [*(("positions", position) for position in picks), ("observation", json.dumps(observed))]

    async def think(self, median: float) -> None:
        if self.pause:
            await asyncio.sleep(self.pause * median * self.random.lognormvariate(0, 0.4))

    async def ask(self, kind: str, method: str, path: str, form: Form | None = None, wanted: int = 200) -> Answer:
        began = time.perf_counter()
        if method == "get":
            answer = await self.connection.get(path)
        else:
            answer = await self.connection.post(path, form or [], htmx=kind != "consent")
        self.record.seconds[kind].append(time.perf_counter() - began)
        if answer.status != wanted:
            raise Refused(f"{answer.status} for {kind}")
        return answer


class Refused(Exception):
    """An answer that a person could not go on from."""


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else None  # type: ignore[return-value]


@contextmanager
def database(url: str) -> Iterator[str]:
    """The address of a new database on a PostgreSQL server, dropped at the end."""
    import psycopg

    name = f"trustsr_benchmark_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True, connect_timeout=3) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{url.rpartition('/')[0]}/{name}"
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def all_at_once(port: int, slug: str, browsers: int, pause: float) -> tuple[Record, float]:
    """The record, and the seconds from the first request to the last."""
    record, began = Record(), time.perf_counter()
    people = [Browser(port, slug, record, pause, seed) for seed in range(browsers)]
    await asyncio.gather(*(person.take_part() for person in people))
    return record, time.perf_counter() - began


async def warm_up(port: int, slug: str) -> None:
    """Both processes of the server have answered: one that has just started is slower."""
    await asyncio.gather(*(Connection(port).get(f"/s/{slug}/") for _ in range(64)))
    await all_at_once(port, slug, 8, 0)


def measure(browsers: int, pause: float) -> None:
    from studies.models import Ballot

    port = free_port()
    study = open_study(
        items=ITEMS, pool=POOL, picks=PICKS, low_res_side=LOW_RES_SIDE, ask_label=True, labels=["5", "6"]
    )
    with web_server(port, *GUNICORN) as server:
        asyncio.run(warm_up(port, study.slug))
        before, busy = Ballot.objects.filter(trial__participant__study=study).count(), cpu_seconds(server)
        record, elapsed = asyncio.run(all_at_once(port, study.slug, browsers, pause))
        busy = cpu_seconds(server) - busy
    ballots = Ballot.objects.filter(trial__participant__study=study)
    pairs = ballots.values("trial__participant", "trial__item").distinct().count() - before
    how = f"pauses as people make them (x {pause:g})" if pause else "no pauses at all: the worst case"
    kinds = ["page", "pictures", "label", "draft", "ballot", "ballot again"]
    server = f"PostgreSQL, gunicorn {' '.join(GUNICORN)}, {ITEMS} images x {POOL} candidates"
    table(
        f"{browsers} browsers at once, {how}; {server}",
        ["request", "count", "per second", "p50 ms", "p95 ms", "worst ms"],
        [row(kind, record.seconds[kind], elapsed) for kind in kinds],
    )
    stored = ballots.count() - before
    print(f"  {elapsed:.0f} s; ballots acknowledged {record.acknowledged} = stored {stored} = distinct pairs {pairs}")
    print(f"  errors: {len(record.errors)} {sorted(set(record.errors))[:5] or ''}")
    cost = 1000 * busy / record.acknowledged
    print(f"  the web server took {cost:.0f} ms of a processor per ballot, with all requests that lead to it")


def row(kind: str, seconds: list[float], elapsed: float) -> list[object]:
    times = [percentile(seconds, q) for q in (50, 95, 100)] if seconds else [float("nan")] * 3
    return [kind, len(seconds), f"{len(seconds) / elapsed:.1f}", *(f"{one:.0f}" for one in times)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browsers", type=int, default=BROWSERS)
    parser.add_argument("--pause", type=float, action="append", help="times the usual pauses; 0 for none")
    options = parser.parse_args()
    import psycopg

    try:
        with database(os.environ.get("DATABASE_URL", POSTGRES)) as url, own_data_dir():
            os.environ |= {"DATABASE_URL": url, "TRUSTSR_ENROLMENTS_PER_HOUR": "1000000"}
            set_up_django()
            for pause in options.pause or (1.0, 0.0):
                measure(options.browsers, pause)
            from django.db import connections

            connections.close_all()
    except psycopg.OperationalError as error:
        sys.exit(f"PostgreSQL does not answer: give its address in DATABASE_URL ({str(error).splitlines()[0]}).")


if __name__ == "__main__":
    main()
