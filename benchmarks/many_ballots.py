"""A study of very many ballots: the tally, the results page, the CSV export, and the memory they take.

    python -m benchmarks.many_ballots                        1,000,000 ballots of 3 picks, PostgreSQL
    python -m benchmarks.many_ballots --sqlite --ballots 100000

PostgreSQL: DATABASE_URL, else the server on loopback; a database of its own is made and dropped. Ballots are written
by the database itself, with the record of the screen of every candidate beside each.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from benchmarks import common
from benchmarks.voters import POSTGRES, database

ITEMS, POOL, PICKS = 100, 100, 3
EXPOSURE = [1500] * POOL


def insert(model: Any, source: str, values: dict[str, str], **expressions: str) -> None:
    """Rows of a model by one INSERT ... SELECT. values: expressions in SQL by column; else the field's default."""
    from django.db import connection

    columns, selected, parameters = [], [], []
    for field in model._meta.concrete_fields:
        if field.primary_key and field.column not in values:
            continue
        columns.append(field.column)
        if field.column in values:
            selected.append(values[field.column])
        else:
            selected.append("%s")
            parameters.append(field.get_db_prep_save(field.get_default(), connection))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(selected)} FROM {source}",
            parameters,
        )


def fill(study: Any, ballots: int) -> None:
    """Participants, each with one ballot for every item, picks spread over the pool by arithmetic."""
    from django.db import connection

    from studies.models import Ballot, Observation, Participant, Pick, Trial

    postgres = connection.vendor == "postgresql"
    people = ballots // ITEMS
    hexadecimal = "lpad(to_hex({0}), 32, '0')" if postgres else "printf('%%032x', {0})"
    uuid = f"CAST({hexadecimal} AS uuid)" if postgres else hexadecimal
    rows = f"(WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n + 1 < {people}) SELECT n FROM c) s"
    items = list(study.items.values_list("pk", flat=True))
    samples = list(study.items.first().pool.values_list("pk", flat=True))
    first_item, first_sample = items[0], samples[0]
    assert items == list(range(first_item, first_item + ITEMS)), "items are numbered one after the other"
    insert(
        Participant, rows,
        {"study_id": str(study.pk), "code": hexadecimal.format("n"), "token_sha256": hexadecimal.format("n"),
         "seed": "n", "turn": "n"},
    )  # fmt: skip
    insert(
        Trial,
        "studies_participant p, studies_item i",
        {"participant_id": "p.id", "item_id": "i.id", "number": "i.position + 1"},
    )
    label = "CASE (participant_id * 7 + item_id * 3) %% 3 WHEN 0 THEN '5' WHEN 1 THEN '5' ELSE '6' END"
    insert(
        Ballot, "studies_trial t",
        {"id": "t.id", "trial_id": "t.id", "submission_id": uuid.format("t.id"), "label": label, "region": "'{}'",
         "picked": str(PICKS)},
    )  # fmt: skip
    start = f"{first_sample} + (t.item_id - {first_item}) * {POOL}"
    for rank in range(1, PICKS + 1):
        place = (
            f"(t.participant_id * {37 * rank} + t.id * t.id %% 11) %% {POOL // PICKS} + {(rank - 1) * (POOL // PICKS)}"
        )
        insert(
            Pick, "studies_trial t",
            {"ballot_id": "t.id", "sample_id": f"{start} + {place}", "rank": str(rank), "position": place,
             "label": label},
        )  # fmt: skip
    exposure = ("CAST('{}' AS jsonb)" if postgres else "'{}'").format(EXPOSURE)
    insert(Observation, "studies_trial t", {"trial_id": "t.id", "exposure_ms": exposure})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(ballots: int, rounds: int) -> None:
    common.set_up_django()
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    from benchmarks.study import open_study
    from studies.exports import ballots as votes
    from studies.exports.tables import csv_lines
    from studies.services.snapshot import snapshot
    from studies.services.tallies import tallies

    study = open_study(items=ITEMS, pool=POOL, picks=PICKS, ask_label=True, labels=["5", "6"])
    filling = timed(lambda: fill(study, ballots))
    items = list(study.items.main())
    client = Client()
    client.force_login(User.objects.get(username="benchmark"))
    page = reverse("studies:results", args=[study.pk])

    def show() -> None:
        assert client.get(page, secure=True, headers={"host": "localhost"}).status_code == 200

    rows = []
    for name, work in {"tally of all items": lambda: tallies(study, items), "results page": show}.items():
        seconds = [timed(work) for _ in range(rounds)]
        rows.append([name, f"{sorted(seconds)[len(seconds) // 2]:.2f} s", f"worst {max(seconds):.2f} s"])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = 0

    def export() -> None:
        nonlocal lines
        with snapshot():  # as an export does: outside of a transaction, PostgreSQL keeps whole results for its cursors
            lines = sum(block.count(b"\n") for block in csv_lines(votes.COLUMNS, votes.rows(study)))

    seconds = timed(export)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    rows.append(
        ["ballots.csv", f"{lines / seconds:,.0f} rows/s", f"{lines:,} rows; peak memory grew by {grown:.0f} MiB"]
    )
    title = f"{ballots:,} ballots x {PICKS} picks, {ITEMS} items x {POOL} candidates (written in {filling:.0f} s)"
    common.table(title, ["what", "median", "more"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ballots", type=int, default=1_000_000)
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    place = nullcontext("") if options.sqlite else database(os.environ.get("DATABASE_URL", POSTGRES))
    with place as url, common.own_data_dir():
        if url:
            os.environ["DATABASE_URL"] = url
        measure(options.ballots, options.rounds)


if __name__ == "__main__":
    sys.exit(main())
