"""The live page: what stands on it, who may look, when it asks again, and how often it asks the database."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from studies.models import Ballot, Item, Kind, Role, Study
from studies.services import lifecycle
from studies.services.analysis.plan import Plan
from tests.studies import factories


@pytest.fixture
def study(ada: User) -> Study:
    plan = Plan(attention=1.0, stopping="consensus", most_participants=40).as_mapping()
    study = factories.open_study_with_pool(owner=ada, items=2, plan=plan)
    Item.objects.filter(study=study, position=1).update(kind=Kind.ATTENTION, expected_label="5")
    for label in ("5", "5", "5", "6"):
        factories.vote_all(study, [0], label)
    return study


def page(client: Client, study: Study, path: str = "") -> str:
    return " ".join(client.get(f"/studies/{study.pk}/live/{path}").content.decode().split())


def test_it_shows_shares_evidence_screening_and_the_rule(browser_of_ada: Client, study: Study) -> None:
    shown = page(browser_of_ada, study)
    assert "0 of 1 images have a label that more than half see, by strong evidence." in shown
    assert "3 of at most 40 participants" in shown
    assert "e-value 2.50, 20 wanted" in shown  # C(6, 3) / 2^3: three ballots all alike against one half
    assert '<strong class="numeric">1</strong> participant left out by now' in shown
    left_out = study.participants.order_by("-pk")[0]
    assert f"<code>{left_out.code[:8]}</code>" in shown
    assert "0 of 1 attention checks right; at least 100 % needed." in shown
    assert "4 came in, 4 finished" in shown
    assert "6: 1 of" not in shown  # the vote of whoever is left out


def test_what_is_far_below_one_half_is_no_evidence_for_more(browser_of_ada: Client, ada: User) -> None:
    """1 of 7 has an e-value of 2.06 against one half, on its other side; so has "cannot tell", which is no label."""
    study = factories.open_study_with_pool(
        owner=ada, plan=Plan(stopping="consensus", most_participants=40).as_mapping()
    )
    for label in ("5", *["cannot tell"] * 6):
        factories.vote_all(study, [0], label)
    shown = page(browser_of_ada, study)
    assert "e-value 1.00, 20 wanted" in shown
    assert "not yet" in shown


def test_a_study_without_a_rule_is_not_said_to_have_one(browser_of_ada: Client, ada: User, study: Study) -> None:
    fixed = "The rule was fixed before there were votes"
    assert fixed in page(browser_of_ada, study)
    assert fixed not in page(browser_of_ada, factories.open_study_with_pool(owner=ada))


def test_it_says_which_numbers_are_without_those_who_are_left_out(browser_of_ada: Client, study: Study) -> None:
    shown = page(browser_of_ada, study)
    assert '<dd class="stat-value">4</dd><dt class="stat-label">finished</dt>' in shown
    assert "places and hours count everybody" in shown
    assert "Numbers on this page are without those" not in shown


def test_it_asks_again_while_the_study_is_open_and_no_longer(browser_of_ada: Client, study: Study) -> None:
    assert f'hx-get="/studies/{study.pk}/live/numbers/"' in page(browser_of_ada, study)
    assert "every 10s" in page(browser_of_ada, study, "numbers/")
    lifecycle.close_study(study)
    assert "hx-get" not in page(browser_of_ada, study, "numbers/")


def test_the_fragment_is_no_whole_page(browser_of_ada: Client, study: Study) -> None:
    assert page(browser_of_ada, study, "numbers/").startswith('<div id="live"')


def test_a_met_rule_says_stop(browser_of_ada: Client, ada: User) -> None:
    plan = Plan(stopping="count", most_participants=1).as_mapping()
    study = factories.open_study_with_pool(owner=ada, plan=plan)
    assert "Close the study" not in page(browser_of_ada, study)
    factories.vote_all(study, [0])
    assert "The rule is met: stop.</strong> 1 participant has finished" in page(browser_of_ada, study)
    offer = f'action="/studies/{study.pk}/close/"'
    assert offer in page(browser_of_ada, study, "numbers/")
    Study.objects.filter(pk=study.pk).update(plan=plan | {"close_when_reached": True})
    assert "closes by itself within about a minute" in page(browser_of_ada, study)
    browser_of_ada.post(f"/studies/{study.pk}/close/")
    assert study.state_changes.get().made_by == ada
    assert "The rule is met: stop." in page(browser_of_ada, study)
    assert offer not in page(browser_of_ada, study)


def test_only_who_may_close_the_study_is_offered_it(client: Client, ada: User) -> None:
    study = factories.open_study_with_pool(owner=ada, plan=Plan(stopping="count", most_participants=1).as_mapping())
    factories.vote_all(study, [0])
    viewer = factories.user()
    study.memberships.create(user=viewer, role=Role.VIEWER)
    client.force_login(viewer)
    assert "Who runs the study closes it." in page(client, study)
    assert "/close/" not in page(client, study)
    client.force_login(factories.user())
    assert client.get(f"/studies/{study.pk}/live/").status_code == 404


@pytest.mark.parametrize("fields", [{}, {"ask_label": False, "labels": []}, {"state": "draft"}])
def test_nothing_yet_and_nothing_asked(browser_of_ada: Client, ada: User, fields: dict[str, Any]) -> None:
    study = factories.study(owner=ada, **fields)
    assert "This study has no images yet" in page(browser_of_ada, study)
    factories.item(study)
    assert "0 ballots" in page(browser_of_ada, study)
    assert "The plan leaves nobody out." in page(browser_of_ada, study)


def test_simulated_participants_are_named(browser_of_ada: Client, ada: User) -> None:
    study = factories.open_study_with_pool(owner=ada)
    factories.vote_all(study, [0], simulated=True)
    assert "1 simulated</strong> participants are counted here as if they were people" in page(browser_of_ada, study)


def test_more_items_and_people_are_no_more_queries(browser_of_ada: Client, ada: User) -> None:
    counts = []
    everything = Plan(
        attention=1.0, least_seconds=1, same_place=0.5, retest=1.0, ratio_change=True, stopping="precision",
        most_participants=9,
    )  # fmt: skip
    for items in (1, 4):
        study = factories.open_study_with_pool(owner=ada, items=items, plan=everything.as_mapping())
        for label in "55666"[: items + 1]:
            factories.vote_all(study, [0], label)
        Ballot.objects.filter(trial__participant__study=study).update(label="5")
        with CaptureQueriesContext(connection) as captured:
            assert page(browser_of_ada, study, "numbers/")
        counts.append(len(captured))
    # Four more at most: where by chance somebody's picks stood at one place, it is told who is left out.
    assert counts[0] <= counts[1] <= counts[0] + 4
    assert counts[1] <= 22, counts
