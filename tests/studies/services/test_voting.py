"""Ballots: what is refused and why, what may be repeated, and that races leave one row."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from studies.errors import VotingError
from studies.models import CANNOT_TELL, Ballot, Observation, Participant, Pick, Study, Trial
from studies.services import enrolment, lifecycle, voting
from studies.services.ordering import candidate_ids
from tests.studies import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def cast(trial, positions=(0, 1), label="5", submission_id=None, **options):
    identity = submission_id or uuid.uuid4()
    return voting.cast(trial, submission_id=identity, label=label, positions=list(positions), **options)


def refused(status, match, action, *args, **options):
    with pytest.raises(VotingError, match=match) as caught:
        action(*args, **options)
    assert caught.value.status == status


@pytest.fixture
def study():
    return factories.open_study_with_pool(pool_size=12, max_picks=3)


@pytest.fixture
def trial(study):
    return factories.labelled_trial(study)


def test_a_ballot_stores_its_picks_in_order_with_places(trial):
    done = cast(trial, [7, 0, 3])
    ids = candidate_ids(trial)
    picks = list(done.ballot.picks.values_list("rank", "position", "sample"))
    assert done.created
    assert done.ballot.label == "5"
    assert picks == [(1, 7, ids[7]), (2, 0, ids[0]), (3, 3, ids[3])]


def test_casting_takes_few_queries(study, trial, django_assert_max_num_queries):
    cast(factories.labelled_trial(study))
    with django_assert_max_num_queries(9):  # BEGIN and COMMIT among them
        cast(trial)


def test_the_first_ballot_freezes_the_study(study, trial):
    assert study.frozen_at is None
    cast(trial)
    frozen_at = Study.objects.get(pk=study.pk).frozen_at
    assert frozen_at is not None
    cast(factories.labelled_trial(study))
    assert Study.objects.get(pk=study.pk).frozen_at == frozen_at


def test_a_refused_first_ballot_freezes_nothing(study, trial):
    refused(400, "at most 3", cast, trial, range(4))
    assert Study.objects.get(pk=study.pk).frozen_at is None


def test_the_last_ballot_finishes_the_participant():
    person = factories.participant(factories.open_study_with_pool(items=2, pool_size=12))
    for finished in (False, True):
        factories.vote(voting.current_trial(person), [0])
        person.refresh_from_db()
        assert (person.finished_at is not None) == finished
    assert voting.current_trial(person) is None


# Labels


def test_the_label_comes_first(study):
    trial = voting.current_trial(factories.participant(study))
    refused(400, "first", cast, trial)
    refused(400, "first", voting.save_draft, trial, [0])


@pytest.mark.parametrize("label", ["7", "", " 5", "<script>"])
def test_only_offered_labels_are_taken(study, label):
    trial = voting.current_trial(factories.participant(study))
    refused(400, "one of the labels", voting.give_label, trial, label)


def test_a_label_once_given_stays(trial):
    assert voting.give_label(trial, "5").label == "5"
    refused(409, "already said.*“5”", voting.give_label, trial, "6")
    refused(409, "already said.*“5”", cast, trial, label="6")
    assert not Ballot.objects.exists()


def test_cannot_tell_is_always_offered_and_needs_no_picks():
    study = factories.open_study_with_pool(exact_picks=True)
    trial = factories.labelled_trial(study, CANNOT_TELL)
    assert cast(trial, [], label=CANNOT_TELL).created


def test_a_study_without_labels_takes_none():
    study = factories.open_study_with_pool(ask_label=False, labels=[])
    trial = voting.current_trial(factories.participant(study))
    refused(400, "does not ask for a label", voting.give_label, trial, "5")
    refused(409, "does not ask for a label", cast, trial, label="5")
    assert cast(trial, label="").created


# Picks


def test_more_than_k_picks_are_refused(trial):
    refused(400, "at most 3 images: you have picked 4", cast, trial, range(4))
    refused(400, "at most 3 images", voting.save_draft, trial, range(4))
    assert not Pick.objects.exists()


def test_no_pick_is_refused(trial):
    refused(400, "at least 1 image: you have picked 0", cast, trial, [])


@pytest.mark.parametrize("count", [0, 2])
def test_exactly_k_means_exactly_k(count):
    trial = factories.labelled_trial(factories.open_study_with_pool(exact_picks=True))
    refused(400, f"exactly 3 images: you have picked {count}", cast, trial, range(count))
    assert cast(trial, range(3)).created


@pytest.mark.parametrize("position", [12, -1, 10**9])
def test_a_sample_outside_the_pool_is_refused(trial, position):
    refused(400, "not among the images", cast, trial, [position])


@pytest.mark.parametrize("position", ["1", 1.0, None, True])
def test_a_position_is_a_whole_number(trial, position):
    refused(400, "positions", cast, trial, [position])


def test_no_sample_twice(trial):
    refused(400, "only once", cast, trial, [3, 3])


def test_drafts_are_kept_until_the_ballot(trial):
    voting.save_draft(trial, [4, 2])
    assert Trial.objects.get(pk=trial.pk).draft == [4, 2]
    cast(trial)
    refused(409, "already answered", voting.save_draft, trial, [1])


# How sure, which part, what was observed


GRID = {"kind": "grid", "columns": 8, "rows": 8, "cells": [9, 8]}


def test_confidence_and_region_are_stored_with_the_ballot():
    trial = factories.labelled_trial(factories.open_study_with_pool(ask_confidence=True, region="grid"))
    ballot = cast(trial, confidence=4, region=GRID).ballot
    ballot.refresh_from_db()
    assert ballot.confidence == 4
    assert ballot.region == {**GRID, "cells": [8, 9]}


def test_confidence_is_asked_of_everybody_who_picks():
    study = factories.open_study_with_pool(ask_confidence=True)
    trial = factories.labelled_trial(study)
    refused(400, "how sure you are of your picks", cast, trial)
    unsure = factories.labelled_trial(study, CANNOT_TELL)
    assert cast(unsure, [], label=CANNOT_TELL).ballot.confidence is None


@pytest.mark.parametrize("confidence", [0, 6, -1, True, 2.5])
def test_confidence_goes_from_one_to_five(confidence):
    trial = factories.labelled_trial(factories.open_study_with_pool(ask_confidence=True))
    refused(400, "number from 1 to 5", cast, trial, confidence=confidence)
    assert not Ballot.objects.exists()


def test_what_a_study_does_not_ask_for_is_refused(trial):
    refused(400, "not asked here", cast, trial, confidence=3)
    refused(400, "not of the kind asked for", cast, trial, region=GRID)


def test_another_confidence_or_region_is_another_answer():
    trial = factories.labelled_trial(factories.open_study_with_pool(ask_confidence=True, region="grid"))
    identity = uuid.uuid4()
    cast(trial, submission_id=identity, confidence=4, region=GRID)
    assert not cast(trial, submission_id=identity, confidence=4, region=GRID).created
    refused(409, "another answer", cast, trial, submission_id=identity, confidence=5, region=GRID)
    refused(409, "another answer", cast, trial, submission_id=identity, confidence=4, region={**GRID, "cells": [1]})


def test_what_the_page_observed_is_stored_with_each_answer_and_the_ballot_has_the_last_word(study):
    trial = voting.current_trial(factories.participant(study))
    voting.give_label(trial, "5", observed='{"label_ms": 1200}')
    assert Observation.objects.get().label_ms == 1200
    voting.save_draft(trial, [4], observed='{"label_ms": 1200, "picking_ms": 700}')
    assert Observation.objects.get().picking_ms == 700
    cast(trial, observed='{"label_ms": 1200, "picking_ms": 2500, "pages": [2400]}')
    late = '{"picking_ms": 1}'
    refused(409, "already answered", voting.save_draft, trial, [1], observed=late)
    row = Observation.objects.get()
    assert (row.trial, row.label_ms, row.picking_ms, row.pages) == (trial, 1200, 2500, [2400])


@pytest.mark.parametrize("observed", ["", "nonsense", "[]", '{"pages": "all"}', "[" * 100_000])
def test_a_ballot_is_not_lost_for_what_the_page_observed(trial, observed):
    assert cast(trial, observed=observed).created


def test_each_answer_shows_that_the_participant_is_still_there(study):
    person = factories.participant(study)
    trial = voting.current_trial(person)
    steps = [
        lambda: voting.give_label(trial, "5"),
        lambda: voting.save_draft(trial, [1]),
        lambda: cast(trial),
    ]
    for step in steps:
        long_ago = timezone.now() - timedelta(days=1)
        Participant.objects.update(last_seen_at=long_ago)
        step()
        person.refresh_from_db()
        assert person.last_seen_at > long_ago + timedelta(hours=23)


# Repeats, two tabs, races


def test_the_same_submission_again_is_harmless(trial):
    identity = uuid.uuid4()
    first = cast(trial, submission_id=identity)
    again = cast(trial, submission_id=str(identity))
    assert (first.created, again.created) == (True, False)
    assert first.ballot == again.ballot


def test_the_same_submission_with_another_body_is_refused(trial):
    identity = uuid.uuid4()
    cast(trial, [0, 1], submission_id=identity)
    refused(409, "another answer", cast, trial, [0, 2], submission_id=identity)
    assert list(Ballot.objects.get().picks.values_list("position", flat=True)) == [0, 1]


def test_a_submission_id_of_somebody_else_is_refused(study, trial):
    identity = uuid.uuid4()
    cast(trial, submission_id=identity)
    other = factories.labelled_trial(study)
    refused(409, "another answer", cast, other, submission_id=identity)
    assert Ballot.objects.count() == 1


@pytest.mark.parametrize("identity", ["", "7", None, 5])
def test_a_submission_without_a_valid_id_is_refused(trial, identity):
    refused(400, "valid id", voting.cast, trial, submission_id=identity, label="5", positions=[0])


def test_two_tabs_the_first_answer_counts(trial):
    assert cast(trial, [0]).created
    refused(409, "first answer counts", cast, trial, [1])
    assert Pick.objects.get().position == 0


# Closing and leaving


def test_after_closing_nothing_is_taken_but_repeats_are_answered(study, trial):
    identity = uuid.uuid4()
    cast(trial, submission_id=identity)
    late = factories.labelled_trial(study)
    fresh = voting.current_trial(factories.participant(study))
    lifecycle.close_study(study)
    refused(403, "closed", cast, late)
    refused(403, "closed", voting.save_draft, late, [0])
    refused(403, "closed", voting.give_label, fresh, "5")
    assert not cast(trial, submission_id=identity).created
    assert Ballot.objects.count() == 1


def test_closing_between_check_and_write_takes_the_ballot_back(study, trial, monkeypatch):
    look = voting._checked

    def close_after_looking(*args):
        checked = look(*args)
        lifecycle.close_study(study)
        return checked

    cast(factories.labelled_trial(study))  # the study is frozen: no second look for that
    monkeypatch.setattr(voting, "_checked", close_after_looking)
    refused(403, "closed", cast, trial)
    assert Ballot.objects.count() == 1


def test_who_has_left_cannot_vote(study, trial):
    enrolment.withdraw(trial.participant)
    refused(403, "left this study", cast, trial)
    assert voting.current_trial(trial.participant) is None


def test_fifty_parallel_posts_of_one_ballot_are_one_row(transactional_db):
    trial = factories.labelled_trial(factories.open_study_with_pool())
    identity = uuid.uuid4()
    answers = in_threads(50, lambda index: cast(trial, [0, 1], submission_id=identity))
    assert [answer.created for answer in answers].count(True) == 1
    assert {answer.ballot.pk for answer in answers} == {Ballot.objects.get().pk}
    assert Pick.objects.count() == 2


def test_fifty_tabs_with_different_answers_leave_the_first(transactional_db):
    trial = factories.labelled_trial(factories.open_study_with_pool(pool_size=60, page_size=60))

    def post(index):
        try:
            return cast(trial, [index]).ballot.pk
        except VotingError as error:
            return error.status

    answers = in_threads(50, post)
    assert answers.count(409) == 49
    assert Ballot.objects.get().pk in answers
    assert Pick.objects.count() == 1


def test_eight_clients_at_once_leave_one_row_per_acknowledged_ballot(transactional_db):
    study = factories.open_study_with_pool(pool_size=20, max_picks=5)
    trials = [factories.labelled_trial(study) for _ in range(40)]
    answers = in_threads(len(trials), lambda index: cast(trials[index], range(5)), workers=8)
    assert {answer.ballot.trial_id for answer in answers} == {trial.pk for trial in trials}
    assert Ballot.objects.count() == len(trials)
    assert Pick.objects.count() == 5 * len(trials)


def in_threads(count, action, workers=None):
    def run(index):
        try:
            return action(index)
        finally:
            connections.close_all()

    assert connection.vendor in ("sqlite", "postgresql")
    with ThreadPoolExecutor(workers or count) as pool:
        return list(pool.map(run, range(count)))
