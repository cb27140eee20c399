"""studies.access: forbidden and unknown look the same, and a participant's secret stays in their study."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from studies import access
from studies.models import Role, StudyMembership
from studies.services import enrolment
from tests.studies import factories

pytestmark = pytest.mark.django_db


def test_roles_open_what_they_should():
    owner = factories.user()
    study = factories.study(owner=owner)
    editor, viewer = factories.user(), factories.user()
    StudyMembership.objects.create(study=study, user=editor, role=Role.EDITOR)
    StudyMembership.objects.create(study=study, user=viewer, role=Role.VIEWER)
    allowed = {owner: 3, editor: 2, viewer: 1, factories.user(): 0, AnonymousUser(): 0}
    for user, count in allowed.items():
        for index, role in enumerate((Role.VIEWER, Role.EDITOR, Role.OWNER)):
            assert access.has_role(user, study, role) == (index < count)
            if index < count:
                assert access.get_study_or_404(user, study.pk, role) == study
            else:
                with pytest.raises(Http404):
                    access.get_study_or_404(user, study.pk, role)
    with pytest.raises(Http404):
        access.get_study_or_404(owner, study.pk + 1)


def cookie_of(study, token):
    response = HttpResponse()
    access.set_participant_cookie(response, study, token)
    return response.cookies[access.cookie_name(study.slug)]


def request_with(study, value):
    request = RequestFactory().get("/")
    request.COOKIES[access.cookie_name(study.slug)] = value
    return request


@pytest.mark.parametrize("embedded", [True, False])
def test_the_cookie_is_private_to_the_study(settings, embedded):
    settings.EMBEDDED = embedded
    study = factories.study()
    cookie = cookie_of(study, "secret")
    assert cookie["path"] == f"/s/{study.slug}/"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert bool(cookie["secure"]) is not embedded
    assert cookie["max-age"] == 180 * 24 * 3600


def test_the_cookie_brings_the_participant_back():
    study, other = factories.open_study_with_pool(), factories.open_study_with_pool()
    person, token = enrolment.enrol(study)
    value = cookie_of(study, token).value
    assert access.get_participant(request_with(study, value), study) == person
    assert access.get_participant(request_with(other, value), other) is None
    assert access.get_participant(request_with(study, token), study) is None  # unsigned
    with pytest.raises(Http404):
        access.get_participant_or_404(request_with(study, value[:-1] + "?"), study)


def test_studies_are_found_by_their_link():
    study = factories.study()
    assert access.get_study_by_slug_or_404(study.slug) == study
    with pytest.raises(Http404):
        access.get_study_by_slug_or_404("nothing")
