"""What else the same votes allow: which samples, with which weights, by which rule."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from studies.aggregation.variants import Recipe, Votes, most_consistent, plan

LEFT = {"kind": "grid", "columns": 2, "rows": 1, "cells": [0]}
RIGHT = {"kind": "grid", "columns": 2, "rows": 1, "cells": [1]}


def votes(*counts: int, **fields: Any) -> Votes:
    given: dict[str, Any] = {
        "by_label": {}, "marks": (), "consistency": tuple(float(index) for index in range(len(counts))), "n": 2,
        "ties": "index", "seed": 1, "width": 8, "height": 8,
    }  # fmt: skip
    given |= fields
    return Votes(votes=counts, **{"ballots": dict.fromkeys(given["by_label"], 2)} | given)


def planned(given: Votes) -> dict[str, Recipe]:
    return {recipe.key: recipe for recipe in plan(given)}


def test_rules_and_weights_of_the_same_votes() -> None:
    found = planned(votes(3, 0, 1, 1))
    for rule in ("linear", "median", "geometric_median", "medoid"):
        assert (found[rule].rule, found[rule].samples, found[rule].weights) == (rule, (0, 2), ())
    assert (found["votes"].samples, found["votes"].weights) == ((0, 2), (3, 1))
    # Every vote counts once: sample 3, cut off by the tie rule, is in; sample 1, without a vote, is not.
    assert (found["all"].samples, found["all"].weights) == ((0, 2, 3), (3, 1, 1))
    assert found["pool"].samples == (0, 1, 2, 3)
    assert found["consistent"].samples == (2, 3)


def test_effective_n_is_kish_s() -> None:
    """Kish, Survey Sampling (1965), section 11.7: (sum w)^2 / sum w^2. Of votes 3 and 1: 16 / 10."""
    found = planned(votes(3, 0, 1, 1))
    assert found["votes"].effective_n == pytest.approx(1.6)
    assert found["all"].effective_n == pytest.approx(25 / 11)
    assert found["pool"].effective_n == 4
    assert found["linear"].effective_n == 2
    assert found["medoid"].effective_n == 1
    assert found["median"].effective_n is None


def test_without_votes_there_is_nothing_to_make() -> None:
    assert plan(votes(0, 0, 0)) == []
    # The rule leaves the whole tied group out, and nothing is chosen.
    assert plan(votes(1, 1, 1, ties="strict")) == []


def test_each_label_has_the_top_n_of_its_own_voters() -> None:
    given = votes(2, 2, 2, 2, by_label={"5": (2, 2, 1, 0), "6": (0, 0, 1, 2), "7": (0, 0, 0, 0)})
    found = planned(given)
    assert (found["label-1"].label, found["label-1"].samples) == ("5", (0, 1))
    assert (found["label-2"].label, found["label-2"].samples) == ("6", (2, 3))
    assert "label-3" not in found


def test_one_ballot_is_no_reading() -> None:
    """A single dissenter with two picks."""
    by_label = {"5": (2, 2, 0, 0), "6": (0, 0, 1, 1)}
    alone = planned(votes(2, 2, 1, 1, by_label=by_label, ballots={"5": 3, "6": 1}))
    assert "label-1" in alone
    assert "label-2" not in alone
    assert planned(votes(2, 2, 1, 1, by_label=by_label, ballots={"5": 1, "6": 2}))["label-2"].samples == (2, 3)


def test_the_tie_rule_holds_for_labels_too() -> None:
    tied = {"5": (1, 1, 1, 0)}
    assert planned(votes(1, 1, 1, 1, by_label=tied, ties="include_all"))["label-1"].samples == (0, 1, 2)
    assert planned(votes(1, 1, 1, 1, by_label=tied, ties="secondary"))["label-1"].samples == (1, 2)


def test_regions_take_the_top_n_of_those_who_marked_there() -> None:
    marks = [(LEFT, [0, 1]), (LEFT, [0, 1]), (RIGHT, [2, 3]), (RIGHT, [2, 3])]
    recipe = planned(votes(2, 2, 2, 2, marks=marks))["regions"]
    assert (recipe.rule, recipe.samples, recipe.effective_n) == ("regions", (0, 1, 2, 3), None)
    assert recipe.parts == {"columns": 2, "rows": 1, "cells": [[0, 1], [2, 3]]}


def test_where_nobody_voted_the_whole_picture_s_selection_stands_in() -> None:
    recipe = planned(votes(2, 1, 0, 0, marks=[(LEFT, [0, 1]), (LEFT, [0])]))["regions"]
    assert recipe.parts["cells"] == [[0, 1], [0, 1]]


def test_without_marks_there_are_no_regions() -> None:
    assert "regions" not in planned(votes(2, 1))


def test_of_equally_consistent_samples_the_first_are_taken() -> None:
    assert most_consistent([40.0, 50.0, 50.0, 50.0], 2) == (1, 2)
    assert most_consistent([float("nan"), 30.0, 20.0], 2) == (1, 2)


def test_the_digest_changes_with_the_votes_and_not_with_the_order_of_ballots() -> None:
    marks = ((LEFT, [0]), (RIGHT, [1]))
    given = votes(1, 1, marks=marks)
    assert given.digest == votes(1, 1, marks=marks[::-1]).digest
    assert given.digest != votes(1, 2, marks=marks).digest
    assert given.digest != dataclasses.replace(given, marks=()).digest
    assert given.digest != dataclasses.replace(given, ties="strict").digest
