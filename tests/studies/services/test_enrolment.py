"""Participants come in, are found again, and may leave with their ballots."""

from __future__ import annotations

import hashlib

import pytest

from studies.models import Participant
from studies.services import enrolment, tallies
from tests.studies import factories

pytestmark = pytest.mark.django_db


def test_a_participant_gets_trials_consent_and_a_secret_that_is_not_stored():
    study = factories.open_study_with_pool(items=3, pool_size=3)
    person, token = enrolment.enrol(study)
    assert list(person.trials.values_list("number", flat=True)) == [1, 2, 3]
    assert person.consent_sha256 == hashlib.sha256(study.consent_text.encode()).hexdigest()
    assert not person.simulated
    assert len(token) >= 22  # 128 bits in base 64
    assert token not in str(Participant.objects.values().get())


def test_a_secret_finds_its_participant_in_its_study_only():
    study, other = factories.open_study_with_pool(), factories.open_study_with_pool()
    person, token = enrolment.enrol(study)
    assert enrolment.find(study.slug, token) == person
    assert enrolment.find(other.slug, token) is None
    assert enrolment.find(study.slug, token + "x") is None


def test_who_withdraws_is_not_counted_any_more():
    study = factories.open_study_with_pool()
    people = [factories.vote_all(study, [0, index]) for index in (1, 2)]
    item = study.items.get()
    assert tallies.tally(item).votes[:3].tolist() == [2, 1, 1]
    enrolment.withdraw(people[0])
    counted = tallies.tally(item)
    assert counted.votes[:3].tolist() == [1, 0, 1]
    assert counted.ballots == 1
    left_at = people[0].withdrawn_at
    enrolment.withdraw(people[0])
    assert people[0].withdrawn_at == left_at
