"""From draft to closed, what is refused on the way, and what the first ballot freezes."""

from __future__ import annotations

import uuid

import pytest

from inference.samplers import settings_class
from studies.errors import LifecycleError, VotingError
from studies.models import Evaluation, Role, Study, StudyState, Trial
from studies.services import enrolment, lifecycle, voting
from studies.services.analysis import stopping
from studies.services.analysis.plan import Plan
from studies.services.candidates import drawing
from studies.services.results import collect
from studies.services.screens import checking
from studies.services.screens.viewing import Rules
from tests.studies import factories

pytestmark = pytest.mark.django_db


def fields(**changed):
    return {
        "name": "Digits",
        "question": "Which digit is this?",
        "labels": ["5", "6"],
        "consent_text": "I agree.",
        "weights": factories.weights(),
        "pool_size": 12,
    } | changed


def test_a_sound_protocol_has_no_problems():
    assert lifecycle.validate_protocol(fields()) == {}


@pytest.mark.parametrize(
    ("changed", "field", "match"),
    [
        ({"max_picks": 13}, "max_picks", "13 of 12"),
        ({"ensemble_size": 13}, "ensemble_size", "13 cannot come from 12"),
        ({"pool_size": 0}, "pool_size", "1 to 1,000"),
        ({"pool_size": 1001}, "pool_size", "1 to 1,000"),
        ({"max_picks": 0}, "max_picks", "1 to"),
        ({"control_draws": 99}, "control_draws", "100 to"),
        ({"labels": []}, "labels", "two labels"),
        ({"labels": ["5"]}, "labels", "two labels"),
        ({"labels": ["5", " "]}, "labels", "empty"),
        ({"labels": ["five", "FIVE "]}, "labels", "more than once"),
        ({"labels": ["a  b", "A b"]}, "labels", "more than once"),
        ({"labels": ["5", "Cannot  Tell"]}, "labels", "always offered"),
        ({"labels": ["5", 6]}, "labels", "list of texts"),
        ({"consent_text": " "}, "consent_text", "consent"),
        ({"question": ""}, "question", "question"),
        ({"name": ""}, "name", "name"),
        ({"tie_rule": "first"}, "tie_rule", "tie rules"),
        ({"weights": None}, "weights", "weights"),
        ({"settings": {"steps": -1}}, "settings", "steps"),
        ({"settings": {"colour": 1}}, "settings", "colour"),
    ],
)
def test_each_problem_is_one_sentence_at_its_field(changed, field, match):
    found = lifecycle.validate_protocol(fields(**changed))
    assert list(found) == [field]
    assert match in found[field]
    with pytest.raises(LifecycleError, match=match) as caught:
        lifecycle.create_study(factories.user(), **fields(**changed))
    assert caught.value.status == 400
    assert not Study.objects.exists()


def test_labels_do_not_matter_when_none_is_asked_for():
    assert lifecycle.validate_protocol(fields(ask_label=False, labels=[])) == {}


def test_a_new_study_belongs_to_its_maker_and_keeps_all_settings():
    owner = factories.user()
    study = lifecycle.create_study(owner, **fields())
    assert study.state == StudyState.DRAFT
    assert Study.objects.for_user(owner, Role.OWNER).get() == study
    assert study.settings == settings_class("ldm")().as_mapping()  # written out, to be kept when defaults change


def test_opening_needs_items_and_whole_pools():
    study = factories.study(pool_size=12)
    with pytest.raises(LifecycleError, match="no items"):
        lifecycle.open_study(study)
    factories.pool(factories.item(study))
    lacking = factories.item(study)
    factories.pool(lacking, 11)
    with pytest.raises(LifecycleError, match="1 of 2 items are not complete"):
        lifecycle.open_study(study)
    assert not drawing.ready(study)
    factories.pool(lacking, 12)
    assert lifecycle.open_study(study).state == StudyState.OPEN


def test_open_close_and_open_again():
    study = factories.open_study_with_pool()
    with pytest.raises(LifecycleError, match="open already"):
        lifecycle.open_study(study)
    assert lifecycle.close_study(study).closed_at is not None
    with pytest.raises(LifecycleError, match="not open"):
        lifecycle.close_study(study)
    assert lifecycle.open_study(study).closed_at is None


def test_nobody_enrols_in_a_study_that_is_not_open():
    study = factories.study()
    with pytest.raises(VotingError, match="not open"):
        enrolment.enrol(study)


@pytest.mark.parametrize(
    "changed",
    [{"question": "Else?"}, {"labels": ["1", "2"]}, {"max_picks": 1}, {"tie_rule": "strict"}, {"consent_text": "x"}],
)
def test_the_first_ballot_freezes_the_protocol(changed):
    study = factories.open_study_with_pool()
    lifecycle.update_protocol(study, **changed)
    factories.vote(factories.labelled_trial(study, study.labels[0]), [0], study.labels[0])
    with pytest.raises(LifecycleError, match="frozen"):
        lifecycle.update_protocol(study, question="A third one?")
    assert lifecycle.update_protocol(study, name="New name", target_participants=9).target_participants == 9
    unchanged = {name: getattr(study, name) for name in Study.PROTOCOL}
    assert lifecycle.update_protocol(study, **unchanged).name == "New name"


def test_answers_begun_under_another_protocol_start_anew():
    study = factories.open_study_with_pool()
    trial = factories.labelled_trial(study)
    voting.save_draft(trial, [1])
    lifecycle.update_protocol(study, labels=["7", "8"])
    trial = Trial.objects.get(pk=trial.pk)
    assert (trial.label, trial.draft) == ("", [])


def test_what_is_drawn_cannot_change_while_people_vote():
    study = factories.open_study_with_pool(pool_size=12)
    with pytest.raises(LifecycleError, match="close it"):
        lifecycle.update_protocol(study, pool_size=13)
    lifecycle.close_study(study)
    lifecycle.update_protocol(study, pool_size=13)
    assert not study.items.get().pool.exists()  # samples of another protocol are not this study's


def test_a_study_with_votes_is_kept():
    study = factories.open_study_with_pool()
    with pytest.raises(LifecycleError, match="close it"):
        lifecycle.delete_study(study)
    lifecycle.close_study(study)
    lifecycle.delete_study(study)
    voted = factories.open_study_with_pool()
    factories.vote_all(voted, [0])
    lifecycle.close_study(voted)
    with pytest.raises(LifecycleError, match="evidence"):
        lifecycle.delete_study(voted)
    assert list(Study.objects.all()) == [voted]


def test_closing_asks_for_the_ensembles(run_tasks):
    study = factories.open_study_with_pool(pool_size=8, ensemble_size=2, max_picks=2)
    factories.vote_all(study, [3, 5])
    lifecycle.close_study(study)
    run_tasks()
    [made] = Evaluation.objects.filter(item__study=study)
    assert made.made_at is not None
    assert sorted(made.ensemble.samples.values_list("index", flat=True)) == [3, 5]


def test_what_was_on_screen_under_another_protocol_is_forgotten():
    """Else times of one sample would count for another that stands in its place now, and pages as looked at."""
    study = factories.open_study_with_pool(page_size=4, ask_confidence=True)
    trial = factories.labelled_trial(study)
    voting.save_draft(trial, [1], confidence=2, observed='{"pages": [9, 9, 9]}')
    lifecycle.update_protocol(study, page_size=5)
    trial = Trial.objects.get(pk=trial.pk)
    assert (trial.draft, trial.draft_confidence, hasattr(trial, "observation")) == ([], None, False)
    voting.give_label(trial, "5")
    with pytest.raises(VotingError, match="turn to page 1, 2, 3"):
        voting.cast(trial, submission_id=uuid.uuid4(), label="5", positions=[1], confidence=2)


def test_other_rules_for_screens_begin_with_all_attempts():
    study = factories.open_study_with_pool(viewing=Rules(window_width=9999).as_mapping())
    person = factories.participant(study)
    person.viewing_checks.create(measured={}, failed=["window_width"])
    lifecycle.update_protocol(study, viewing=Rules(window_width=800, on_failure="block", attempts=1).as_mapping())
    assert checking.attempts(person) == 0


def test_each_opening_and_closing_is_kept_with_what_the_rule_said_then() -> None:
    ada = factories.user("ada")
    study = factories.study(pool_size=12, owner=ada, plan=Plan(stopping="count", most_participants=3).as_mapping())
    factories.pool(factories.item(study))
    lifecycle.open_study(study, ada)
    factories.vote_all(study, [0])
    lifecycle.close_study(study, ada)
    lifecycle.open_study(study)
    factories.vote_all(study, [0])
    factories.vote_all(study, [0])
    lifecycle.close_study(study)
    found = [(change.state, change.finished, change.met) for change in collect(study).state_changes]
    assert found == [("open", 0, False), ("closed", 1, False), ("open", 1, False), ("closed", 3, True)]
    assert collect(study).state_changes[1].why == "1 of 3 participants have finished."
    assert [change.made_by for change in study.state_changes.all()] == [ada, ada, None, None]


def test_a_study_that_closes_by_itself_says_so() -> None:
    study = factories.open_study_with_pool(
        plan=Plan(stopping="count", most_participants=1, close_when_reached=True).as_mapping()
    )
    factories.vote_all(study, [0])
    assert lifecycle.close_due() == 1
    (change,) = collect(study).state_changes
    assert (change.state, change.by_rule, change.met) == ("closed", True, True)


def test_a_study_that_cannot_be_judged_does_not_keep_the_others_from_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(stopping="count", most_participants=1, close_when_reached=True).as_mapping()
    studies = [factories.open_study_with_pool(plan=plan) for _ in range(3)]
    for study in studies:
        factories.vote_all(study, [0])
    judged = stopping.state
    broken = studies[1].pk

    def state(study: Study) -> stopping.Stop:
        if study.pk == broken:
            raise ZeroDivisionError
        return judged(study)

    monkeypatch.setattr(stopping, "state", state)
    assert lifecycle.close_due() == 2
    assert Study.objects.get(state=StudyState.OPEN).pk == broken
