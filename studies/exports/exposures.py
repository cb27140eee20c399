"""exposures.csv: which candidate was on whose screen for how long, one row per trial and candidate."""

from __future__ import annotations

from collections.abc import Iterator

from studies.exports.cells import Value
from studies.exports.pool_numbers import pool_sizes
from studies.exports.tables import Column
from studies.models import Study, Trial
from studies.services.analysis.exposures import is_observed
from studies.services.ordering import pages

FILE = "exposures.csv"

COLUMNS = (
    Column("participant", "text", "pseudonym of the participant, see participants.csv"),
    Column("item", "integer", "position of the item in the study"),
    Column("repeat", "integer", "0, or 1 where the participant faced the item once more, see trials.csv"),
    Column("page", "integer", "page on which the sample stood, from 0, in this participant's own order"),
    Column("position", "integer", "place of the sample over all pages, from 0, in this participant's own order"),
    Column("sample", "integer", "index of the sample in the item's pool, from 0"),
    Column("ms", "integer", "how long half of it or more could be seen, by the clock of the page", "ms"),
)

_FIELDS = (
    "participant__code", "participant__seed", "participant__turn", "item__position", "repeat",
    "observation__exposure_ms",
)  # fmt: skip


def rows(study: Study) -> Iterator[tuple[Value, ...]]:
    """Of all trials whose page told; places as the participant's seed and turn put them. One query that streams."""
    sizes = pool_sizes(study)
    query = (
        Trial.objects.filter(participant__study=study, participant__withdrawn_at=None)
        .exclude(observation=None)
        .order_by("participant_id", "number")
        .values_list(*_FIELDS)
    )
    for code, seed, turn, item, repeat, exposure_ms in query.iterator(chunk_size=200):
        if not is_observed(exposure_ms, sizes[item]):
            continue
        own = pages(
            sizes[item],
            page_size=study.page_size,
            study_seed=study.seed,
            seed=seed,
            turn=turn,
            position=item,
            repeat=repeat,
        )
        placed = [(page, index) for page, indexes in enumerate(own) for index in indexes]
        for position, ((page, index), ms) in enumerate(zip(placed, exposure_ms, strict=True)):
            yield code, item, repeat, page, position, index, ms
