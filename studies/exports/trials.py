"""trials.csv: one row per trial of any kind: what was asked, what was answered, how long it took and on what screen."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

from studies.exports.cells import Value
from studies.exports.pool_numbers import pool_numbers
from studies.exports.tables import Column
from studies.models import Kind, Study, Trial

FILE = "trials.csv"
SEPARATOR = ";"
_CLOCK = "by the clock of the page; empty without a record of the screen"

COLUMNS = (
    Column("participant", "text", "pseudonym of the participant, see participants.csv"),
    Column("simulated", "boolean", "true for a simulated participant, false for a person"),
    Column("kind", "text", "main, practice (before the others, with feedback) or attention (answer known)"),
    Column("repeat", "integer", "0, or 1 where the participant faced the item once more, unannounced"),
    Column("item", "integer", "position of the item in the study"),
    Column("item_name", "text", "the researcher's name of the item; participants never saw it"),
    Column("number", "integer", "place of the trial in this participant's own order, from 1"),
    Column("started_at", "time", "when the trial was first shown; may be empty", "ISO 8601, UTC"),
    Column("labelled_at", "time", "when the label was given; may be empty", "ISO 8601, UTC"),
    Column("cast_at", "time", "when the answer was sent; empty until it is", "ISO 8601, UTC"),
    Column("feedback_seen_at", "time", "when the feedback of a practice item was read; else empty", "ISO 8601, UTC"),
    Column("label", "text", "what the participant saw in the low-resolution image"),
    Column("expected_label", "text", "the known answer, where there is one; of main items in exports with truths only"),
    Column("right", "boolean", "whether the label is the known answer; empty where one of them is"),
    Column("picks", "text", "index in the item's pool of each sample picked, first pick first", "separated by ;"),
    Column("confidence", "integer", "how sure of the picks, from 1 guessed to 5 certain; may be empty"),
    Column("region", "text", "the part that decided: squares, or corners in [0, 1] of the LR image", "JSON"),
    Column("label_ms", "integer", f"from the LR image on screen to the label, {_CLOCK}", "ms"),
    Column("picking_ms", "integer", f"from candidates on screen to sending, {_CLOCK}", "ms"),
    Column("hidden_ms", "integer", f"while the page was in the background, {_CLOCK}", "ms"),
    Column("focus_losses", "integer", "how often the window lost the focus", "times"),
    Column("pixel_ratio", "number", "device pixels per CSS pixel at the start", public=False),
    Column("ratio_changes", "integer", "how often that ratio changed", "times", public=False),
    Column("window_width", "integer", "of the window at the end", "CSS px", public=False),
    Column("window_height", "integer", "of the window at the end", "CSS px", public=False),
    Column("pages_ms", "text", "how long each page of candidates was the page shown", "ms, separated by ;"),
)

#: Column -> where it is read; the others are the trial's own, `right` and `picks` are worked out.
_ELSEWHERE = {
    "participant": "participant__code",
    "simulated": "participant__simulated",
    "kind": "item__kind",
    "item": "item__position",
    "item_name": "item__name",
    "cast_at": "ballot__cast_at",
    "expected_label": "item__expected_label",
    "confidence": "ballot__confidence",
    "region": "ballot__region",
    "pages_ms": "observation__pages",
} | {
    name: f"observation__{name}"
    for name in (
        "label_ms", "picking_ms", "hidden_ms", "focus_losses", "pixel_ratio", "ratio_changes", "window_width",
        "window_height",
    )
}  # fmt: skip
_READ = [column.name for column in COLUMNS if column.name not in ("right", "picks")]


def rows(study: Study, *, truth: bool = True) -> Iterator[tuple[Value, ...]]:
    """Trials of participants who have not withdrawn, in their own order, from one query that streams.

    truth: with the right labels of main items
    """
    numbers = pool_numbers(study)
    query = (
        Trial.objects.filter(participant__study=study, participant__withdrawn_at=None)
        .order_by("participant_id", "number", "ballot__picks__rank")
        .values_list("pk", "ballot__picks__sample_id", *(_ELSEWHERE.get(name, name) for name in _READ))
    )
    for _, of_one in itertools.groupby(query.iterator(chunk_size=5000), key=itemgetter(0)):
        found = list(of_one)
        trial = dict(zip(_READ, found[0][2:], strict=True))
        trial["picks"] = _listed(numbers[trial["item"], row[1]] for row in found if row[1] is not None)
        if not truth and trial["kind"] == Kind.MAIN:
            trial["expected_label"] = ""
        yield _row(trial)


def _row(trial: dict[str, Any]) -> tuple[Value, ...]:
    label, expected = trial["label"], trial["expected_label"]
    trial["right"] = label == expected if label and expected else None
    trial["region"] = json.dumps(trial["region"], separators=(",", ":")) if trial["region"] else ""
    trial["pages_ms"] = _listed(trial["pages_ms"] or ())
    return tuple(trial[column.name] for column in COLUMNS)


def _listed(numbers: Iterable[int]) -> str:
    return SEPARATOR.join(map(str, numbers))
