"""What results say of the rating phase: its settings, who came in, and the pictures that were rated."""

from __future__ import annotations

from studies import results
from studies.models import RatingPhase, Stimulus, StimulusKind, Study
from studies.services.opinions import rating_phase

SETTINGS = (
    "mode", "who", "instructions", "translations", "hidden_reference", "anchors", "repeats", "per_person", "seed",
)  # fmt: skip


def phase(study: Study) -> results.RatingPhase | None:
    """None for a study without one. Five queries, of studies without one a single one."""
    row = RatingPhase.objects.filter(study=study).first()
    if row is None:
        return None
    came = rating_phase.numbers(row)
    made = row.stimuli.exclude(sha256="").select_related("item", "method").order_by("item__position", "pk")
    return results.RatingPhase(
        **{name: getattr(row, name) for name in SETTINGS},
        opened_at=results.written(row.opened_at),
        closed_at=results.written(row.closed_at),
        people=came.begun,
        simulated=came.simulated,
        stimuli=tuple(map(_rated, made)),
    )


def _rated(one: Stimulus) -> results.RatedPicture:
    known = one.kind != StimulusKind.REFERENCE
    return results.RatedPicture(one.item.position, one.condition, one.kind, one.sha256, one.provenance if known else {})
