"""Labels, drafts and ballots as a page sends them, and what comes back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from studies.models import Ballot, Participant, Pick, Study, StudyState, Trial
from tests.studies import factories
from tests.studies.views.participant.conftest import Person

pytestmark = pytest.mark.django_db
Arrive = Callable[[Study], Person]


@pytest.fixture
def person(arrive: Arrive) -> Person:
    """At the candidates of the first of two items."""
    someone = arrive(factories.open_study_with_pool(items=2))
    someone.post("label", 1, label="5")
    return someone


def drafted(person: Person) -> dict[str, Any]:
    """What the page is told of the answer so far."""
    page: Any = person.get("trial")
    return json.loads(page.context["draft"])


def test_a_label_is_answered_with_the_candidates(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool())
    answer = person.post("label", 1, label="6")
    assert answer.status_code == 200
    assert b"<html" not in answer.content
    assert person.url("candidates", 1) in answer.content.decode()
    assert Trial.objects.get().label == "6"


def test_without_htmx_the_answer_is_a_redirect(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool())
    assert person.post("label", 1, label="6", htmx=False).status_code == 303
    answer = person.ballot(positions=[0], label="6", htmx=False)
    assert (answer.status_code, answer["Location"]) == (303, person.url("trial"))


def test_a_label_stays(person: Person) -> None:
    assert person.post("label", 1, label="5").status_code == 200
    answer = person.post("label", 1, label="6")
    assert answer.status_code == 409
    assert "You have already said what you see" in answer.content.decode()
    assert person.url("trial") in answer.content.decode()
    assert Trial.objects.get(number=1).label == "5"


def test_a_label_that_is_not_offered_is_refused(person: Person) -> None:
    answer = person.post("label", 2, label="7")
    assert answer.status_code == 400
    assert "Choose one of the labels offered" in answer.content.decode()


def test_a_ballot_is_answered_with_the_next_trial(person: Person) -> None:
    answer = person.ballot(positions=[4, 2])
    assert answer.status_code == 200
    assert b"<html" not in answer.content
    assert "Image 2 of 2" in answer.content.decode()
    assert list(Ballot.objects.get().picks.values_list("rank", "position")) == [(1, 4), (2, 2)]


def test_the_last_ballot_is_answered_with_thanks(person: Person) -> None:
    person.ballot(positions=[0])
    person.post("label", 2, label="cannot tell")
    answer = person.ballot(2, positions=[], label="cannot tell")
    assert "Thank you" in answer.content.decode()
    assert answer["HX-Replace-Url"] == person.url("thanks")


def test_sending_again_is_harmless(person: Person) -> None:
    identity = str(uuid.uuid4())
    for _ in range(2):
        assert person.ballot(positions=[0, 1], submission_id=identity).status_code == 200
    answer = person.ballot(positions=[0, 2], submission_id=identity)
    assert answer.status_code == 409
    assert Ballot.objects.count() == 1


def test_two_tabs_are_told_and_led_on(person: Person) -> None:
    person.ballot(positions=[0])
    answer = person.ballot(positions=[1])
    assert answer.status_code == 409
    assert "You have already answered this one" in answer.content.decode()
    assert f'href="{person.url("trial")}"' in answer.content.decode()


@pytest.mark.parametrize(
    ("positions", "sentence"),
    [
        ([], "Pick at least 1 image"),
        ([0, 1, 2, 3], "Pick at most 3 images"),
        ([0, 0], "only once"),
        ([12], "not among the images"),
        ([-1], "not among the images"),
        (["x"], "positions of images"),
    ],
)
def test_wrong_picks_are_refused_in_one_sentence(person: Person, positions: list, sentence: str) -> None:
    answer = person.ballot(positions=positions)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Ballot.objects.exists()


def test_a_refusal_without_htmx_is_a_page(person: Person) -> None:
    answer = person.ballot(positions=[], htmx=False)
    assert f'href="{person.url("trial")}"' in answer.content.decode()
    assert answer.status_code == 400
    assert "<html" in answer.content.decode()
    assert "Pick at least 1 image" in answer.content.decode()


def test_a_ballot_without_an_id_is_refused(person: Person) -> None:
    assert person.ballot(positions=[0], submission_id="").status_code == 400


def test_a_draft_is_kept_and_shown_again(person: Person) -> None:
    assert person.post("draft", 1, positions=[7, 3]).status_code == 204
    assert drafted(person)["picks"] == [7, 3]
    assert person.post("draft", 1, positions=[0, 1, 2, 3]).status_code == 400
    assert drafted(person)["picks"] == [7, 3]
    person.ballot(positions=[7, 3])
    assert person.post("draft", 1, positions=[1]).status_code == 409


def test_a_closed_study_takes_no_ballot(person: Person) -> None:
    Study.objects.update(state=StudyState.CLOSED)
    answer = person.ballot(positions=[0])
    assert answer.status_code == 403
    assert "closed" in answer.content.decode()


@pytest.mark.parametrize("name", ["label", "draft", "ballot"])
def test_only_ones_own_trials(person: Person, name: str) -> None:
    stranger = Person(person.study)
    assert stranger.post(name, 1, label="5", positions=[0]).status_code == 404
    assert person.post(name, 3, label="5", positions=[0]).status_code == 404
    assert person.get(name, 1).status_code == 405


def test_a_ballot_is_for_ones_own_trial_of_that_number(person: Person, arrive: Arrive) -> None:
    other = arrive(person.study)
    other.post("label", 1, label="6")
    other.ballot(positions=[0], label="6")
    assert Ballot.objects.get().label == "6"
    assert Trial.objects.get(label="5").draft == []
    assert not hasattr(Trial.objects.get(label="5"), "ballot")


@pytest.mark.parametrize("htmx", [True, False])
def test_a_ballot_that_cannot_be_stored_leaves_nothing_and_can_be_sent_again(person: Person, htmx: bool) -> None:
    """A disk that is full in the middle of the transaction: the ballot is written, its picks are not."""

    def full(*args: object) -> None:
        raise OperationalError("database or disk is full")

    person.post("draft", 1, positions=[4, 2])
    identity = str(uuid.uuid4())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pick.objects, "bulk_create", full)
        answer = person.ballot(positions=[4, 2], submission_id=identity, htmx=htmx)
    assert answer.status_code == 503
    assert "Your answer could not be stored just now. Nothing is lost" in answer.content.decode()
    assert not Ballot.objects.exists()
    assert Study.objects.get().frozen_at is None
    assert drafted(person)["picks"] == [4, 2]

    assert person.ballot(positions=[4, 2], submission_id=identity).status_code == 200
    assert list(Ballot.objects.get().picks.values_list("position", flat=True)) == [4, 2]


def test_how_sure_and_where_are_kept_for_another_device(arrive: Arrive) -> None:
    """1.15 (6)."""
    person = arrive(factories.open_study_with_pool(ask_confidence=True, region="grid"))
    person.post("label", 1, label="5")
    part = {"kind": "grid", "columns": 8, "rows": 8, "cells": [9, 10]}
    assert person.post("draft", 1, positions=[7], confidence="4", region=json.dumps(part)).status_code == 204
    assert drafted(person) == {"picks": [7], "confidence": 4, "region": part}
    draft = json.loads(person.get("my-data").content)["images"][0]
    assert (draft["draft"], draft["draft_confidence"], draft["draft_region"]) == ([7], 4, part)
    assert person.post("draft", 1, positions=[7], confidence="", region="{}").status_code == 204  # both taken back
    assert drafted(person) == {"picks": [7], "confidence": None, "region": {}}
    wrong: Any
    for wrong in ({"confidence": "6"}, {"region": '{"kind": "lasso", "points": []}'}):
        assert person.post("draft", 1, positions=[7, 8], **wrong).status_code == 400
    assert drafted(person)["picks"] == [7]


def test_a_draft_without_what_is_asked_beside_the_picks_is_kept(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(ask_confidence=True))
    person.post("label", 1, label="5")
    assert person.post("draft", 1, positions=[7]).status_code == 204
    assert person.post("draft", 1, positions=[], confidence="2").status_code == 204


@pytest.fixture
def paged(arrive: Arrive) -> Person:
    """At the candidates of an item with three pages."""
    someone = arrive(factories.open_study_with_pool(page_size=4))
    someone.post("label", 1, label="5")
    return someone


def looked(*pages: float) -> str:
    return json.dumps({"pages": pages})


def test_who_picks_has_looked_at_every_page(paged: Person) -> None:
    """1.15 (3): see_all_pages holds whatever the page lets through."""
    for observation in ("", looked(), looked(900, 0, 0), "nonsense"):
        answer = paged.ballot(positions=[0], observation=observation)
        assert answer.status_code == 400
    assert "Not all candidates were looked at: turn to page 1, 2, 3" in answer.content.decode()
    answer = paged.ballot(positions=[0], observation=looked(900, 0, 40))
    assert "turn to page 2, then send again" in answer.content.decode()
    assert not Ballot.objects.exists()
    assert paged.ballot(positions=[0], observation=looked(900, 30, 40)).status_code == 200


def test_pages_looked_at_on_another_device_count(paged: Person) -> None:
    assert paged.post("draft", 1, positions=[0], observation=looked(900, 30, 0)).status_code == 204
    assert paged.ballot(positions=[0], observation=looked(0, 0, 40)).status_code == 200


def test_a_ballot_that_is_sent_again_need_not_tell_what_was_looked_at(paged: Person) -> None:
    identity = str(uuid.uuid4())
    paged.ballot(positions=[0], observation=looked(900, 30, 40), submission_id=identity)
    assert paged.ballot(positions=[0], submission_id=identity).status_code == 200
    assert Ballot.objects.count() == 1


def test_who_cannot_tell_and_picks_nothing_need_not_look_at_every_page(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(page_size=4))
    person.post("label", 1, label="cannot tell")
    assert person.ballot(positions=[1], label="cannot tell").status_code == 400
    assert person.ballot(positions=[], label="cannot tell").status_code == 200


def test_a_study_may_leave_it_to_people_which_pages_they_look_at(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(page_size=4, see_all_pages=False))
    person.post("label", 1, label="5")
    assert person.ballot(positions=[0]).status_code == 200


@pytest.mark.parametrize(
    ("action", "observed", "status"),
    [
        ("block", {"pixel_ratio": 1.25}, 400),
        ("block", {"pixel_ratio": 1, "events": [[5, "ratio", 1.25]]}, 400),
        ("block", {"pixel_ratio": 1.25, "events": [[5, "ratio", 2], [6, "pick", 0]]}, 200),
        ("block", {}, 200),
        ("warn", {"pixel_ratio": 1.25}, 200),
    ],
)
def test_a_ballot_from_a_screen_that_would_not_be_let_in(
    arrive: Arrive, action: str, observed: dict[str, Any], status: int
) -> None:
    """1.15 (4): also when it changed during the trial."""
    person = arrive(factories.open_study_with_pool())
    Study.objects.update(viewing={"whole_ratio": True, "on_failure": action})
    Participant.objects.update(checked_at=timezone.now())
    page = person.get("trial").content.decode()
    assert f'data-ratio-action="{action}"' in page
    assert "&quot;whole&quot;: true" in page
    assert "data-ratio-notice" in page
    person.post("label", 1, label="5")
    answer = person.ballot(positions=[0], observation=json.dumps(observed))
    assert answer.status_code == status
    assert ("Your screen has changed" in answer.content.decode()) == (status == 400)


def test_numbers_without_measure_in_an_observation_are_left_out(person: Person) -> None:
    huge = "9" * 400
    observation = f'{{"picking_ms": {huge}, "events": [[1, "pick", {huge}]]}}'
    assert person.ballot(positions=[0], observation=observation).status_code == 200


def test_positions_of_another_items_pool_mean_nothing(arrive: Arrive) -> None:
    """A sample of another item cannot even be named: a page speaks of positions in the trial's own pool."""
    study = factories.open_study_with_pool(items=2)
    person = arrive(study)
    person.post("label", 1, label="5")
    other = person.row.trials.get(number=2).item
    foreign = [str(sample.pk + 1000) for sample in other.pool[:2]]
    assert person.ballot(positions=foreign).status_code == 400
    person.ballot(positions=[0, 11])
    item = person.row.trials.get(number=1).item
    assert set(Pick.objects.values_list("sample", flat=True)) <= set(item.pool.values_list("pk", flat=True))
