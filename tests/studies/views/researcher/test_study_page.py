"""The page of a study: its next step, who took part, open and close, delete, members."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from studies.models import Role, Study, StudyMembership
from studies.services.analysis.plan import Plan
from tests.studies import factories


def text(client: Client, study: Study) -> str:
    return client.get(study.get_absolute_url()).content.decode()


def act(client: Client, study: Study, what: str, **data: str) -> str:
    return client.post(f"{study.get_absolute_url()}{what}/", data, follow=True).content.decode()


def test_from_draft_to_results(ada: User, browser_of_ada: Client) -> None:
    """The page names the next step all the way."""
    study = factories.study(owner=ada, target_participants=1)
    assert "Add the low-resolution images" in text(browser_of_ada, study)
    item = factories.item(study)
    assert "Draw 12 candidates for the image" in text(browser_of_ada, study)
    factories.pool(item)
    assert "All candidates are drawn" in text(browser_of_ada, study)
    assert "Send people the participants’ link" in act(browser_of_ada, study, "open")
    factories.vote_all(Study.objects.get(pk=study.pk), [1])
    assert "the target is reached" in text(browser_of_ada, study)
    assert "takes no more votes" in act(browser_of_ada, study, "close")


def test_a_rule_to_stop_is_what_the_next_step_follows(ada: User, browser_of_ada: Client) -> None:
    """Not the target, which is a hope; stopping at it would break the rule."""
    plan = Plan(stopping="consensus", most_participants=40)
    study = factories.open_study_with_pool(owner=ada, target_participants=1, plan=plan.as_mapping())
    assert "Send people the participants’ link" in text(browser_of_ada, study)
    factories.vote_all(study, [1])
    assert "People are voting. 0 of 1 images have a label that more than half see" in text(browser_of_ada, study)
    assert "the target is reached" not in text(browser_of_ada, study)
    for _ in range(6):  # seven alike: 1·3·…·13 / (2·4·…·14) against 1/2^7 is 26.8, above the 20 that 0.05 asks for
        factories.vote_all(study, [1])
    page = text(browser_of_ada, study)
    assert "The rule to stop is met. The image has a label that more than half see" in page
    assert '<button class="button button-primary">Close the study</button>' in page
    assert "takes no more votes" in act(browser_of_ada, study, "close")


def test_a_met_rule_tells_what_happens_next_and_who_is_simulated(ada: User, browser_of_ada: Client) -> None:
    plan = Plan(stopping="count", most_participants=2, close_when_reached=True)
    study = factories.open_study_with_pool(owner=ada, plan=plan.as_mapping())
    factories.vote_all(study, [1])
    factories.vote_all(study, [1])
    assert "closes by itself within about a minute." in text(browser_of_ada, study)
    factories.vote_all(study, [1], simulated=True)
    page = text(browser_of_ada, study)
    assert "Simulated participants are counted in this. Close the study." in page


def test_open_without_pools_says_why(ada: User, browser_of_ada: Client) -> None:
    study = factories.study(owner=ada)
    assert "The study has no items" in act(browser_of_ada, study, "open")
    study.refresh_from_db()
    assert study.state == "draft"


def test_participants_link(ada: User, browser_of_ada: Client) -> None:
    study = factories.open_study_with_pool(owner=ada)
    assert f"http://testserver/s/{study.slug}/" in text(browser_of_ada, study)


def test_simulated_are_not_counted_as_people(ada: User, browser_of_ada: Client) -> None:
    study = factories.open_study_with_pool(owner=ada)
    factories.vote_all(study, [1], simulated=True)
    factories.vote_all(study, [2])
    page = browser_of_ada.get(study.get_absolute_url())
    took_part = page.context["participation"]
    assert (took_part.people, took_part.finished, took_part.simulated, took_part.ballots) == (1, 1, 1, 2)
    assert "1 simulated" in page.content.decode()
    assert "not evidence" in page.content.decode()


def test_delete_asks_first(ada: User, browser_of_ada: Client) -> None:
    study = factories.open_study_with_pool(owner=ada)
    assert "The study is open" in act(browser_of_ada, study, "delete")
    act(browser_of_ada, study, "close")
    assert "its 1 image" in browser_of_ada.get(f"{study.get_absolute_url()}delete/").content.decode()
    assert Study.objects.filter(pk=study.pk).exists()
    act(browser_of_ada, study, "delete")
    assert not Study.objects.filter(pk=study.pk).exists()


def test_votes_are_kept(ada: User, browser_of_ada: Client) -> None:
    study = factories.open_study_with_pool(owner=ada)
    factories.vote_all(study, [1])
    act(browser_of_ada, study, "close")
    assert "Delete this study" not in text(browser_of_ada, study)
    assert "it is evidence and is kept" in act(browser_of_ada, study, "delete")
    assert Study.objects.filter(pk=study.pk).exists()


@pytest.fixture
def study(ada: User) -> Study:
    return factories.study(owner=ada)


def test_add_a_member_and_change_the_role(browser_of_ada: Client, study: Study) -> None:
    factories.user("grace")
    act(browser_of_ada, study, "members", username="grace", role=Role.VIEWER)
    assert "grace is now editor" in act(browser_of_ada, study, "members", username="grace", role=Role.EDITOR)
    assert study.memberships.get(user__username="grace").role == Role.EDITOR


def test_unknown_member(browser_of_ada: Client, study: Study) -> None:
    assert "no user “nobody”" in act(browser_of_ada, study, "members", username="nobody", role=Role.VIEWER)


def test_last_owner_stays(ada: User, browser_of_ada: Client, study: Study) -> None:
    mine = study.memberships.get(user=ada)
    assert "at least one owner" in act(browser_of_ada, study, f"members/{mine.pk}/remove")
    assert "at least one owner" in act(browser_of_ada, study, "members", username="ada", role=Role.VIEWER)
    mine.refresh_from_db()
    assert mine.role == Role.OWNER


def test_owner_leaves_to_another(browser_of_ada: Client, ada: User, study: Study) -> None:
    StudyMembership.objects.create(study=study, user=factories.user("grace"), role=Role.OWNER)
    act(browser_of_ada, study, f"members/{study.memberships.get(user=ada).pk}/remove")
    assert browser_of_ada.get(study.get_absolute_url()).status_code == 404


def test_viewers_are_offered_nothing_that_they_may_not_do(study: Study, client: Client) -> None:
    viewer = factories.user("eve")
    StudyMembership.objects.create(study=study, user=viewer, role=Role.VIEWER)
    factories.pool(factories.item(study))
    client.force_login(viewer)
    page = text(client, study)
    for offer in ("Open the study", "Add images", "Remove", "Add member", "/edit/", "/delete/"):
        assert offer not in page
