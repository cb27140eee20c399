"""The results page where people named the pictures: before and after, for the study's researchers alone."""

from __future__ import annotations

import pytest
from django.test import Client

from studies.models import Role, Study, StudyMembership
from tests.studies import factories, named, rated

pytestmark = pytest.mark.django_db


def page(study: Study, role: Role | None = Role.OWNER, *, status: int = 200) -> str:
    client, user = Client(), factories.user()
    if role:
        StudyMembership.objects.create(study=study, user=user, role=role)
    client.force_login(user)
    answer = client.get(f"/studies/{study.pk}/results/")
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def test_owner_and_colleague_read_before_and_after_a_stranger_nothing() -> None:
    study = named.study()
    for role in (Role.OWNER, Role.VIEWER):
        shown = page(study, role)
        assert "Naming before and after" in shown
        assert "6 people named pictures" in shown
        row = shown.partition('<th scope="row">ensemble</th>')[2].partition("</tr>")[0]
        cells = [cell.partition("</td>")[0].replace("\xa0", " ") for cell in row.split('<td class="numeric">')[1:]]
        # statsmodels: proportion_confint(5, 6, method="wilson") = 0.4365, 0.9699; binomtest(5, 5) = 0.0625
        assert cells == ["83.3 %", "44 % to 97 %", "6", "5", "0", "0.0625"]
        assert "p of random control, single sample, bicubic and truth: undefined: nobody changed." in shown
    assert "Naming" not in page(study, None, status=404)


def test_without_a_right_label_only_the_shift_is_told() -> None:
    shown = page(named.study(right=""))
    assert "Undefined: no image has a label that is known to be right" in shown
    assert "Named right" not in shown
    assert "5 of 6 people changed." in shown


def test_of_several_images_the_pooled_test_is_marked() -> None:
    shown = page(named.study(items=2))
    assert "Named right before and after, 2 images" in shown
    assert "p, answers" in shown
    assert "Answers of one person to several images are taken as independent: p is too small." in shown
    assert "Named right before and after, by image" in shown


def test_other_studies_say_nothing_of_it() -> None:
    study = rated.voted(items=1)
    rated.opened(study)
    assert "Naming before and after" not in page(study)
