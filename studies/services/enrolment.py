"""Participants: they come in by consent, are found again by their secret, and may leave with their ballots."""

from __future__ import annotations

import hashlib
import secrets

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from studies.errors import VotingError
from studies.models import Participant, Study, StudyState, Trial
from studies.models.study import new_seed
from studies.services.ordering import item_order


def enrol(study: Study, *, simulated: bool = False, seed: int | None = None) -> tuple[Participant, str]:
    """A new participant who has agreed to the study's consent text, with the secret that finds them again.

    Their trials are made at once, in their own order of items. Only the secret's hash is stored.
    Raises VotingError (403) unless the study is open.
    """
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        current = Study.objects.get(pk=study.pk)
        if current.state != StudyState.OPEN:
            raise VotingError("This study is not open for taking part at the moment.", status=403)
        participant = Participant.objects.create(
            study=current,
            token_sha256=_sha256(token),
            simulated=simulated,
            seed=new_seed() if seed is None else seed,
            consent_sha256=_sha256(current.consent_text),
        )
        items = item_order(participant.seed, list(current.items.all()))
        Trial.objects.bulk_create(
            Trial(participant=participant, item=item, number=number) for number, item in enumerate(items, start=1)
        )
    return participant, token


def find(study: Study, token: str) -> Participant | None:
    """The participant of this study with this secret, withdrawn or not."""
    return study.participants.filter(token_sha256=_sha256(token)).first()


def trials(slug: str, token: str) -> QuerySet[Trial]:
    """The trials of the participant with this secret in the study with this link."""
    return Trial.objects.filter(participant__token_sha256=_sha256(token), participant__study__slug=slug)


def withdraw(participant: Participant) -> None:
    """Leave the study: from now on none of this participant's ballots count. Harmless when repeated."""
    Participant.objects.filter(pk=participant.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())
    participant.refresh_from_db(fields=["withdrawn_at"])


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
