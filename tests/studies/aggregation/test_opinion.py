"""Opinion scores against sureal 0.9.0, Netflix's reference programs of the standards, and against scipy.

opinion_by_sureal.json holds a simulated experiment of 24 stimuli and 18 observers (two of them careless), once full
and once with holes, and what sureal's models make of it.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import bootstrap, norm, ttest_1samp

from studies.aggregation.opinion import bt500, dmos, mos, p910, p913
from studies.aggregation.scored import of_scores

SUREAL = json.loads(Path(__file__).with_name("opinion_by_sureal.json").read_text())
METHODS = {"mos": mos, "bt500": bt500, "p913": p913, "p910": p910}
OPTIONS = {"differential": True, "seed": 1, "confidence": 0.95}


def table(rows):
    return np.array([[math.nan if mark == "." else float(mark) for mark in row] for row in rows])


def near(wanted, tolerance=1e-6):
    return pytest.approx(wanted, abs=tolerance, nan_ok=True)


@pytest.mark.parametrize("experiment", ["full", "holes"])
@pytest.mark.parametrize("method", METHODS)
def test_agrees_with_sureal(experiment, method):
    theirs = SUREAL[experiment][method]
    ours = METHODS[method](table(SUREAL[experiment]["ratings"]))
    assert ours.scores == near(theirs["scores"])
    assert ours.bias == near(theirs.get("bias", ()))
    assert ours.inconsistency == near(theirs.get("inconsistency", ()))
    assert ours.rejected == tuple(theirs.get("rejected", ()))
    assert ours.reason == ours.limits == ""


@pytest.mark.parametrize("experiment", ["full", "holes"])
def test_intervals_of_p910_are_those_of_sureal(experiment):
    theirs = SUREAL[experiment]["p910"]
    ours = p910(table(SUREAL[experiment]["ratings"]))
    half = norm.ppf(0.975) * np.array(theirs["errors"])
    assert ours.low == near(np.maximum(1, theirs["scores"] - half))
    assert ours.high == near(theirs["scores"] + half)


def test_differential_scores_of_a_full_table_agree_with_sureal():
    ratings = table(SUREAL["full"]["ratings"])
    ours = dmos(ratings, [6 * (stimulus // 6) for stimulus in range(24)])
    assert ours.scores == near(SUREAL["full"]["dmos"]["scores"])
    assert (ours.scores[0], ours.low[0], ours.high[0]) == (5, 5, 5)


def test_differences_are_each_observers_own():
    """P.910, ACR-HR: who did not rate the reference says nothing about the difference. By hand: (1 + 2) / 2 - 3 + 5."""
    ratings = [[4, 5, math.nan], [3, 3, 1]]
    scores = dmos(ratings, [0, 0])
    assert scores.scores == (5, near(3.5))
    assert scores.counts == (2, 2)


def test_pictures_without_a_reference_have_no_differential_score_and_the_others_have():
    found = dmos([[5, 5], [4, 3], [2, 3]], [0, 0, None])
    assert found.scores[:2] == (5, 3.5)
    assert math.isnan(found.scores[2])
    assert found.counts == (2, 2, 0)


def test_an_item_without_a_truth_does_not_cost_the_others_their_differential_scores():
    scores = np.array([[5, 5, 4], [4, 3, 4], [2, 3, 3]], dtype=float)
    stimuli = [(0, "reference"), (0, "ensemble"), (1, "ensemble")]
    found = of_scores(scores, stimuli, **OPTIONS)["dmos"]
    assert found.scores[:2] == pytest.approx((5, 4))
    assert math.isnan(found.scores[2])
    assert of_scores(scores[1:], stimuli[1:], **OPTIONS)["dmos"] is None


@pytest.mark.parametrize(
    ("conditions", "reference"),
    [
        (["A-Net", "bicubic", "control", "ensemble", "reference"], "reference"),
        (["A-Net", "bicubic", "control", "ensemble"], "control"),
        (["A-Net", "bicubic", "ensemble"], "bicubic"),
        (["ensemble", "A-Net"], "ensemble"),
    ],
)
def test_the_mixed_model_compares_with_what_is_fixed_and_not_with_the_first_name(conditions, reference):
    scores = np.random.default_rng(1).integers(1, 6, (2 * len(conditions), 6)).astype(float)
    stimuli = [(item, condition) for item in (0, 1) for condition in conditions]
    found = of_scores(scores, stimuli, **OPTIONS)["mixed_model"]
    assert found.reference == reference
    assert sorted(effect.method for effect in found.effects) == sorted(set(conditions) - {reference})


def test_screening_counts_what_an_observer_has_rated():
    """BT.500-15, A1-2.3.1: (P + Q) / N > 0.05, N being the stimuli that the observer judged.

    Forty stimuli; somebody judged twenty of these, was far above on one and far below on another: 2 of 20 are 0.1, 2
    of 40 would be 0.05.
    """
    scores = np.tile([2.0, 2, 3, 3, 3, 3, 3, 3, 4, 4], (40, 1))
    other = np.full((40, 1), np.nan)
    other[:20] = 3
    other[:2, 0] = 5, 1
    assert bt500(np.hstack([scores, other])).rejected == (10,)
    whole = np.where(np.isnan(other), 3, other)
    assert bt500(np.hstack([scores, whole])).rejected == ()


def test_differential_scores_may_pass_the_reference():
    liked = dmos([[2, 3, 2, 3], [5, 5, 4, 5]], [0, 0])
    assert liked.scores[1] == near(7.25)
    assert 5 < liked.low[1] < liked.high[1] <= 9


def test_t_intervals_agree_with_scipy():
    ratings = table(SUREAL["holes"]["ratings"])
    ours = mos(ratings, confidence=0.9)
    for row, low, high in zip(ratings, ours.low, ours.high, strict=True):
        theirs = ttest_1samp(row[~np.isnan(row)], 0).confidence_interval(0.9)
        assert (low, high) == near((max(theirs.low, 1), min(theirs.high, 5)))


def test_intervals_never_leave_the_scale():
    ratings = [[5, 5, 5, 4], [1, 1, 2, 1]]
    for scores in (mos(ratings), mos(ratings, interval="bootstrap", seed=3), bt500(ratings)):
        assert scores.high[0] <= 5
        assert scores.low[1] >= 1
        assert scores.low[0] < scores.scores[0] < scores.high[0]
    assert (mos(ratings).high[0], mos(ratings).low[1]) == (5, 1)


def test_bootstrap_intervals_agree_with_scipy_and_repeat_by_seed():
    ratings = table(SUREAL["full"]["ratings"])
    ours = mos(ratings, interval="bootstrap", seed=7, resamples=9999)
    assert ours == mos(ratings, interval="bootstrap", seed=7, resamples=9999)
    assert ours != mos(ratings, interval="bootstrap", seed=8, resamples=9999)
    for row, low, high in list(zip(ratings, ours.low, ours.high, strict=True))[:4]:
        theirs = bootstrap((row,), np.mean, method="percentile", rng=np.random.default_rng(1)).confidence_interval
        assert (low, high) == near((theirs.low, theirs.high), 0.06)  # whole steps of 1/18


def test_stimuli_on_which_all_agree_reject_nobody():
    """sureal counts everybody as far off where there is no variance; BT.500 has nothing to say there."""
    ratings = table(SUREAL["full"]["ratings"])
    alike = np.vstack([ratings, np.full((20, 18), 3.0)])
    assert bt500(alike).rejected == bt500(ratings).rejected == (13,)
    assert bt500(np.full((4, 6), 2.0)).rejected == ()
    assert "20 stimuli all ratings are alike" in bt500(alike).limits


def test_holes_are_told_stimulus_by_stimulus():
    rows = SUREAL["full"]["ratings"]
    ratings = table([rows[0], "." * 18, ".2" + "." * 16, *rows[1:]])
    for method in METHODS.values():
        scores = method(ratings)
        assert scores.reason == (
            "undefined in part: nobody rated stimuli 1; a single rating gives no interval: stimuli 2"
        )
        assert [math.isnan(score) for score in scores.scores] == [number == 1 for number in range(26)]
        assert [math.isnan(low) for low in scores.low] == [number in (1, 2) for number in range(26)]


@pytest.mark.parametrize("shape", [(3, 0), (0, 3), (0, 0), (2, 5)])
@pytest.mark.parametrize("method", METHODS)
def test_no_ratings_are_undefined_with_a_reason(method, shape):
    scores = METHODS[method](np.full(shape, math.nan))
    assert scores.count == 0
    assert all(map(math.isnan, (*scores.scores, *scores.low, *scores.high, *scores.bias)))
    assert scores.reason == "undefined: there are no ratings yet"


def test_one_rater_has_scores_but_no_intervals():
    scores = mos([[4], [2]])
    assert scores.scores == (4, 2)
    assert all(map(math.isnan, scores.low + scores.high))
    assert "Few observers (1)" in scores.limits
    assert "single rating" in mos([[4], [2]], interval="bootstrap", seed=1).reason


def test_an_observer_who_decides_alone_leaves_p910_undefined():
    """Two stimuli: somebody's difference can be met exactly, and the likelihood grows without bound."""
    scores = p910([[5, 4, 4, 3], [3, 3, 1, 1]])
    assert all(map(math.isnan, scores.scores))
    assert "no maximum" in scores.reason


def test_observers_who_share_no_stimulus_leave_p910_undefined():
    apart = [
        [5, 4, math.nan, math.nan],
        [3, 4, math.nan, math.nan],
        [math.nan, math.nan, 2, 1],
        [math.nan] * 2 + [1, 2],
    ]
    assert "share no stimulus" in p910(apart).reason


def test_everybody_alike_is_defined():
    scores = p910([[4.0] * 5, [2.0] * 5, [3.0] * 5])
    assert scores.scores == near((4, 2, 3))
    assert scores.inconsistency == near((0,) * 5)


@pytest.mark.parametrize("ratings", [[[0, 3]], [[3, 6]], [3, 4]])
def test_ratings_off_the_scale_are_refused(ratings):
    for method in METHODS.values():
        with pytest.raises(ValueError, match="Ratings"):
            method(ratings)


def test_a_bootstrap_needs_a_seed():
    with pytest.raises(ValueError, match="stored seed"):
        mos([[3, 4]], interval="bootstrap")


def test_results_name_method_version_and_inputs():
    one, other = mos([[3, 4]]), mos([[3, 5]])
    assert (one.name, one.version, one.count) == ("mos", "2", 2)
    assert len(one.inputs) == 64
    assert one.inputs != other.inputs
