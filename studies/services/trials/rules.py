"""What the protocol allows as an answer. Each check raises VotingError: one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studies.errors import VotingError
from studies.models import CANNOT_TELL, Study, Trial
from studies.services.screens import viewing
from studies.services.trials import flow, paging, regions

CONFIDENCE = range(1, 6)


def least_picks(study: Study, label: str) -> int:
    """The fewest picks a ballot with this label may have."""
    # Who cannot tell what they see need not pick anything.
    if label == CANNOT_TELL:
        return 0
    return study.max_picks if study.exact_picks else 1


def check_open(trial: Trial) -> None:
    flow.check_open(trial.participant)
    flow.check_admitted(trial.participant)


def check_offered(study: Study, label: str) -> None:
    if not study.ask_label:
        raise VotingError(_("This study does not ask for a label."))
    if label != CANNOT_TELL and label not in study.labels:
        raise VotingError(_("Choose one of the labels offered, or “cannot tell”."))


def check_label_first(trial: Trial) -> None:
    if trial.participant.study.ask_label and not trial.label:
        raise VotingError(_("Say what you see in the small image first, then pick."))


def check_positions(positions: Sequence[int], pool: int, most: int) -> None:
    """Picks are different images of the pool, not more than k."""
    if not all(isinstance(position, int) and not isinstance(position, bool) for position in positions):
        raise VotingError(_("Picks must be given as positions of images."))
    if not all(0 <= position < pool for position in positions):
        raise VotingError(_("A pick is not among the images of this question: reload the page."))
    if len(set(positions)) != len(positions):
        raise VotingError(_("An image can be picked only once."))
    if len(positions) > most:
        sentence = ngettext(
            "Pick at most %(most)s image: you have picked %(picked)s.",
            "Pick at most %(most)s images: you have picked %(picked)s.",
            most,
        )
        raise VotingError(sentence % {"most": most, "picked": len(positions)})


def check_enough(positions: Sequence[int], study: Study, label: str) -> None:
    least = least_picks(study, label)
    if len(positions) >= least:
        return
    if study.exact_picks:
        sentence = ngettext(
            "Pick exactly %(least)s image: you have picked %(picked)s.",
            "Pick exactly %(least)s images: you have picked %(picked)s.",
            least,
        )
    else:
        sentence = ngettext(
            "Pick at least %(least)s image: you have picked %(picked)s.",
            "Pick at least %(least)s images: you have picked %(picked)s.",
            least,
        )
    raise VotingError(sentence % {"least": least, "picked": len(positions)})


def check_pages_seen(trial: Trial, seen: set[int], candidates: int, *, picks: int) -> None:
    """Where the study wants it, who picks has looked at every page. A simulated participant has no screen.

    seen: pages that were on screen, from 0, as the participant's page told
    """
    study = trial.participant.study
    count = paging.page_count(candidates, study.page_size)
    asked = study.see_all_pages and count > 1 and not trial.participant.simulated
    if not asked or not (picks or least_picks(study, trial.label)):
        return
    if unseen := [str(page + 1) for page in range(count) if page not in seen]:
        sentence = _("Not all candidates were looked at: turn to page %(pages)s, then send again. Your picks are kept.")
        raise VotingError(sentence % {"pages": ", ".join(unseen)})


def check_ratio(study: Study, ratio: float | None) -> None:
    """Where the study lets in no other screens, it stays as it was let in. ratio: None where no page told"""
    asked = viewing.rules(study)
    if asked.blocks and ratio is not None and not asked.ratio_fits(ratio):
        raise VotingError(
            _(
                "Your screen has changed and does not fit this study now: set the zoom back to 100 %, or move the "
                "window back to the screen where you started, then send again. Your picks are kept."
            )
        )


def check_confidence(study: Study, confidence: int | None, *, picks: int) -> None:
    """How sure people are of their picks: asked of everybody who picks, and of nobody else."""
    if confidence is None:
        if study.ask_confidence and picks:
            raise VotingError(_("Say how sure you are of your picks, from 1 to 5."))
    elif not study.ask_confidence or not picks:
        raise VotingError(_("How sure you are is not asked here: reload the page."))
    elif isinstance(confidence, bool) or confidence not in CONFIDENCE:
        raise VotingError(_("Say how sure you are with a number from 1 to 5."))


def check_region(trial: Trial, region: Any) -> dict[str, Any]:
    """The part that decided, as it is stored; empty where none is given, which is always allowed."""
    return regions.checked(trial.participant.study.region, trial.item.low_res, region)
