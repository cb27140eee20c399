"""Participants: they come in by consent, are found again by their secret, and may leave with their ballots."""

from __future__ import annotations

import hashlib

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from studies.errors import VotingError
from studies.models import Participant, RatingPhase, Source, Study, StudyState, Trial
from studies.models.study import new_seed
from studies.services.ordering import trial_order
from studies.services.people import consent, places, recruiting
from studies.services.people.recruiting import Door
from studies.services.trials import phases
from studies.services.turns import own_turn


def enrol(
    study: Study,
    *,
    simulated: bool = False,
    seed: int | None = None,
    language: str | None = None,
    door: Door | None = None,
    shown: str = "",
) -> tuple[Participant, str]:
    """A new participant who has agreed to the study's consent text, with the secret that finds them again.

    Their trials are made at once, in their own order of items; who comes in for the rating phase has none. Only the
    secret's hash is stored. The text agreed to is kept as a version. Who has come by the same personal link, or with
    the same recruiter's id, before is the same participant again.
    language: in which they read it; the study's own by default. door: which way they came; the open link by default.
    shown: sha256 of the consent text that they read
    Raises FullError, ConsentError when the text has changed meanwhile, VotingError (403) at a closed door.
    """
    try:
        with own_turn(), transaction.atomic():
            # Locked, so that turns and places are dealt one after the other; SQLite's transactions are alone anyway.
            current = Study.objects.select_for_update().get(pk=study.pk)
            person = recruiting.known(current, door)
            if person is None:
                person = _enrol(current, simulated, seed, language or current.language, door, shown)
    except IntegrityError:
        # Somebody with the same link or id was first: the database decides, not the look above.
        person = recruiting.known(study, door)
        if person is None:
            raise
    return person, secret(person)


def _enrol(
    study: Study, simulated: bool, seed: int | None, language: str, door: Door | None, shown: str
) -> Participant:
    phase = phases.rating(study)
    _refuse_closed(study, phase)
    if not simulated:
        recruiting.admit(study, door)
        places.refuse_full(study)
    participant = Participant(
        study=study,
        simulated=simulated,
        rates_only=phase is not None,
        seed=new_seed() if seed is None else seed,
        turn=None if phase else _next_turn(study),
        language=language,
        source=Source.LINK if door is None else door.source,
        consent_sha256=consent.keep(study, language, shown).sha256,
    )
    participant.token_sha256 = _sha256(_secret(participant))
    participant.save()
    recruiting.attach(participant, door)
    if phase is None:
        _make_trials(study, participant)
    return participant


def _make_trials(study: Study, participant: Participant) -> None:
    order = trial_order(participant.seed, list(study.items.all()), study.repeats)
    Trial.objects.bulk_create(
        Trial(participant=participant, item=item, number=number, repeat=repeat)
        for number, (item, repeat) in enumerate(order, start=1)
    )


def recognise(study: Study, door: Door, visitor: Participant | None) -> Participant | None:
    """Whose door this is; None for somebody new.

    visitor: whose browser it is. Somebody who came by the open link is now known by this door too, and is not made a
    second participant; whoever has a link or id of their own is somebody else.
    """
    person = recruiting.known(study, door)
    if person is not None or visitor is None:
        return person
    if recruiting.has_name(visitor):  # perhaps by this very door, from another tab, since the first look
        return recruiting.known(study, door)
    try:
        with own_turn(), transaction.atomic():
            recruiting.admit(study, door)
            recruiting.attach(visitor, door)
        return visitor
    except IntegrityError:  # somebody was first
        return recruiting.known(study, door)
    except VotingError:  # a link that opens nothing makes nobody known
        return None


def secret(participant: Participant) -> str:
    """What finds this participant again, on whichever device: made from our key and their pseudonym, not stored.

    Where another secret was stored (before secrets were made this way, or under another key), this one replaces it.
    """
    token = _secret(participant)
    if participant.token_sha256 != _sha256(token):
        participant.token_sha256 = _sha256(token)
        participant.save(update_fields=["token_sha256"])
    return token


def check_present(participant: Participant) -> None:
    """Raises ConsentError, or FullError, for somebody who may not go on as if they had never been away."""
    consent.refuse_due(participant)
    places.hold(participant)


def _next_turn(study: Study) -> int:
    last = study.participants.aggregate(last=Max("turn"))["last"]
    return 0 if last is None else last + 1


def _refuse_closed(study: Study, phase: RatingPhase | None) -> None:
    if phase is not None and (sentence := phases.kept_out(phase, None)):
        raise VotingError(sentence, status=403)
    if phase is None and study.state != StudyState.OPEN:
        raise VotingError(_("This study is not open for taking part at the moment."), status=403)


def find(slug: str, token: str) -> Participant | None:
    """The participant with this secret, withdrawn or not, in the study with this link."""
    return Participant.objects.filter(token_sha256=_sha256(token), study__slug=slug).first()


def speak(participant: Participant, language: str) -> None:
    """From now on the participant reads the study in this language. What they have answered stays as it is."""
    Participant.objects.filter(pk=participant.pk).update(language=language)
    participant.language = language


def trials(slug: str, token: str) -> QuerySet[Trial]:
    """The trials of the participant with this secret in the study with this link."""
    return Trial.objects.filter(participant__token_sha256=_sha256(token), participant__study__slug=slug)


def withdraw(participant: Participant) -> None:
    """Leave the study: from now on none of this participant's ballots count. Harmless when repeated."""
    Participant.objects.filter(pk=participant.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())
    participant.refresh_from_db(fields=["withdrawn_at"])


def _secret(participant: Participant) -> str:
    return salted_hmac("studies.participant", participant.code, algorithm="sha256").hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
