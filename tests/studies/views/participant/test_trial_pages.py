"""The trial page: label first, then candidates; thanks at the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from studies.models import Study, StudyState, Trial
from tests.studies import factories
from tests.studies.views.participant.conftest import Person

pytestmark = pytest.mark.django_db
Arrive = Callable[[Study], Person]


def test_it_works(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(items=3, question="Which <digit>?", labels=["5", "six & more"]))
    answer = person.get("trial")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Which &lt;digit&gt;?" in page
    assert "Image 1 of 3" in page
    assert 'value="six &amp; more"' in page
    assert 'value="cannot tell"' in page
    assert person.url("candidates", 1) in page
    assert 'data-step="label"' in page
    assert answer["Cache-Control"] == "private, no-store"


def test_candidates_come_only_after_the_label(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool())
    before = person.get("trial").content.decode()
    assert "data-pages" not in before
    assert 'data-step="label"' in before
    person.post("label", 1, label="5")
    page = person.get("trial").content.decode()
    assert 'data-pages="12"' in page
    assert person.url("candidates", 1) in page
    assert "at most 3" in page
    assert "You see <strong" in page


def test_a_study_without_labels_begins_with_the_candidates(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(ask_label=False, exact_picks=True, instructions="Look\n\nclosely"))
    page = person.get("trial").content.decode()
    assert "exactly 3" in page
    assert "<p>closely</p>" in page
    assert 'data-least="3"' in page
    assert 'name="label" value=""' in page


def test_who_cannot_tell_need_not_pick(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(exact_picks=True))
    page = person.post("label", 1, label="cannot tell").content.decode()
    assert 'data-least="0"' in page
    assert "at most 3" in page


def test_the_first_showing_is_noted_once(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(items=2))
    person.get("trial")
    first = Trial.objects.get(number=1).started_at
    person.get("trial")
    assert first is not None
    assert Trial.objects.get(number=1).started_at == first
    assert Trial.objects.get(number=2).started_at is None


def test_strangers_are_shown_the_door_they_came_by() -> None:
    person = Person(factories.open_study_with_pool())
    for name in ("trial", "thanks"):
        answer = person.get(name)
        assert (answer.status_code, answer["Location"]) == (302, person.url("welcome"))


def test_each_person_sees_their_own_trial(arrive: Arrive) -> None:
    study = factories.open_study_with_pool(items=2)
    first, second = arrive(study), arrive(study)
    first.post("label", 1, label="5")
    first.ballot(positions=[0])
    assert "Image 2 of 2" in first.get("trial").content.decode()
    assert "Image 1 of 2" in second.get("trial").content.decode()


def test_a_closed_study_takes_no_more(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool())
    Study.objects.update(state=StudyState.CLOSED)
    assert "This study is closed." in person.get("trial").content.decode()


def test_thanks_come_after_the_last_answer(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(items=2))
    assert person.get("thanks")["Location"] == person.url("trial")
    for number in (1, 2):
        person.post("label", number, label="5")
        person.ballot(number, positions=[0, 1])
    assert person.get("trial")["Location"] == person.url("thanks")
    assert person.get("welcome")["Location"] == person.url("thanks")
    page = person.get("thanks").content.decode()
    assert "All your 2 answers are stored." in page
    assert "Withdraw from this study" in page


@pytest.mark.parametrize("name", ["welcome", "trial"])
def test_pages_hold_no_inline_script_or_style(arrive: Arrive, name: str) -> None:
    person = arrive(factories.open_study_with_pool())
    answer = person.get(name)
    page = answer.content.decode()
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert " style=" not in page
    assert "<style" not in page
    assert page.count('<script id="sentences" type="application/json">') == 1
    assert page.count("<script") == 1 + page.count("<script src=") + page.count('<script type="module" src=')
    assert '"allowEval": false' in page
