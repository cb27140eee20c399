"""Studies whose voters have named every picture, for tests."""

from __future__ import annotations

from typing import Any

from studies.models import Evaluation, Item, Study
from studies.services import rating
from studies.services.analysis import evidence_work
from tests.studies import rated


def study(*, items: int = 1, voters: int = 6, right: str = "6", **fields: Any) -> Study:
    """All vote 5; all but the first name the ensemble 6, and everything else 5. right: of every image, "" for none.

    So of six voters nobody is right before, five name the ensemble rightly: p = 2 / 2**5.
    """
    made = rated.voted(items=items, voters=voters, **fields)
    Item.objects.filter(study=made).update(expected_label=right)
    rated.opened(made, mode="naming")
    for number, person in enumerate(made.participants.order_by("pk")):
        rater = rating.begin(person)
        while (one := rating.current(rater)) is not None:
            rated.give(one, "6" if one.stimulus.kind == "ensemble" and number else "5")
    return worked_out(made)


def worked_out(study: Study) -> Study:
    """With evidence, and the figures of evaluations that `rated.close` leaves out."""
    Evaluation.objects.filter(item__study=study).update(made_at=None)
    assert evidence_work.run(study).error == ""
    return study
