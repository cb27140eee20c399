"""A participant's screen, checked: what the page measured and people answered is judged, explained and stored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from studies.errors import VotingError
from studies.models import Participant, ViewingCheck
from studies.services.ordering import derived_seed
from studies.services.screens import patterns, viewing
from studies.services.screens.viewing import Rules
from studies.services.trials import phases
from studies.services.turns import own_turn

#: What a page measures, and the largest value that is believed.
_MOST = {**dict.fromkeys(viewing.SIZES, 100_000), "pixel_ratio": 20, "zoom": 50}


@dataclass(frozen=True)
class Given:
    """What is sent for one attempt: measurements, and answers to the patterns that were asked."""

    attempt: int
    measured: dict[str, Any]


def attempts(participant: Participant) -> int:
    """How many checks were made; also the number of the next one, from 0."""
    return participant.viewing_checks.count()


def last(participant: Participant) -> ViewingCheck | None:
    return participant.viewing_checks.last()


def pattern_seed(participant: Participant, attempt: int, name: str) -> int:
    """Other patterns at each attempt, so that nobody gets through by trying. name: dark, light, plate 1, ..."""
    return derived_seed(participant.seed, f"viewing check {attempt}, {name}")


def pattern_png(participant: Participant, name: str) -> bytes | None:
    """The picture of the next attempt; None for a name that this study does not ask."""
    asked, seed = viewing.rules(participant.study), pattern_seed(participant, attempts(participant), name)
    if asked.brightness and name in patterns.GROUNDS:
        return patterns.squares_png(name, seed)
    return patterns.plate_png(seed) if name in plates(asked) else None


def plates(asked: Rules) -> list[str]:
    """Names of the colour plates that are shown."""
    return [f"plate-{number}" for number in range(1, asked.plates + 1)]


def given(asked: Rules, values: Mapping[str, str]) -> Given:
    """What a form brings. Raises VotingError (400) where measurements are missing or no numbers."""
    try:
        measured = {name: _number(values[name], most) for name, most in _MOST.items()}
        attempt = int(values["attempt"])
    except (KeyError, ValueError):
        sentence = _("This page could not measure your screen: switch JavaScript on, then reload the page.")
        raise VotingError(sentence) from None
    answers = {name: values.get(name, "")[:10] for name in _answered(asked)}
    return Given(attempt, {**measured, **answers})


def _number(text: str, most: float) -> float:
    value = float(text)
    if not 0 < value <= most:  # also no NaN
        raise ValueError(text)
    return int(value) if value == math.floor(value) else round(value, 4)


def _answered(asked: Rules) -> list[str]:
    return [*(patterns.GROUNDS if asked.brightness else ()), *plates(asked)]


def failed(asked: Rules, participant: Participant, sent: Given) -> list[str]:
    """The names of the rules that are not met."""
    limits = asked.limits().items()
    found = [name for name, limit in limits if not limit.admits(sent.measured[limit.measure])]
    wrong = [name for name in _answered(asked) if sent.measured[name] != _expected(participant, sent.attempt, name)]
    misread = [name for name in wrong if name not in patterns.GROUNDS]
    if len(wrong) > len(misread):
        found.append("brightness")
    return [*found, "plates"] if len(misread) > asked.plate_errors else found


def _expected(participant: Participant, attempt: int, name: str) -> str:
    seed = pattern_seed(participant, attempt, name)
    return str(patterns.squares(seed)) if name in patterns.GROUNDS else patterns.digit(seed)


def record(participant: Participant, values: Mapping[str, str]) -> None:
    """Store one attempt; who passes goes on, who has none left where the study blocks has failed for good.

    An attempt that was stored already, or was made in another tab before, changes nothing. Raises VotingError.
    """
    asked = viewing.rules(participant.study)
    sent = given(asked, values)
    wrong = failed(asked, participant, sent)
    with own_turn(), transaction.atomic():
        current = _waiting(participant)
        if current is None or attempts(current) != sent.attempt:
            return
        ViewingCheck.objects.create(participant=current, measured=sent.measured, failed=wrong)
        if not wrong:
            _settle(current, "checked_at")
        elif asked.blocks and sent.attempt + 1 >= asked.attempts:
            _settle(current, "failed_at")


def go_on(participant: Participant) -> None:
    """Past a check that has failed, where the study only warns. Harmless when repeated."""
    with own_turn(), transaction.atomic():
        current = _waiting(participant)
        if current is None:
            return
        if viewing.rules(participant.study).blocks or not attempts(current):
            raise VotingError(_("Check your screen first."), status=409)
        _settle(current, "checked_at")


def give_up(participant: Participant) -> None:
    """Leave after a failed check that cannot be mended: a failure for good. Harmless when repeated."""
    with own_turn(), transaction.atomic():
        current = _waiting(participant)
        if current is not None and viewing.rules(participant.study).blocks and attempts(current):
            _settle(current, "failed_at")


def _waiting(participant: Participant) -> Participant | None:
    """The participant, locked, while the check is still before them. Raises VotingError when the study is not open."""
    current = Participant.objects.select_for_update().get(pk=participant.pk)
    if not phases.takes_answers(current.study):
        raise VotingError(_("This study is closed: no more answers are taken."), status=403)
    gone = current.withdrawn_at or current.failed_at or current.checked_at
    return None if gone else current


def _settle(participant: Participant, field: str) -> None:
    Participant.objects.filter(pk=participant.pk).update(**{field: timezone.now(), "last_seen_at": timezone.now()})
