"""The results page where somebody is left out, or the votes are read otherwise than was locked."""

from __future__ import annotations

import pytest
from django.test import Client

from studies.models import Item, Kind, Role, Study, StudyMembership
from studies.services.analysis import versions
from studies.services.analysis.plan import Plan
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = factories.open_study_with_pool(items=2, plan=Plan(attention=1.0).as_mapping())
    Item.objects.filter(study=study, position=1).update(kind=Kind.ATTENTION, expected_label="5")
    factories.vote_all(study, [0, 1], "5")
    factories.vote_all(study, [4, 5], "6")
    factories.vote_all(study, [4, 5], "6")
    return study


def page(study: Study, role: Role = Role.OWNER) -> str:
    client, user = Client(), factories.user()
    StudyMembership.objects.create(study=study, user=user, role=role)
    client.force_login(user)
    return " ".join(client.get(f"/studies/{study.pk}/results/").content.decode().split())


def test_the_verdict_is_without_who_is_left_out_and_the_other_one_beside_it(study: Study) -> None:
    shown = page(study)
    assert "Named most often: “5”" in shown
    assert '<strong class="numeric">2</strong> participants are left out (attention checks' in shown
    beside = (
        "Without exclusions: 3 ballots; named most often is “6” (67 %, 21–94 %); chosen are the samples 4, 5 and 0."
    )
    assert beside in shown


def test_versions_are_listed_and_what_was_locked_stands_beside(study: Study) -> None:
    user = study.memberships.get().user
    versions.add(study, user, reason="A reviewer asked for <all> votes.", attention=0.0, ensemble_size=1)
    shown = page(study, Role.VIEWER)
    assert "These results are of <strong>version 2</strong> of the analysis." in shown
    assert "A reviewer asked for &lt;all&gt; votes." in shown
    assert "Ensemble size n: 1 · Attention checks right, at least: 0" in shown
    assert "As locked: 1 ballot; named most often is “5” (100 %, 21–100 %); chosen are the samples 0 and 1." in shown
    assert "Without exclusions" not in shown


def test_only_editors_are_led_to_another_analysis_and_a_plain_study_says_nothing_of_it(study: Study) -> None:
    address = f"/studies/{study.pk}/analysis/"
    assert address in page(study, Role.EDITOR)
    assert address not in page(study, Role.VIEWER)
    plain = factories.open_study_with_pool()
    factories.vote_all(plain, [0])
    assert "analysis-title" not in page(plain)
