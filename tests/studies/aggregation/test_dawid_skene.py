"""Dawid and Skene's model: crowd-kit 1.4.2 as judge, and the trap of the protocol notes, 2.5."""

from __future__ import annotations

import pytest

from studies.aggregation.labels import dawid_skene, majority

#: 30 units by 3 raters; crowd-kit's DawidSkene(n_iter=114, tol=-1e9), posterior of "5" by unit, and its priors.
GIVEN = [
    "666",
    "565",
    "565",
    "565",
    "555",
    "666",
    "655",
    "555",
    "556",
    "666",
    "-56",
    "66-",
    "666",
    "555",
    "656",
    "555",
    "6-6",
    "-55",
    "555",
    "666",
    "555",
    "655",
    "55-",
    "555",
    "665",
    "556",
    "665",
    "6-6",
    "-66",
    "5-5",
]
OF_FIVE = [
    0.0135095, 1, 1, 1, 1, 0.0135095, 0.8692558, 1, 1, 0.0135095, 0.6542328, 0.0589880, 0.0135095, 1, 0.2322711, 1,
    0.0523198, 0.9765149, 1, 0.0135095, 1, 0.8692558, 1, 1, 0.2313266, 1, 0.2313266, 0.0523198, 0.0788895, 1,
]  # fmt: skip


def table(units: list[str]) -> list[list[str | None]]:
    return [[None if mark == "-" else mark for mark in unit] for unit in units]


def test_it_agrees_with_crowd_kit():
    found = dawid_skene(table(GIVEN))
    assert found.classes == ("5", "6")
    assert [row[0] for row in found.posteriors] == pytest.approx(OF_FIVE, abs=1e-6)
    assert found.priors == pytest.approx((0.6124749, 0.3875251), abs=1e-6)
    first = found.confusion[0]  # of rater 0: true class, then class given
    assert first[0] == pytest.approx((0.840104, 0.159896), abs=1e-6)
    assert first[1] == pytest.approx((0, 1), abs=1e-6)
    assert found.converged
    assert found.count == sum(mark != "-" for unit in GIVEN for mark in unit)


def test_a_posterior_decides_where_the_majority_is_tied():
    unit = GIVEN.index("-56")
    assert majority("56").value is None
    assert dawid_skene(table(GIVEN)).labels[unit] == "5"


def test_three_good_raters_and_two_spammers():
    """Majority is wrong on tasks 3 and 7, Dawid-Skene right on all (crowd-kit 1.4.2 says the same)."""
    truth = "12212122"
    good = [list(truth) for _ in range(3)]
    good[0][2] = good[1][6] = "1"
    units = [list(unit) for unit in zip(*good, "11111111", "11111111", strict=True)]
    verdicts = [majority(unit).value for unit in units]
    assert [task for task, (verdict, true) in enumerate(zip(verdicts, truth, strict=True), 1) if verdict != true] == [
        3,
        7,
    ]
    found = dawid_skene(units)
    assert found.labels == tuple(truth)
    for spammer in found.confusion[3:]:
        assert [row[0] for row in spammer] == pytest.approx([1, 1])


def test_one_item_per_person_cannot_be_fitted():
    found = dawid_skene([["5", "6", "5"]])
    assert found.labels == ()
    assert "one item only" in found.reason
    assert "one item only" in dawid_skene([["5", None], [None, "6"]]).reason


def test_nothing_to_compare():
    assert "no labels" in dawid_skene([]).reason
    assert "no labels" in dawid_skene([[None, None]]).reason
    assert "no variation" in dawid_skene([["5", "5"], ["5", "5"]]).reason


def test_units_without_labels_and_ties_have_no_label():
    found = dawid_skene([["5", "6"], [None, None], ["5", "6"]])
    assert found.labels == (None, None, None)
    assert found.posteriors[0] == pytest.approx((0.5, 0.5))


def test_the_order_of_raters_and_units_does_not_matter():
    units = table(GIVEN)
    turned = [unit[::-1] for unit in units[::-1]]
    assert dawid_skene(turned).labels == dawid_skene(units).labels[::-1]
