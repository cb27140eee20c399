"""Who works on a study: members are added, given another role and removed by an owner."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet

from studies.errors import StudyError
from studies.models import Role, Study, StudyMembership


def add(study: Study, username: str, role: Role) -> StudyMembership:
    """Give a user a role on the study, in place of the one they had. Raises StudyError."""
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        raise StudyError(f"There is no user “{username}”: check the spelling, or make the account in the admin first.")
    with transaction.atomic():
        if role != Role.OWNER:
            _keep_an_owner(study.memberships.exclude(user=user))
        membership, _ = StudyMembership.objects.update_or_create(study=study, user=user, defaults={"role": role})
    return membership


def remove(membership: StudyMembership) -> None:
    """Take a member off the study. Raises StudyError for the last owner."""
    with transaction.atomic():
        _keep_an_owner(membership.study.memberships.exclude(pk=membership.pk))
        membership.delete()


def _keep_an_owner(others: QuerySet[StudyMembership]) -> None:
    if not others.filter(role=Role.OWNER).exists():
        raise StudyError("A study keeps at least one owner: make somebody else owner first.", status=409)
