"""Test-retest agreement."""

from __future__ import annotations

import math

import pytest

from studies.aggregation.retest import retest


def test_the_share_of_same_answers_with_its_interval() -> None:
    """Of 22 in 30 (the protocol paper's counts) Wilson's interval is 0.55552 to 0.85817."""
    second = ["4"] * 22 + ["2"] * 8
    found = retest(["a"] * 15 + ["b"] * 15, ["4"] * 30, second)
    assert (found.value, found.low, found.high) == pytest.approx((22 / 30, 0.55552, 0.85817), abs=1e-5)
    assert found.difference == pytest.approx(8 * 2 / 30)
    assert found.observers == ((15, 7), (15, 15))


def test_labels_have_no_difference_and_nothing_repeated_is_undefined() -> None:
    found = retest(["a", "b"], ["five", "six"], ["five", "5"])
    assert found.value == 0.5
    assert math.isnan(found.difference)
    nothing = retest([], [], [])
    assert math.isnan(nothing.value)
    assert nothing.reason.startswith("undefined")
