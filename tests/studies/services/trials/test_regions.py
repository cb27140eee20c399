"""The part that decided: squares and outlines that are taken, and those that are not."""

from __future__ import annotations

import math
from typing import Any

import pytest

from inference.models import LowResImage
from studies.errors import VotingError
from studies.services.trials import regions

SQUARE, WIDE = LowResImage(width=32, height=32), LowResImage(width=48, height=20)
TRIANGLE = [[0, 0], [1, 0.25], [0.123456, 1]]


def grid(**changes: Any) -> dict[str, Any]:
    return {"kind": "grid", "columns": 8, "rows": 8, "cells": [0, 63]} | changes


def lasso(points: Any) -> dict[str, Any]:
    return {"kind": "lasso", "points": points}


@pytest.mark.parametrize(
    ("low_res", "shape"), [(SQUARE, (8, 8)), (WIDE, (8, 3)), (LowResImage(width=9, height=512), (1, 8))]
)
def test_squares_are_nearly_square(low_res: LowResImage, shape: tuple[int, int]) -> None:
    assert regions.grid(low_res) == shape


def test_squares_are_stored_once_and_in_order() -> None:
    assert regions.checked("grid", SQUARE, grid(cells=[9, 1, 9])) == grid(cells=[1, 9])


def test_an_outline_is_stored_with_as_many_digits_as_mean_something() -> None:
    assert regions.checked("lasso", SQUARE, lasso(TRIANGLE))["points"] == [[0, 0], [1, 0.25], [0.1235, 1]]


@pytest.mark.parametrize("kind", ["", "grid", "lasso"])
@pytest.mark.parametrize("nothing", [None, {}, [], ""])
def test_no_part_in_particular_is_an_answer(kind: str, nothing: Any) -> None:
    assert regions.checked(kind, SQUARE, nothing) == {}


def test_no_square_is_no_part_in_particular() -> None:
    assert regions.checked("grid", SQUARE, grid(cells=[])) == {}


@pytest.mark.parametrize(
    ("kind", "region"),
    [
        ("", grid()),
        ("lasso", grid()),
        ("grid", lasso(TRIANGLE)),
        ("grid", "all"),
        ("grid", [1]),
        ("grid", grid(cells=[64])),
        ("grid", grid(cells=[-1])),
        ("grid", grid(cells=[1.0])),
        ("grid", grid(cells=[True])),
        ("grid", grid(cells=None)),
        ("grid", grid(columns=4)),
        ("lasso", lasso(TRIANGLE[:2])),
        ("lasso", lasso([[0, 0], [1, 1], [1, 1.5]])),
        ("lasso", lasso([[0, 0], [1, 1], [1, math.nan]])),
        ("lasso", lasso([[0, 0], [1, 1], [1]])),
        ("lasso", lasso([[0, 0], [1, 1], ["1", 0]])),
        ("lasso", lasso([[0, 0], [1, 1], 7])),
        ("lasso", lasso("everything")),
        ("lasso", lasso([[0, 0]] * 501)),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(kind: str, region: Any) -> None:
    with pytest.raises(VotingError, match=r"reload the page|draw it again"):
        regions.checked(kind, SQUARE, region)
