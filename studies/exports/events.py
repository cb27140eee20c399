"""events.csv: what happened in each trial, in its order: picks taken and given back, pages turned, the window left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from studies.exports.cells import Value
from studies.exports.tables import Column
from studies.models import Study, Trial

FILE = "events.csv"

COLUMNS = (
    Column("participant", "text", "pseudonym of the participant, see participants.csv"),
    Column("item", "integer", "position of the item in the study"),
    Column("repeat", "integer", "0, or 1 where the participant faced the item once more, see trials.csv"),
    Column("ms", "integer", "since the trial was first on screen, by the clock of the page", "ms"),
    Column("kind", "text", "what happened, such as pick, unpick, page, ratio, blur, focus, resize"),
    Column("value", "text", "with what: of a pick its position in this participant's own order; may be empty"),
)


def rows(study: Study) -> Iterator[tuple[Value, ...]]:
    """Of all trials whose page told, from one query that streams."""
    query = (
        Trial.objects.filter(participant__study=study, participant__withdrawn_at=None)
        .exclude(observation=None)
        .order_by("participant_id", "number")
        .values_list("participant__code", "item__position", "repeat", "observation__events")
    )
    for code, item, repeat, events in query.iterator(chunk_size=200):
        for ms, kind, value in events:
            yield code, item, repeat, ms, kind, _plain(value)


def _plain(value: Any) -> Value:
    return value if value is None or isinstance(value, str | int | float) else json.dumps(value)
