"""Top n under every tie rule, and what chance alone explains."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from studies.aggregation.counts import chance_threshold, top_n

VOTES = [2, 7, 4, 2, 0, 4, 2, 2]  # 7, 4, 4, then four tied at 2: as in the simulated study of the protocol notes
TIED = (0, 3, 6, 7)


def test_clear_winners_leave_no_tie():
    selection = top_n(VOTES, 3)
    assert selection.chosen == (1, 2, 5)
    assert selection.tied_at_cut == ()


def test_index_takes_the_lowest_indexes_and_names_the_group():
    selection = top_n(VOTES, 5, ties="index")
    assert selection.chosen == (1, 2, 5, 0, 3)
    assert selection.tied_at_cut == TIED


def test_include_all_enlarges_the_selection():
    selection = top_n(VOTES, 5, ties="include_all")
    assert selection.chosen == (1, 2, 5, *TIED)
    assert selection.tied_at_cut == TIED


def test_strict_leaves_the_whole_group_out():
    selection = top_n(VOTES, 5, ties="strict")
    assert selection.chosen == (1, 2, 5)
    assert selection.tied_at_cut == TIED


def test_strict_may_leave_nothing_and_says_so():
    selection = top_n([1, 1, 1], 2, ties="strict")
    assert selection.chosen == ()
    assert "equal votes" in selection.reason


def test_random_follows_from_the_seed_and_treats_the_tied_alike():
    picks = [top_n(VOTES, 5, ties="random", seed=seed) for seed in range(400)]
    assert picks[3] == top_n(VOTES, 5, ties="random", seed=3)
    assert all(pick.chosen[:3] == (1, 2, 5) and pick.tied_at_cut == TIED for pick in picks)
    for index in TIED:  # two of four are taken: 200 expected, standard deviation 10
        assert 150 < sum(index in pick.chosen for pick in picks) < 250


def test_secondary_takes_the_highest_keys_and_undefined_ones_last():
    keys = [math.nan, 0, 0, 30, 0, 0, 50, 40]
    selection = top_n(VOTES, 5, ties="secondary", keys=keys)
    assert selection.chosen == (1, 2, 5, 6, 7)
    assert selection.tied_at_cut == TIED


@pytest.mark.parametrize(("ties", "match"), [("random", "seed"), ("secondary", "key"), ("first", "no tie rule")])
def test_a_rule_without_what_it_needs_is_refused(ties, match):
    with pytest.raises(ValueError, match=match):
        top_n(VOTES, 5, ties=ties)


def test_samples_without_votes_never_enter():
    assert top_n([0, 3, 0, 1], 4, ties="include_all").chosen == (1, 3)
    nothing = top_n([0, 0], 1)
    assert nothing.chosen == ()
    assert "no sample has a vote" in nothing.reason


@pytest.mark.parametrize("votes", [[-1, 2], [0.5], [[1, 2]]])
def test_votes_that_make_no_sense_are_refused(votes):
    with pytest.raises(ValueError):
        top_n(votes, 1)


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=30),
    st.integers(1, 10),
    st.sampled_from(["index", "include_all", "strict", "random"]),
)
def test_whatever_the_votes_the_chosen_beat_or_equal_the_others(votes, n, ties):
    selection = top_n(votes, n, ties=ties, seed=5)
    chosen = set(selection.chosen)
    assert len(chosen) == len(selection.chosen)
    assert all(votes[index] > 0 for index in chosen)
    if ties in ("index", "random"):
        assert len(chosen) == min(n, sum(vote > 0 for vote in votes))
    others = [vote for index, vote in enumerate(votes) if index not in chosen and index not in selection.tied_at_cut]
    assert not chosen or max(others, default=0) <= min(votes[index] for index in chosen)


def test_four_votes_beat_chance_in_the_paper_design():
    assert chance_threshold(30, 2, 324).value == 4  # protocol notes: Holm over 324 samples, P(v >= 3) = .00084


def test_the_threshold_agrees_with_binomial_tails():
    threshold = int(chance_threshold(200, 5, 100).value)
    assert binom.sf(threshold - 1, 200, 0.05) <= 0.05 / 100 < binom.sf(threshold - 2, 200, 0.05)


def test_people_who_pick_less_lower_the_threshold():
    assert chance_threshold(30, [5] * 30, 50).value == chance_threshold(30, 5, 50).value
    assert chance_threshold(30, [1] * 29 + [5], 50).value < chance_threshold(30, 5, 50).value


def test_people_may_be_counted_by_their_picks():
    each, counted = chance_threshold(30, [1] * 12 + [3] * 18, 50), chance_threshold(30, {1: 12, 3: 18, 2: 0}, 50)
    # Sums over scipy.stats.binom(12, .02) and (18, .06): P(>= 6) = .00161, P(>= 7) = .00024; .05 / 50 is between.
    assert each.value == counted.value == 7
    with pytest.raises(ValueError, match="as many"):
        chance_threshold(30, {1: 12}, 50)


@pytest.mark.parametrize(
    ("picks", "reason"),
    [
        (0, "nobody picked a sample"),
        (324, "everybody who picked took the whole pool"),
        ({0: 10, 324: 990}, "everybody who picked took the whole pool"),
    ],
)
def test_where_nothing_is_left_to_chance_there_is_no_threshold(picks, reason):
    """A thousand ballots are not few."""
    found = chance_threshold(1000, picks, 324)
    assert math.isnan(found.value)
    assert found.reason == f"undefined: {reason}"


def test_too_few_ballots_cannot_beat_chance():
    assert math.isnan(chance_threshold(1, 5, 10).value)
    assert "cannot beat chance" in chance_threshold(1, 5, 10).reason
    assert "no ballots" in chance_threshold(0, [], 10).reason
