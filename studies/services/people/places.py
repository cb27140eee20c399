"""The places of a study: held by people who have finished, and by those who were seen a short while ago.

The voting has its places, and so has the rating phase where others come in for it.
Who stays away for the study's release time loses their place, not their answers: they go on when there is room.
Simulated participants hold no place.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from studies.errors import FullError
from studies.models import Participant, Recruiting, Study
from studies.services.people import recruiting
from studies.services.trials import phases
from studies.services.turns import own_turn

log = logging.getLogger(__name__)

#: Requests within this time of the last note do not note the participant again.
RENEWAL = timedelta(minutes=1)
#: So shortly before a place is released, only a look under the lock decides who has it.
BRINK = timedelta(seconds=10)


def taken(study: Study) -> QuerySet[Participant]:
    """The people who hold a place."""
    holding = Q(finished_at__isnull=False) | Q(last_seen_at__gte=timezone.now() - release(recruiting.of(study)))
    people = study.participants.filter(rates_only=phases.rating(study) is not None)
    return people.filter(holding, simulated=False, withdrawn_at=None, failed_at=None)


def release(doors: Recruiting) -> timedelta:
    """After so long without a sign of life a place is free."""
    return timedelta(minutes=doors.release_minutes)


def room(study: Study) -> bool:
    """Whether one more person may come in. Decides nothing unless the study's row is locked."""
    quota = recruiting.of(study).quota
    return quota is None or taken(study).count() < quota


def refuse_full(study: Study) -> None:
    """Raises FullError when there is no room. To be asked with the study's row locked."""
    if not room(study):
        raise FullError(_("All places of this study are taken."))


def seen(participant: Participant) -> None:
    """Note, at most about once a minute, that the participant is there. A place already released stays released."""
    now = timezone.now()
    if participant.last_seen_at > now - RENEWAL or participant.withdrawn_at is not None:
        return
    doors = recruiting.of(participant.study)
    current = Participant.objects.filter(pk=participant.pk, last_seen_at__lte=now - RENEWAL)
    if doors.quota is not None:
        current = current.filter(last_seen_at__gte=now - release(doors) + BRINK)
    try:
        with own_turn():
            if current.update(last_seen_at=now):
                participant.last_seen_at = now
    except OperationalError:  # a full disk, a busy database: the request itself matters more
        log.exception("It could not be noted that a participant is there.")


def hold(participant: Participant) -> None:
    """Keep the participant's place, or take one again. Raises FullError when others have taken all."""
    if participant.last_seen_at > timezone.now() - RENEWAL or participant.simulated or participant.finished_at:
        return
    if recruiting.of(participant.study).quota is None:
        seen(participant)
        return
    with own_turn(), transaction.atomic():
        study = Study.objects.select_for_update().get(pk=participant.study_id)
        if not taken(study).filter(pk=participant.pk).exists() and not room(study):
            raise FullError(_("You were away for long, and others have taken all places. Your answers are kept."))
        now = timezone.now()
        Participant.objects.filter(pk=participant.pk).update(last_seen_at=now)
    participant.last_seen_at = now
