"""What the database itself refuses, whatever the code above it does."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from studies.models import Ballot, Evaluation, Participant, Pick, Rating, Study, StudyMembership, Trial
from studies.services import rating
from tests.studies import factories, rated

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def refused(action):
    with pytest.raises(IntegrityError), transaction.atomic():
        action()


@pytest.fixture
def study():
    return factories.open_study_with_pool(pool_size=4, max_picks=2, ensemble_size=2)


@pytest.fixture
def ballot(study):
    return factories.vote(factories.labelled_trial(study), [0]).ballot


def test_a_second_ballot_of_a_trial(ballot):
    refused(lambda: Ballot.objects.create(trial=ballot.trial, submission_id=uuid.uuid4(), body_sha256="x"))


def test_a_submission_id_twice(study, ballot):
    other = factories.labelled_trial(study)
    refused(lambda: Ballot.objects.create(trial=other, submission_id=ballot.submission_id, body_sha256="x"))


def test_a_sample_twice_in_a_ballot(ballot):
    sample = ballot.picks.get().sample
    refused(lambda: Pick.objects.create(ballot=ballot, sample=sample, rank=2, position=1))


def test_a_rank_twice_or_below_one(ballot):
    sample = ballot.trial.item.pool.last()
    for rank in (1, 0):
        refused(lambda rank=rank: Pick.objects.create(ballot=ballot, sample=sample, rank=rank, position=1))


def test_a_participant_facing_an_item_twice(ballot):
    trial = ballot.trial
    refused(lambda: Trial.objects.create(participant=trial.participant, item=trial.item, number=2))


def test_a_trial_number_twice_or_below_one(study, ballot):
    other = factories.item(study)
    for number in (1, 0):
        refused(
            lambda number=number: Trial.objects.create(participant=ballot.trial.participant, item=other, number=number)
        )


def test_an_lr_image_or_a_position_twice_in_a_study(study):
    item = study.items.get()
    refused(lambda: study.items.create(position=1, name="again", low_res=item.low_res))
    refused(lambda: study.items.create(position=item.position, name="again", low_res=factories.low_res()))


@pytest.mark.parametrize(
    "values",
    [
        {"max_picks": 5},
        {"ensemble_size": 5},
        {"max_picks": 0},
        {"ensemble_size": 0},
        {"pool_size": 0},
        {"pool_size": 1001},
        {"state": "paused"},
        {"tie_rule": "first"},
    ],
)
def test_a_protocol_out_of_range(study, values):
    refused(lambda: Study.objects.filter(pk=study.pk).update(**values))


def test_a_token_or_a_code_twice(study):
    person = factories.participant(study)
    for field in ("token_sha256", "code"):
        fields = {"token_sha256": "other", field: getattr(person, field)}
        refused(lambda fields=fields: Participant.objects.create(study=study, consent_sha256="x", **fields))


def test_weights_added_twice(study):
    other = factories.weights(name="other")
    study.additions.create(weights=other, count=4)
    refused(lambda: study.additions.create(weights=other, count=5))


@pytest.mark.parametrize("count", [0, 1001])
def test_an_addition_out_of_range(study, count):
    refused(lambda: study.additions.create(weights=factories.weights(name="other"), count=count))


def test_two_roles_of_one_user_or_an_unknown_role(study):
    member = study.memberships.get()
    refused(lambda: StudyMembership.objects.create(study=study, user=member.user, role="viewer"))
    refused(lambda: StudyMembership.objects.create(study=study, user=factories.user(), role="king"))


def test_an_evaluation_twice(study, ballot):
    from studies.services.analysis import evaluation

    made = evaluation.request(study.items.get())
    refused(
        lambda: Evaluation.objects.create(
            item=made.item, digest=made.digest, ensemble=made.ensemble, control_draws=100, control_seed=1
        )
    )


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"score": 3, "label": "5"},
        {"preference": "first", "label": "5"},
        {"score": 3, "preference": "none"},
        {"score": 3, "preference": "none", "label": "5"},
    ],
)
def test_a_rating_with_none_or_several_answers(answer):
    rating_of_one = _asked()
    rows = Rating.objects.filter(pk=rating_of_one.pk)
    refused(lambda: rows.update(answered_at=timezone.now(), **answer))
    refused(lambda: rows.update(label="5"))  # an answer that nobody gave
    for one in ({"score": 3}, {"preference": "none"}, {"label": "5"}):
        rows.update(**{"answered_at": timezone.now(), "score": None, "preference": "", "label": ""} | one)


def _asked():
    study = rated.voted(items=1, voters=1)
    rated.opened(study)
    return rating.current(rating.begin(study.participants.get()))
