"""viewing_checks.csv: what was measured of participants' screens, and which of the study's rules were not met."""

from __future__ import annotations

import json
from collections.abc import Iterator

from studies.exports.cells import Value
from studies.exports.tables import Column
from studies.models import Study, ViewingCheck

FILE = "viewing_checks.csv"

#: Of what is measured, what has a column of its own.
_MEASURED = ("window_width", "window_height", "screen_width", "screen_height", "pixel_ratio", "zoom")

COLUMNS = (
    Column("participant", "text", "pseudonym of the participant, see participants.csv"),
    Column("made_at", "time", "when the screen was checked", "ISO 8601, UTC"),
    Column("passed", "boolean", "whether all rules were met; what they are says viewing in results.json"),
    Column("failed", "text", "names of the rules that were not met", "separated by ;"),
    Column("window_width", "number", "of the window", "CSS px"),
    Column("window_height", "number", "of the window", "CSS px"),
    Column("screen_width", "number", "of the screen", "CSS px"),
    Column("screen_height", "number", "of the screen", "CSS px"),
    Column("pixel_ratio", "number", "device pixels per CSS pixel"),
    Column("zoom", "number", "enlargement of the page by the browser: 1 for 100 %"),
    Column("measured", "text", "all that was measured, and the answers to patterns and plates", "JSON"),
)


def rows(study: Study) -> Iterator[tuple[Value, ...]]:
    """Every check of participants who have not withdrawn, in the order in which they were made."""
    query = ViewingCheck.objects.filter(participant__study=study, participant__withdrawn_at=None)
    fields = ("participant__code", "made_at", "measured", "failed")
    ordered = query.order_by("participant_id", "pk").values_list(*fields)
    for code, made_at, measured, failed in ordered.iterator(chunk_size=1000):
        own = (measured.get(name) for name in _MEASURED)
        yield code, made_at, not failed, ";".join(failed), *own, json.dumps(measured, ensure_ascii=False)
