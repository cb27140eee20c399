"""Orders follow from stored seeds, and treat every place alike."""

import hashlib

import numpy as np
import pytest
from scipy.stats import chisquare

from studies.services.ordering import candidate_ids, candidate_pages, derived_seed, permutation, subsets
from studies.services.voting import current_trial
from tests.studies import factories


def test_the_documented_algorithm_is_the_one_used():
    """Replayed here from the words of the module, as a reviewer would."""
    number = int.from_bytes(hashlib.sha256(b"41|candidates of item 2").digest()[:16], "big")
    raw = np.random.PCG64(number).random_raw(9)
    assert permutation(41, "candidates of item 2", 9) == sorted(range(9), key=lambda index: raw[index])


def test_orders_stay_the_same_for_ever():
    """A stored order must replay after every upgrade of numpy: these literals may never change."""
    assert permutation(1, "items", 6) == [0, 4, 5, 1, 2, 3]
    assert derived_seed(1, "control of item 0") == 3209473605111650238


def test_every_sample_stands_everywhere_equally_often():
    m, people = 10, 2000
    places = np.array([permutation(seed, "candidates of item 0", m) for seed in range(people)])
    for place in range(m):
        assert chisquare(np.bincount(places[:, place], minlength=m)).pvalue > 1e-4


def test_two_items_have_unrelated_orders():
    assert permutation(3, "candidates of item 0", 50) != permutation(3, "candidates of item 1", 50)


def test_subsets_have_no_repeats_and_cover_all_alike():
    drawn = subsets(5, "control", 4000, 12, 3)
    assert drawn.shape == (4000, 3)
    assert all(len(set(row)) == 3 for row in drawn.tolist())
    assert chisquare(np.bincount(drawn.ravel(), minlength=12)).pvalue > 1e-4


@pytest.mark.django_db
def test_candidates_are_the_pool_in_the_participants_own_order():
    study = factories.open_study_with_pool(pool_size=12)
    trials = [current_trial(factories.participant(study, seed=seed)) for seed in (1, 2)]
    orders = [candidate_ids(trial) for trial in trials]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == [sample.pk for sample in trials[0].item.pool]
    assert [sample.pk for page in candidate_pages(trials[0]) for sample in page] == orders[0]


@pytest.mark.django_db
def test_items_come_in_different_orders_to_different_people():
    study = factories.open_study_with_pool(items=4, pool_size=3)
    orders = {tuple(factories.participant(study, seed=seed).trials.values_list("item", flat=True)) for seed in range(8)}
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {tuple(study.items.values_list("pk", flat=True))}
