"""Naming before and after: shares, shifts and tests, against examples of R and statsmodels; undefined in words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from statsmodels.stats import contingency_tables
from statsmodels.stats.proportion import proportion_confint

from studies.aggregation.named import NOT_INDEPENDENT, Naming, of_names, share_of_people

LABELS = ("5", "6", "cannot tell")


def people(labels: str) -> dict[str, str]:
    """“56?” -> three people's labels."""
    return {f"p{number}": {"?": "cannot tell"}.get(letter, letter) for number, letter in enumerate(labels)}


def table(both: int, lost: int, gained: int, neither: int, *, item: int = 0) -> Naming:
    """The right label is 5."""
    before = people("5" * (both + lost) + "6" * (gained + neither))
    after = people("5" * both + "6" * lost + "5" * gained + "6" * neither)
    return Naming(item, before, {"ensemble": after}, "5")


def found(*items: Naming) -> dict[str, Any]:
    return of_names(items, LABELS, confidence=0.95)


def test_the_presidents_approval_of_r() -> None:
    """R, ?mcnemar.test: Agresti (1990) p. 350, 794, 150, 86, 570; exact p by statsmodels."""
    one = found(table(794, 150, 86, 570))["right"]["items"][0]
    change = one["mcnemar"]["ensemble"]
    theirs = contingency_tables.mcnemar([[794, 150], [86, 570]], exact=True)
    assert (change.count, change.lost, change.gained) == (1600, 150, 86)
    assert change.value == pytest.approx(theirs.pvalue, rel=1e-9)
    assert one["before"].value == pytest.approx(944 / 1600)  # R: 59 % approve at first, 55 % at second
    assert one["conditions"]["ensemble"].value == pytest.approx(880 / 1600)
    limits = proportion_confint(880, 1600, method="wilson")
    assert (one["conditions"]["ensemble"].low, one["conditions"]["ensemble"].high) == pytest.approx(limits)


def test_cochrans_q_of_several_conditions() -> None:
    """Equal to statsmodels' cochrans_q, of the people alone who named everything."""
    given = (np.random.default_rng(3).random((40, 3)) < [0.4, 0.6, 0.8]).astype(int)
    columns = [people("".join("5" if one else "6" for one in column)) for column in given.T]
    before, control, ensemble = columns
    del control["p0"]
    one = found(Naming(0, before, {"ensemble": ensemble, "control": control}, "5"))["right"]["items"][0]
    theirs = contingency_tables.cochrans_q(given[1:, [0, 2, 1]])
    assert one["cochran"].count == 39
    assert (one["cochran"].statistic, one["cochran"].value) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_shares_and_who_changed_from_what_to_what() -> None:
    before, after = people("555666"), people("55?55")
    figures = found(Naming(3, before, {"ensemble": after}))
    (one,) = figures["items"]
    assert figures["conditions"] == ("ensemble",)
    assert one["item"] == 3
    assert [share.value for share in one["before"]] == [0.5, 0.5, 0]
    assert [share.value for share in one["conditions"]["ensemble"]] == [0.8, 0, 0.2]
    assert one["shifts"]["ensemble"].counts == ((2, 0, 1), (2, 0, 0), (0, 0, 0))
    assert (one["shifts"]["ensemble"].people, one["shifts"]["ensemble"].changed) == (5, 3)


def test_without_a_right_label_nobody_is_right_or_wrong() -> None:
    figures = found(Naming(0, people("55"), {"ensemble": people("56")}))["right"]
    assert figures["pooled"] is None
    assert figures["items"] == []
    assert "no image has a label that is known to be right" in figures["reason"]


def test_cannot_tell_is_not_right() -> None:
    one = found(Naming(0, people("5555"), {"ensemble": people("555?")}, "5"))["right"]["items"][0]
    assert one["conditions"]["ensemble"].value == 0.75
    assert (one["mcnemar"]["ensemble"].lost, one["mcnemar"]["ensemble"].gained) == (1, 0)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [("5566", "5566", "nobody changed"), ("", "5566", "nobody named both")],
)
def test_what_is_undefined_says_why(before: str, after: str, reason: str) -> None:
    figures = found(Naming(0, people(before), {"ensemble": people(after)}, "5"))["right"]
    for change in (figures["items"][0]["mcnemar"]["ensemble"], figures["pooled"]["mcnemar"]["ensemble"]["people"]):
        assert math.isnan(change.value)
        assert reason in change.reason
    assert "nobody named both" in figures["items"][0]["choice"].reason  # there is no control


def test_of_one_image_people_and_answers_are_the_same() -> None:
    pooled = found(table(3, 1, 6, 2))["right"]["pooled"]["mcnemar"]["ensemble"]
    assert pooled["people"].value == pooled["answers"].value
    assert NOT_INDEPENDENT not in pooled["answers"].limits


def test_over_images_a_person_counts_once() -> None:
    """Four people better on all of three images: twelve answers changed, but only four people are there."""
    pooled = found(*(table(0, 0, 4, 0, item=number) for number in range(3)))["right"]["pooled"]
    change = pooled["mcnemar"]["ensemble"]
    assert (change["people"].count, change["people"].gained, change["people"].value) == (4, 4, 2 / 2**4)
    assert (change["answers"].count, change["answers"].value) == (12, 2 / 2**12)
    assert NOT_INDEPENDENT in change["answers"].limits
    assert NOT_INDEPENDENT in pooled["cochran"].method
    after = pooled["conditions"]["ensemble"]
    assert (after.value, after.count) == (1.0, 4)
    assert after.low == pytest.approx(proportion_confint(4, 4, method="wilson")[0])


def test_the_pooled_share_weighs_people_alike() -> None:
    """One right in one of two, the other in the only one: 3/4, with the limits of two people."""
    share = share_of_people([{"a": True, "b": True}, {"a": False}], confidence=0.95)
    assert (share.value, share.count) == (0.75, 2)
    low, high = proportion_confint(1.5, 2, method="wilson")
    assert (share.low, share.high) == pytest.approx((low, high))


def test_what_choosing_adds_to_averaging() -> None:
    one = Naming(0, people("6666"), {"ensemble": people("5555"), "control": people("5666")}, "5")
    choice = found(one)["right"]["items"][0]["choice"]
    assert (choice.gained, choice.lost) == (3, 0)
