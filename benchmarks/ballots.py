"""Ballots per second and their latency: real gunicorn as the demo starts it, SQLite, 8 and 32 clients on loopback.

Afterwards the database is counted: stored rows = acknowledged ballots = unique (participant, item) pairs.
"""

from __future__ import annotations

import http.client
import threading
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlencode

from benchmarks.common import free_port, own_data_dir, percentile, set_up_django, table, web_server
from benchmarks.study import open_study

ITEMS, POOL, PICKS = 20, 100, 3
BALLOTS = 2000
WARM_UP = 200  # a process that has just started is slower
CSRF = "c" * 32


@dataclass
class Tally:
    """What the clients saw."""

    seconds: list[float] = field(default_factory=list)
    acknowledged: int = 0
    errors: list[str] = field(default_factory=list)


def cookies(study, count: int) -> list[str]:  # type: ignore[no-untyped-def]
    """Enrolled participants, as the Cookie header of each."""
    from django.http import HttpResponse

    from studies import access
    from studies.services import enrolment

    headers = []
    for _ in range(count):
        _, token = enrolment.enrol(study)
        response = HttpResponse()
        access.set_participant_cookie(response, study, token)
        morsel = response.cookies[access.cookie_name(study.slug)]
        headers.append(f"{morsel.key}={morsel.coded_value}; csrftoken={CSRF}")
    return headers


def client(port: int, slug: str, mine: list[str], tally: Tally, lock: threading.Lock) -> None:
    """Vote for these participants, trial after trial, over one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for cookie in mine:
        for number in range(1, ITEMS + 1):
            body = urlencode([("submission_id", uuid.uuid4()), *(("positions", p) for p in range(PICKS))])
            headers = {
                "Cookie": cookie, "X-CSRFToken": CSRF, "HX-Request": "true",
                "Content-Type": "application/x-www-form-urlencoded",
            }  # fmt: skip
            began = time.perf_counter()
            connection.request("POST", f"/s/{slug}/trial/{number}/ballot/", body, headers)
            answer = connection.getresponse()
            answer.read()
            seconds = time.perf_counter() - began
            with lock:
                tally.seconds.append(seconds)
                if answer.status in (200, 303):
                    tally.acknowledged += 1
                else:
                    tally.errors.append(f"{answer.status} {answer.reason}")
    connection.close()


def measure(study, port: int, clients: int, ballots: int = BALLOTS) -> list[object]:  # type: ignore[no-untyped-def]
    from studies.models import Ballot

    headers = cookies(study, ballots // ITEMS)
    tally, lock = Tally(), threading.Lock()
    threads = [
        threading.Thread(target=client, args=(port, study.slug, headers[i::clients], tally, lock))
        for i in range(clients)
    ]
    before, began = Ballot.objects.count(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    stored = Ballot.objects.count() - before
    return [
        clients, f"{tally.acknowledged / elapsed:.0f}", f"{percentile(tally.seconds, 50):.0f}",
        f"{percentile(tally.seconds, 95):.0f}", len(tally.errors), tally.acknowledged, stored,
    ]  # fmt: skip


def main() -> None:
    with own_data_dir():
        set_up_django()
        from studies.models import Ballot

        # Clients turn no pages.
        study, port = open_study(items=ITEMS, pool=POOL, picks=PICKS, see_all_pages=False), free_port()
        with web_server(port):
            measure(study, port, 8, ballots=WARM_UP)
            rows = [measure(study, port, clients) for clients in (8, 32)]
        pairs = Ballot.objects.values("trial__participant", "trial__item").distinct().count()
        table(
            f"Ballots over HTTP, SQLite, {ITEMS} items x {POOL} samples, {PICKS} picks each; clients on the same cores",
            ["clients", "ballots/s", "p50 ms", "p95 ms", "errors", "acknowledged", "stored"],
            rows,
        )
        print(f"  unique (participant, item) pairs: {pairs} of {Ballot.objects.count()} ballots")


if __name__ == "__main__":
    main()
