"""What results.json says of participants' screens, beside the tables of viewing checks and participants."""

from __future__ import annotations

from collections.abc import Iterator

from studies.aggregation.screens import Checked, summary
from studies.exports import participants, viewing_checks
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json, table
from studies.exports.document import FILE as RESULTS
from studies.results import to_jsonable


def screens(bundle: Bundle) -> Iterator[str]:
    """Numbers of passed and failed checks follow from the tables; exports of earlier versions say none."""
    stated = read_json(bundle, RESULTS).get("screens")
    if stated is None:
        return
    turned_away = sum(bool(row["failed_at"]) for row in table(bundle, participants.FILE))
    found = to_jsonable(summary(_checks(bundle), turned_away=turned_away))
    for name, value in found.items():
        if stated.get(name) != value:
            yield f"Screens, {name}: {viewing_checks.FILE} gives {value}, {RESULTS} says {stated.get(name)}."


def _checks(bundle: Bundle) -> Iterator[Checked]:
    for row in table(bundle, viewing_checks.FILE):
        failed = tuple(name for name in row["failed"].split(";") if name)
        yield Checked(row["participant"], failed, float(row["pixel_ratio"]), float(row["zoom"]))
