"""The doors of a study: who comes in by which, and with what code they go back to whoever sent them.

A door is the open link, a personal link (`invitations`), or Prolific's or MTurk's way to the study's link: their own
id for the person stands in the address. That id, and a personal link, are the person: they never make a second one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from typing import Any, Self

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from studies.errors import StudyError, VotingError
from studies.models import Invitation, Participant, RecruiterIdentity, Recruiting, Source, Study
from studies.services.people import invitations

#: How somebody may leave, each with a code and an address of its own: key -> words for the researcher.
OUTCOMES = {
    "complete": "All done",
    "failed_check": "Not let in by the check of their screen",
    "no_consent": "Did not agree",
    "full": "No place free",
    "rated": "All rated, in the rating phase (empty: as “All done”)",
}
#: An outcome without code and address of its own leaves by those of another.
_ELSE = {"rated": "complete"}
#: Source -> its own name for a person, and what else it tells.
PLATFORMS = {
    Source.PROLIFIC: ("PROLIFIC_PID", ("STUDY_ID", "SESSION_ID")),
    Source.MTURK: ("workerId", ("hitId", "assignmentId")),
}
PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"
#: How long a consent page may lie open: its form remembers the door, signed.
DOOR_AGE = 24 * 3600
LEAST_RELEASE, MOST_RELEASE = 5, 30 * 24 * 60  # minutes
MOST_PLACES = 1_000_000

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_https = URLValidator(schemes=["https"], message="Give a whole address that begins with https://.")


@dataclass(frozen=True)
class Door:
    """By which door somebody stands before the study. key: the invitation's id in our books, or theirs elsewhere."""

    source: str
    key: str
    references: dict[str, str] = field(default_factory=dict)

    def signed(self, study: Study) -> str:
        """For a cookie or a form: nobody can put in another id than they came with."""
        return signing.dumps(astuple(self), salt=_salt(study))

    @classmethod
    def read(cls, study: Study, signed: str) -> Self | None:
        """None for what is missing, too old or not ours."""
        try:
            return cls(*signing.loads(signed, salt=_salt(study), max_age=DOOR_AGE)) if signed else None
        except (signing.BadSignature, TypeError):
            return None


def of(study: Study) -> Recruiting:
    """The study's doors; without a row, an open link without places or codes. At most one query."""
    try:
        return study.recruiting
    except Recruiting.DoesNotExist:
        return Recruiting(study=study)


def platform_door(study: Study, query: Mapping[str, Any]) -> Door | None:
    """Who Prolific or MTurk says this is, where the study listens to them; None for all others."""
    for source, (name, others) in PLATFORMS.items():
        if _ID.fullmatch(query.get(name, "")) and of(study).platforms:
            told = {other: query[other] for other in others if _ID.fullmatch(query.get(other, ""))}
            return Door(source, query[name], told)
    return None


def personal_door(invitation: Invitation) -> Door:
    return Door(Source.PERSONAL, str(invitation.pk))


def is_preview(query: Mapping[str, Any]) -> bool:
    """Whether MTurk shows the page to somebody who has not yet accepted the task."""
    return query.get("assignmentId") == PREVIEW


def known(study: Study, door: Door | None) -> Participant | None:
    """The participant who has come by this personal link, or with this id, before; withdrawn or not."""
    if door is None:
        return None
    if door.source == Source.PERSONAL:
        return study.participants.filter(invitation=int(door.key)).first()
    return study.participants.filter(identity__source=door.source, identity__external_id=door.key).first()


def admit(study: Study, door: Door | None) -> None:
    """Raises VotingError when this door is closed, or this link cannot be used any more."""
    if door is not None and door.source == Source.PERSONAL:
        invitations.refuse_unusable(study.invitations.filter(pk=door.key).first())
    elif not (of(study).open_link if door is None else of(study).platforms):
        raise VotingError(_("This study is by invitation: please open the link that was sent to you."), status=403)


def attach(participant: Participant, door: Door | None) -> None:
    """Keep by which door they came. Raises IntegrityError where somebody else has come by it."""
    if door is None:
        return
    if door.source == Source.PERSONAL:
        invitations.use(participant, int(door.key))
        return
    RecruiterIdentity.objects.create(
        study=participant.study,
        participant=participant,
        source=door.source,
        external_id=door.key,
        references=door.references,
    )


def has_name(participant: Participant) -> bool:
    """Whether a personal link or a recruiter's id stands for this participant."""
    mine = participant.pk
    named = RecruiterIdentity.objects.filter(participant=mine), Invitation.objects.filter(participant=mine)
    return any(rows.exists() for rows in named)


def ending(study: Study, participant: Participant | None, outcome: str) -> dict[str, str]:
    """The code to show and the address to return to, each "" where there is none.

    participant: None for somebody who does not take part
    """
    if participant is not None and participant.withdrawn_at is not None:
        return {"code": "", "address": ""}
    doors = of(study)
    if not (doors.codes.get(outcome) or doors.addresses.get(outcome)):  # never a code of one and an address of another
        outcome = _ELSE.get(outcome, outcome)
    address = doors.addresses.get(outcome, "")
    return {"code": doors.codes.get(outcome, ""), "address": address if address.startswith("https://") else ""}


def problems(values: Mapping[str, Any]) -> dict[str, str]:
    """Field -> what is wrong, in one sentence; codes and addresses as `codes.complete`. Empty when all is well."""
    found = {}
    if values["quota"] is not None and not 1 <= values["quota"] <= MOST_PLACES:
        found["quota"] = f"Give 1 to {MOST_PLACES:,} places, or leave this empty for no limit."
    if not LEAST_RELEASE <= values["release_minutes"] <= MOST_RELEASE:
        found["release_minutes"] = f"Give people {LEAST_RELEASE} to {MOST_RELEASE:,} minutes (30 days) for one image."
    for outcome in OUTCOMES:
        if (code := values["codes"].get(outcome)) and not _CODE.fullmatch(code):
            found[f"codes.{outcome}"] = "Use up to 100 letters, digits, hyphens and underscores."
        if (address := values["addresses"].get(outcome)) and (problem := _address_problem(address)):
            found[f"addresses.{outcome}"] = problem
    return found


def update(study: Study, **values: Any) -> Recruiting:
    """Set all doors anew: open_link, platforms, quota, release_minutes, codes, addresses. Raises StudyError."""
    if found := problems(values):
        raise StudyError(" ".join(found.values()))
    for name in ("codes", "addresses"):
        values[name] = {outcome: values[name][outcome] for outcome in OUTCOMES if values[name].get(outcome)}
    with transaction.atomic():
        # Who enrols looks at the doors under the same lock.
        Study.objects.select_for_update().get(pk=study.pk)
        row, _created = Recruiting.objects.update_or_create(study=study, defaults=values)
    study.recruiting = row
    return row


def _address_problem(address: str) -> str:
    try:
        _https(address)
    except ValidationError as error:
        return str(error.messages[0])
    return "Leave user names out of the address." if "@" in address.split("/")[2] else ""


def _salt(study: Study) -> str:
    return f"studies.door.{study.slug}"
