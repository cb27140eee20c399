"""Votes are told per exposure: who had a sample on screen, by the page's own record. Requirement 1.15 (3)."""

from __future__ import annotations

import numpy as np
import pytest
from django.test import Client

from studies.models import Ballot, Item, Observation, Participant, Study, Trial
from studies.services import enrolment, results
from studies.services.analysis.exposures import SEEN_MS, Exposure
from studies.services.ordering import candidate_ids
from tests.studies import factories

pytestmark = pytest.mark.django_db


def observe(person: Participant, on_screen: dict[int, int], item: Item | None = None) -> None:
    """Store what the person's page saw: milliseconds by pool index; what is not named was never on screen."""
    trial = Trial.objects.get(participant=person, item=item or person.study.items.get(), repeat=0)
    pool = list(trial.item.pool.values_list("pk", flat=True))
    exposure_ms = [on_screen.get(pool.index(pk), 0) for pk in candidate_ids(trial)]
    Observation.objects.create(trial=trial, exposure_ms=exposure_ms)


def everything(milliseconds: int, m: int = 12) -> dict[int, int]:
    return dict.fromkeys(range(m), milliseconds)


@pytest.fixture
def study() -> Study:
    """Pages of 5, 5 and 2; two voters, of whom one looked at half of the pool."""
    made = factories.open_study_with_pool(page_size=5, see_all_pages=False)
    observe(factories.vote_all(made, [0, 1]), everything(2000))
    observe(factories.vote_all(made, [0]), dict.fromkeys(range(6), 500))
    return made


def seen(study: Study) -> list[int]:
    return [sample.exposures for sample in results.collect(study).items[0].samples]


def test_votes_per_exposure(study: Study) -> None:
    """1.15 (3): which samples were really on screen and for how long, votes / exposures as well as votes."""
    item = results.collect(study).items[0]
    assert [sample.exposures for sample in item.samples] == [2] * 6 + [1] * 6
    assert [sample.seconds for sample in item.samples] == [2.5] * 6 + [2.0] * 6
    assert [sample.rate for sample in item.samples[:2]] == [1.0, 0.5]
    assert (item.ballots, item.observed_ballots) == (2, 2)


def test_a_glance_is_no_exposure(study: Study) -> None:
    observe(factories.vote_all(study, [], label="cannot tell"), everything(SEEN_MS - 1) | {3: SEEN_MS})
    assert seen(study) == [2, 2, 2, 3, 2, 2] + [1] * 6


def test_who_picked_a_sample_has_seen_it(study: Study) -> None:
    observe(factories.vote_all(study, [11]), everything(0))
    assert seen(study) == [2] * 6 + [1] * 5 + [2]


def test_without_a_record_the_whole_pool_counts_as_seen(study: Study) -> None:
    factories.vote_all(study, [0], simulated=True)
    Observation.objects.create(trial=factories.vote_all(study, [0]).trials.get())
    assert seen(study) == [4] * 6 + [3] * 6
    item = results.collect(study).items[0]
    assert (item.ballots, item.observed_ballots) == (4, 2)


def test_only_votes_have_exposures(study: Study) -> None:
    """Not those who withdrew, looked without voting, or answered an item that is for practice."""
    before = seen(study)
    leaver = factories.vote_all(study, [0])
    observe(leaver, everything(900))
    enrolment.withdraw(leaver)
    observe(factories.participant(study), everything(900))
    assert seen(study) == before
    Item.objects.update(kind="practice")
    assert results.collect(study).items == ()


def test_a_repetition_is_no_second_exposure() -> None:
    study = factories.open_study_with_pool(repeats=1)
    person = factories.vote_all(study, [0])
    assert Ballot.objects.count() == 2
    observe(person, everything(300))
    again = person.trials.get(repeat=1)
    Observation.objects.create(trial=again, exposure_ms=[700] * 12)
    item = results.collect(study).items[0]
    assert {sample.exposures for sample in item.samples} == {1}
    assert {sample.seconds for sample in item.samples} == {0.3}


def test_places_are_those_of_the_person() -> None:
    exposure = Exposure.none(4)
    exposure.add([2, 0, 3, 1], [1000, 0, 250, 249], [])
    assert exposure.people.tolist() == [0, 0, 1, 1]
    assert exposure.milliseconds.tolist() == [0, 249, 1000, 250]
    exposure.add([], [1000, 0], [])
    assert exposure.people.tolist() == [1, 1, 2, 2]
    assert exposure.people.dtype == np.int64


def test_families_are_shown_as_often_as_their_samples() -> None:
    """12 and 6 candidates; of the second family one voter saw none: her picks fell on what she saw."""
    study = factories.mixed_study()
    observe(factories.vote_all(study, [0]), dict.fromkeys(range(12), 1000))
    observe(factories.vote_all(study, [12]), everything(1000, 18))
    first, second = results.collect(study).families
    assert (first.shown, second.shown) == (24, 6)
    assert second.rate.value == pytest.approx(1 / 6)
    assert second.expected == pytest.approx(6 / 30)


def page(study: Study) -> str:
    client = Client()
    client.force_login(study.memberships.get().user)
    return client.get(f"/studies/{study.pk}/results/").content.decode()


def test_the_page_says_so_where_it_makes_a_difference(study: Study) -> None:
    factories.vote_all(study, [0, 7])
    text = page(study)
    assert "Each candidate was on screen for 2 to 3 of 3 who voted, 1.1\u00a0s on average." in text
    assert "Taken to have seen all: 1 without a record of the screen." in text
    assert "of 2 who saw it" in text
    assert "of 3 who saw it" not in text


def test_the_page_is_as_before_where_all_saw_all() -> None:
    study = factories.open_study_with_pool()
    factories.vote_all(study, [0])
    assert "on screen" not in page(study)
    observe(factories.vote_all(study, [0]), everything(1000))
    assert "who saw it" not in page(study)
    assert "on screen for all who voted, 1.0\u00a0s on average" in page(study)
