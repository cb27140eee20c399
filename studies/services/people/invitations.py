"""Personal links: each is one person's key to the study, on any device. The link is signed, not stored.

Letters and digits only, in lower case, so that it can be typed from paper.
"""

from __future__ import annotations

import base64
from datetime import datetime
from enum import StrEnum

from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from studies.errors import StudyError, VotingError
from studies.models import Invitation, Participant, Study

MOST_AT_ONCE = 1000


class State(StrEnum):
    """What has become of a personal link."""

    UNUSED = "not used yet"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


_SALT = "studies.invitation"


class _Signer(Signer):
    """Django's, with 128 bits of the signature in base 32."""

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        digest = salted_hmac(f"{_SALT}.signer", value, key or self.key, algorithm=self.algorithm).digest()
        return base64.b32encode(digest[:16]).decode().rstrip("=").lower()


_signer = _Signer(salt=_SALT, sep=".")


def make(study: Study, count: int, *, note: str = "", expires_at: datetime | None = None) -> list[Invitation]:
    """So many new personal links, numbered on from those there are. Raises StudyError."""
    if not 1 <= count <= MOST_AT_ONCE:
        raise StudyError(f"Make 1 to {MOST_AT_ONCE:,} links at a time.")
    if expires_at is not None and expires_at <= timezone.now():
        raise StudyError("The links would have expired already: give a later date, or none.")
    with transaction.atomic():
        Study.objects.select_for_update().get(pk=study.pk)
        last = study.invitations.aggregate(last=Max("number"))["last"] or 0
        return Invitation.objects.bulk_create(
            Invitation(study=study, number=number, note=note, expires_at=expires_at)
            for number in range(last + 1, last + 1 + count)
        )


def key(invitation: Invitation) -> str:
    """What stands in the address of the link."""
    return _signer.sign(str(invitation.pk))


def find(key: str) -> Invitation | None:
    """The invitation with this key, whatever its state; None for a key that we did not sign."""
    try:
        return Invitation.objects.select_related("study").filter(pk=int(_signer.unsign(key.lower()))).first()
    except (BadSignature, ValueError):
        return None


def state(invitation: Invitation) -> State:
    if invitation.revoked_at is not None:
        return State.REVOKED
    if invitation.participant_id is not None:
        return State.USED
    expired = invitation.expires_at is not None and invitation.expires_at <= timezone.now()
    return State.EXPIRED if expired else State.UNUSED


def unused(study: Study) -> QuerySet[Invitation]:
    """The links that open the study to somebody new."""
    lasting = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return study.invitations.filter(lasting, participant=None, revoked_at=None).order_by("number")


def refuse_unusable(invitation: Invitation | None) -> None:
    """Raises VotingError unless the link opens the study. Who has come in by it may come back after it expires."""
    if invitation is None or state(invitation) == State.REVOKED:
        raise VotingError(
            _("This personal link is not valid any more: please ask the researchers for another."), status=403
        )
    if state(invitation) == State.EXPIRED:
        raise VotingError(_("This personal link has expired: please ask the researchers for another."), status=403)


def use(participant: Participant, pk: int) -> None:
    """From now on the link is this participant's. Raises IntegrityError when it is somebody else's."""
    free = Invitation.objects.filter(pk=pk, study=participant.study_id, participant=None, revoked_at=None)
    if not free.update(participant=participant):
        raise IntegrityError("The personal link is used.")


def revoke(invitation: Invitation) -> None:
    """The link opens nothing any more; who has come in by it goes on in the same browser. Harmless when repeated."""
    Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=timezone.now())
