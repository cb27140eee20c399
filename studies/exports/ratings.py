"""ratings.csv: opinion scores, preferences or names in long form, one row per rating that was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from studies.exports import stimuli
from studies.exports.cells import Value
from studies.exports.tables import Column
from studies.models import Rating, StimulusKind, Study

FILE = "ratings.csv"

COLUMNS = (
    Column("participant", "text", "pseudonym of the participant, see participants.csv"),
    Column("simulated", "boolean", "true for a simulated rater, false for a person"),
    Column(
        "turn", "integer", "0, 1, ... by coming in to rate: which row of the balanced design was theirs", public=False
    ),
    Column("number", "integer", "place of the rating in this participant's own order, from 1", public=False),
    Column("repeat", "integer", "0, or 1 where the same was asked once more at the end"),
    Column("item", "integer", "position of the item in the study"),
    Column("stimulus", "text", "what was rated, of a pair the left one: a condition, see study.json"),
    Column("stimulus_sha256", "sha256", "of the PNG file that was shown; of a truth that is hidden empty"),
    Column("other", "text", "what stood beside it: the truth in DCR, of a pair the right one; else empty"),
    Column("other_sha256", "sha256", "of the PNG file that was shown; else empty"),
    Column("score", "integer", "ACR: 1 bad to 5 excellent; DCR: 1 very annoying to 5 imperceptible; else empty"),
    Column("preference", "text", "of a pair: first (the left one), none or second; else empty"),
    Column("label", "text", "in naming: what it shows, of the study's labels, or cannot tell; else empty"),
    Column("shown_at", "time", "when it was first shown; empty for what was not reached", "ISO 8601, UTC"),
    Column("answered_at", "time", "when it was answered; empty for what was not", "ISO 8601, UTC"),
    Column("response_ms", "integer", "from the picture on screen to the answer, by the clock of the page", "ms"),
    Column("hidden_ms", "integer", "of these, while the page was in the background", "ms"),
    Column("pixel_ratio", "number", "device pixels per CSS pixel", public=False),
    Column("enlargement", "integer", "device pixels per pixel of the picture, in each direction", public=False),
)

_FIELDS = (
    "rater__participant__code", "rater__participant__simulated", "rater__turn", "number", "repeat",
    "stimulus__item__position", "stimulus", "other", "score", "preference", "label", "shown_at", "answered_at",
    "response_ms", "hidden_ms", "pixel_ratio", "enlargement",
)  # fmt: skip
_STIMULUS = _FIELDS.index("stimulus")


def rows(study: Study, *, truth: bool = True) -> Iterator[tuple[Value, ...]]:
    """Of people who have not withdrawn, in the order in which they came in. Two queries, of which one streams.

    truth: name the truth by its hash where it was rated among the others
    """
    shown: dict[int | None, tuple[str, str]] = {None: ("", "")}
    for _, one in stimuli.made(study):
        hidden = one.kind == StimulusKind.REFERENCE and not truth
        shown[one.pk] = one.condition, "" if hidden else one.sha256
    query = (
        Rating.objects.filter(rater__phase__study=study, rater__participant__withdrawn_at=None)
        .order_by("rater__turn", "number")
        .values_list(*_FIELDS)
    )
    for row in query.iterator(chunk_size=5000):
        pictures = (*shown[row[_STIMULUS]], *shown[row[_STIMULUS + 1]])
        yield (*row[:_STIMULUS], *pictures, *row[_STIMULUS + 2 :])
