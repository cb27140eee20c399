"""Three people before one study: its owner, a colleague with the viewer's role, a stranger."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from studies.models import Role, Study, StudyMembership
from tests.studies import factories


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_login(user)
    return client


@dataclass
class People:
    """A client for each."""

    owner: APIClient
    editor: APIClient
    viewer: APIClient
    stranger: APIClient
    anonymous: APIClient


def people_of(study: Study) -> People:
    members = {role: factories.user() for role in (Role.EDITOR, Role.VIEWER)}
    for role, user in members.items():
        StudyMembership.objects.create(study=study, user=user, role=role)
    owner = study.memberships.get(role=Role.OWNER).user
    return People(
        owner=client_of(owner),
        editor=client_of(members[Role.EDITOR]),
        viewer=client_of(members[Role.VIEWER]),
        stranger=client_of(factories.user()),
        anonymous=client_of(None),
    )


@pytest.fixture
def study(db: None) -> Study:
    return factories.open_study_with_pool(items=2)


@pytest.fixture
def people(study: Study) -> People:
    return people_of(study)
