"""Stability of selections: every draw replayed one by one with top_n, and other formulas for the same quantities."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr

from studies.aggregation.counts import top_n
from studies.aggregation.draws import pick_table, top_n_of_each
from studies.aggregation.stability import (
    band,
    bootstrap_top_n,
    convergence,
    leave_one_participant_out,
    middle,
    nogueira,
    split_half,
)

RULES = ("index", "include_all", "strict", "random", "secondary")


def study(people: int = 30, samples: int = 324, favourites: int = 6, seed: int = 1) -> np.ndarray:
    """Two picks each, the favourites more often: like the simulated study of the protocol notes, 2.1."""
    chance = np.r_[np.full(favourites, 0.05), np.full(samples - favourites, (1 - 0.05 * favourites) / samples)]
    rng = np.random.default_rng(seed)
    picks = [rng.choice(samples, 2, replace=False, p=chance / chance.sum()).tolist() for _ in range(people)]
    return pick_table(picks, samples)


def rule(name: str, samples: int) -> dict:
    keys = np.arange(samples)[::-1] % 5 if name == "secondary" else None
    return {"ties": name, "keys": keys, "tie_seed": 9 if name == "random" else None}


def chosen_by(votes, n, ties, keys, tie_seed) -> tuple[int, ...]:
    return tuple(sorted(top_n(votes, n, ties=ties, keys=keys, seed=tie_seed).chosen))


@given(st.lists(st.lists(st.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=8), st.integers(1, 8))
def test_many_selections_at_once_are_those_of_top_n(rows, n):
    for name in RULES:
        options = rule(name, 6)
        found = top_n_of_each(np.array(rows), n, *options.values())
        assert [tuple(np.flatnonzero(row)) for row in found] == [chosen_by(votes, n, **options) for votes in rows]


@pytest.mark.parametrize("name", RULES)
def test_the_bootstrap_replayed_one_by_one(name):
    """Draws by the documented stream; Nogueira's stability as Kuncheva's index, which it equals for fixed sizes."""
    table, options, n, draws = study(samples=40), rule(name, 40), 5, 200
    found = bootstrap_top_n(table, n, resamples=draws, seed=3, **options)
    stream, sets = np.random.PCG64(3), []
    for _ in range(draws):
        drawn = (stream.random_raw(30) % 30).astype(int)
        sets.append(set(chosen_by(table[drawn].sum(axis=0), n, **options)))
    actual = set(chosen_by(table.sum(axis=0), n, **options))
    assert found.chosen == tuple(sorted(actual))
    assert found.value == pytest.approx(np.mean([len(one & actual) / len(one | actual) for one in sets]), abs=1e-12)
    assert found.identical == np.mean([one == actual for one in sets])
    assert found.inclusion == pytest.approx([np.mean([s in one for one in sets]) for s in range(40)], abs=1e-12)
    if all(len(one) == n for one in sets):
        kuncheva = [(len(a & b) * 40 - n * n) / (n * (40 - n)) for a, b in itertools.combinations(sets, 2)]
        assert found.nogueira == pytest.approx(np.mean(kuncheva), abs=1e-9)


def test_nogueiras_stability_of_two_selections():
    """By hand (JMLR 18, 2018, definition 4): {0}, {1} of 4: 1 - 2 (2 x 1/4) / 4 / (1/4 x 3/4) = -1/3."""
    assert nogueira(np.array([0.5, 0.5, 0, 0]), 2) == pytest.approx(-1 / 3)


def test_chunks_change_nothing(monkeypatch):
    whole = bootstrap_top_n(study(), 5, resamples=300, seed=3)
    monkeypatch.setattr("studies.aggregation.draws.CHUNK", 5000)
    assert bootstrap_top_n(study(), 5, resamples=300, seed=3) == whole
    assert split_half(study(), splits=50, seed=3).halves == pytest.approx(0.2, abs=0.3)


def test_unanimous_people_are_stable():
    found = bootstrap_top_n([[1, 1, 0, 0]] * 8, 2, resamples=100, seed=1)
    assert (found.value, found.identical, found.nogueira, found.inclusion) == (1, 1, 1, (1, 1, 0, 0))


def test_a_selection_by_tie_breaking_is_shown_as_such():
    """Protocol notes, 2.1: such a study chooses its five again in few resamples, Jaccard near one half."""
    found = bootstrap_top_n(study(), 5, seed=1)
    assert 0.3 < found.value < 0.6
    assert found.identical < 0.1
    assert sum(found.inclusion) == pytest.approx(5, abs=1e-9)


def test_ten_thousand_resamples_of_30_by_324_take_a_second_at_most():
    table, times = study(), []
    for _ in range(3):
        started = time.perf_counter()
        bootstrap_top_n(table, 5, resamples=10_000, seed=1)
        times.append(time.perf_counter() - started)
    assert min(times) < 1  # measured: 0.13 s


@pytest.mark.parametrize("table", [[], np.zeros((0, 5)), np.zeros((4, 5)), np.zeros((4, 0))])
def test_without_votes_there_is_nothing_to_be_stable(table):
    for found in (bootstrap_top_n(table, 2, seed=1), leave_one_participant_out(table, 2)):
        assert math.isnan(found.value)
        assert "no selection" in found.reason
    found = convergence(table, 2, seed=1)
    assert found.jaccard is None
    assert "no selection" in found.reason


def test_one_ballot_can_only_be_drawn_again() -> None:
    """Every resample would be that ballot: the choice would seem as stable as can be."""
    found = bootstrap_top_n([[1, 1, 0]], 2, seed=1)
    assert "fewer than two ballots" in found.reason
    assert math.isnan(found.value)
    assert math.isnan(found.identical)
    assert math.isnan(found.nogueira)
    assert found.chosen == (0, 1)
    assert found.inclusion == ()


def test_medians_stay_where_most_orders_have_reached_the_cap() -> None:
    """As numpy has medians: of 43, 100 and 100 the mean is 81, which no order has."""
    found = middle([[43.0, 20.0], [100.0, 30.0], [100.0, 70.0]])
    assert found.median == (100, 30)
    assert found.low[0] == pytest.approx(np.percentile([43, 100, 100], 2.5))


def test_what_is_no_table_of_picks_is_refused():
    for function in (bootstrap_top_n, convergence):
        with pytest.raises(ValueError, match="table of 0 and 1"):
            function([[2, 0]], 1, seed=1)
    with pytest.raises(ValueError, match="stored seed"):
        bootstrap_top_n([[1, 0]], 1, ties="random", seed=1)
    with pytest.raises(ValueError, match="at least 1"):
        bootstrap_top_n([[1, 0]], 0, seed=1)
    with pytest.raises(ValueError, match="at least one random draw"):
        bootstrap_top_n([[1, 0]], 1, resamples=0, seed=1)


def test_two_participants_split_one_way():
    one, other = [1, 5, 3, 2, 4], [2, 5, 1, 3, 4]
    found = split_half([one, other], splits=20, seed=1)
    r = pearsonr(one, other).statistic
    assert found.halves == pytest.approx(r, abs=1e-12)
    assert found.value == pytest.approx(2 * r / (1 + r), abs=1e-12)
    assert (found.low, found.high) == pytest.approx((found.value, found.value), abs=1e-12)


def test_four_participants_split_three_ways():
    ratings = np.array([[1, 5, 3, 2, 4], [2, 5, 1, 3, 4], [1, 3, 4, 2, 5], [3, 4, 2, 1, 5]], dtype=float)
    ways = [((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2))]
    each = [pearsonr(ratings[list(a)].mean(axis=0), ratings[list(b)].mean(axis=0)).statistic for a, b in ways]
    found = split_half(ratings, splits=3000, seed=2)
    assert found.halves == pytest.approx(np.mean(each), abs=4 * np.std(each) / math.sqrt(3000))
    limits = [2 * r / (1 + r) for r in (min(each), max(each))]
    assert (found.low, found.high) == pytest.approx(limits, abs=1e-9)


def test_holes_in_ratings_are_left_out_of_means():
    ratings = [[1, 5, 3, math.nan], [2, 5, 1, 4]]
    expected = pearsonr([1, 5, 3], [2, 5, 1]).statistic
    assert split_half(ratings, splits=5, seed=1).halves == pytest.approx(expected, abs=1e-12)


def test_halves_without_variation_or_people_are_undefined():
    assert "no variation" in split_half([[1, 1], [1, 1]], seed=1).reason
    # Two people without a common pick: r = -1, which is much variation, and Spearman and Brown divide by 1 + r.
    opposite = split_half([[1, 1, 0, 0], [0, 0, 1, 1]], seed=1)
    assert math.isnan(opposite.value)
    assert opposite.halves == pytest.approx(-1)
    assert "the opposite of each other" in opposite.reason
    assert "fewer than two" in split_half([[1, 0]], seed=1).reason
    assert "fewer than two" in split_half([], seed=1).reason


def test_convergence_replayed_with_top_n():
    table, labels = study(people=12, samples=30), ["5"] * 8 + ["6"] * 4
    found = convergence(table, 3, labels=labels, draws=10, seed=4)
    assert found.participants == tuple(range(1, 13))
    order = np.argsort(np.random.PCG64(4).random_raw(120).reshape(10, 12), axis=1, kind="stable")
    final = set(found.chosen)
    jaccard, share, same = np.zeros((3, 10, 12))
    for row, people in enumerate(order):
        for t in range(1, 13):
            first = chosen_by(table[people[:t]].sum(axis=0), 3, **rule("index", 30))
            assert found.selections[row][t - 1] == first
            jaccard[row, t - 1] = len(final & set(first)) / len(final | set(first))
            same[row, t - 1] = set(first) == final
            share[row, t - 1] = np.mean([labels[person] == "5" for person in people[:t]])
    assert found.label == "5"
    for curve, values in ((found.jaccard, jaccard), (found.share, share)):
        assert curve.mean == pytest.approx(values.mean(axis=0), abs=1e-12)
        assert curve.low == pytest.approx(np.quantile(values, 0.025, axis=0), abs=1e-12)
    assert found.identical == pytest.approx(same.mean(axis=0), abs=1e-12)
    assert found.identical[-1] == 1
    assert found.jaccard.low[-1] == 1
    assert found.share.low[-1] == found.share.high[-1] == 8 / 12


def test_convergence_has_few_steps_for_many_people():
    found = convergence(study(people=200), 5, draws=3, seed=1)
    assert len(found.participants) == 30
    assert (found.participants[0], found.participants[-1], found.share) == (1, 200, None)


def test_labels_that_tie_have_no_share_to_converge():
    found = convergence([[1, 0], [0, 1]], 1, labels=["5", "6"], draws=5, seed=1)
    assert (found.label, found.share) == (None, None)
    with pytest.raises(ValueError, match="one label"):
        convergence([[1, 0], [0, 1]], 1, labels=["5"], seed=1)


def test_the_band_of_any_curve():
    curve = band([[1, 2], [3, 2]])
    assert (curve.mean, curve.low, curve.high) == ((2, 2), (pytest.approx(1.05), 2), (pytest.approx(2.95), 2))


@pytest.mark.parametrize("name", RULES)
def test_leaving_each_participant_out(name):
    table, options = study(people=15, samples=20), rule(name, 20)
    found = leave_one_participant_out(table, 4, **options)
    each = [chosen_by(np.delete(table, person, axis=0).sum(axis=0), 4, **options) for person in range(15)]
    assert found.selections == tuple(each)
    assert found.changed == tuple(person for person, one in enumerate(each) if one != found.chosen)
    assert found.value == len(found.changed) / 15
