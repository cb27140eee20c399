"""Where a participant is, from the viewing check to the end."""

from __future__ import annotations

import pytest

from studies.errors import VotingError
from studies.models import Kind, Participant, Study, StudyState
from studies.services import lifecycle, voting
from studies.services.screens import checking
from studies.services.screens.viewing import Rules
from studies.services.simulated import simulation
from studies.services.trials import flow
from tests.studies import factories

pytestmark = pytest.mark.django_db

QUESTIONS = [
    {"key": "age", "kind": "number", "text": "Age?", "options": [], "required": True, "low": 18, "high": 99},
]


@pytest.fixture
def study() -> Study:
    """Two practice images, two main ones and an attention check; one main image is repeated."""
    made = factories.open_study_with_pool(
        items=5, viewing=Rules(window_width=100).as_mapping(), introduction="Hello", questionnaire=QUESTIONS, repeats=1
    )
    first, second, third, *_ = made.items.all()
    for item in (first, second):
        type(item).objects.filter(pk=item.pk).update(kind=Kind.PRACTICE, expected_label="5", feedback="Look.")
    type(third).objects.filter(pk=third.pk).update(kind=Kind.ATTENTION, expected_label="6")
    return made


@pytest.fixture
def person(study: Study) -> Participant:
    return factories.participant(study)


def at(person: Participant) -> str:
    """The step, and the trial's number where there is one."""
    person.refresh_from_db()
    step = flow.step(person)
    return f"{step.kind} {step.trial.number}" if step.trial else step.kind


def pass_check(person: Participant) -> None:
    sizes = dict.fromkeys(("window_width", "window_height", "screen_width", "screen_height"), "1000")
    checking.record(person, {**sizes, "pixel_ratio": "1", "zoom": "1", "attempt": "0"})


def begin(person: Participant) -> None:
    """Past the check and the introduction."""
    pass_check(person)
    flow.introduced(person)
    person.refresh_from_db()


def answer(person: Participant) -> None:
    trial = flow.step(person).trial
    assert trial is not None
    factories.vote(trial, [1])


def test_every_step_in_its_order(person: Participant) -> None:
    assert at(person) == "viewing"
    pass_check(person)
    assert at(person) == "introduction"
    flow.introduced(person)
    for number in (1, 2):
        assert at(person) == f"trial {number}"
        answer(person)
        assert at(person) == f"feedback {number}"
        flow.feedback_seen(flow.step(person).trial)
    for number in (3, 4, 5, 6):
        assert at(person) == f"trial {number}"
        answer(person)
    assert at(person) == "questionnaire"
    assert person.finished_at is None, "not before the questionnaire"
    flow.store_questionnaire(person, {"age": 30})
    assert at(person) == "done"
    assert person.finished_at is not None
    assert person.questionnaire.values == {"age": 30}


def test_looking_changes_nothing(person: Participant, django_assert_max_num_queries) -> None:
    before = Participant.objects.values().get(pk=person.pk)
    with django_assert_max_num_queries(2):
        flow.step(person)
    assert Participant.objects.values().get(pk=person.pk) == before


def test_without_a_questionnaire_the_last_ballot_finishes() -> None:
    person = factories.participant(factories.open_study_with_pool())
    assert at(person) == "trial 1"
    answer(person)
    assert at(person) == "done"
    assert person.finished_at is not None


def test_practice_without_anything_to_say_has_no_feedback(study: Study, person: Participant) -> None:
    study.items.filter(kind=Kind.PRACTICE).update(expected_label="", feedback="")
    begin(person)
    answer(person)
    assert at(person) == "trial 2"


def test_confirming_twice_or_too_early_is_harmless(person: Participant) -> None:
    begin(person)
    flow.introduced(person)
    first = flow.step(person).trial
    flow.feedback_seen(first)
    first.refresh_from_db()
    assert first.feedback_seen_at is None, "nothing was answered yet"
    answer(person)
    flow.feedback_seen(first)
    seen = person.trials.get(number=1).feedback_seen_at
    flow.feedback_seen(first)
    assert person.trials.get(number=1).feedback_seen_at == seen


def test_the_questionnaire_comes_last_and_once(person: Participant) -> None:
    with pytest.raises(VotingError, match="Answer all images first"):
        flow.store_questionnaire(person, {"age": 30})
    begin(person)
    while (step := flow.step(person)).trial is not None:
        if step.kind == flow.TRIAL:
            answer(person)
        else:
            flow.feedback_seen(step.trial)
    for age in (30, 31):
        flow.store_questionnaire(person, {"age": age})
        person.refresh_from_db()
    assert person.questionnaire.values == {"age": 30}


@pytest.mark.parametrize("leave", ["closed", "withdrawn"])
def test_no_step_is_left_when_no_answers_are_taken(person: Participant, leave: str) -> None:
    if leave == "closed":
        Study.objects.update(state=StudyState.CLOSED)
    else:
        Participant.objects.update(withdrawn_at="2026-01-01T00:00Z")
    person = Participant.objects.get()
    for action in (
        lambda: flow.introduced(person),
        lambda: flow.feedback_seen(person.trials.first()),
        lambda: flow.store_questionnaire(person, {}),
    ):
        with pytest.raises(VotingError) as refused:
            action()
        assert refused.value.status == 403


def test_no_ballot_before_the_check_and_none_after_failing(person: Participant) -> None:
    """1.15 (8): what is not let in cannot vote by another address either."""
    trial = person.trials.get(number=3)
    with pytest.raises(VotingError, match="Check your screen first"):
        factories.vote(trial, [1])
    Participant.objects.update(failed_at="2026-01-01T00:00Z")
    with pytest.raises(VotingError, match="did not pass"):
        factories.vote(person.trials.get(number=3), [1])
    assert not person.trials.exclude(ballot=None).exists()


def test_simulated_participants_only_answer_trials(study: Study) -> None:
    made = simulation.simulate(study, count=1, seed=1)[0]
    assert at(made) == "done"
    assert made.finished_at is not None
    assert made.trials.filter(ballot=None).count() == 0


def test_another_introduction_is_read_again(person: Participant) -> None:
    """Until the first ballot the protocol may change under those who are on their way."""
    begin(person)
    lifecycle.update_protocol(person.study, introduction="Hello again")
    person = Participant.objects.get()
    assert at(person) == "introduction"
    lifecycle.update_protocol(person.study, viewing={"window_width": 200})
    person = Participant.objects.get()
    assert at(person) == "viewing"


def test_the_first_unanswered_trial_is_the_next_one(person: Participant) -> None:
    """1.15 (6): who leaves and comes back, on whatever device, goes on where they were."""
    begin(person)
    answer(person)
    again = Participant.objects.get(pk=person.pk)
    assert at(again) == "feedback 1"
    flow.feedback_seen(flow.step(again).trial)
    assert voting.current_trial(again) == flow.step(again).trial
