"""Rules of screening (protocol notes, 2.5): each with somebody who passes, who fails, and who cannot be judged."""

from __future__ import annotations

import math

import pytest

from studies.aggregation.screening import (
    Answer,
    attention_checks,
    changed_screens,
    repeated_answers,
    response_times,
    screen,
    straight_lining,
)


def checks(right: int, wrong: int) -> list[Answer]:
    return [Answer("attention", n, label="5" if n < right else "6", expected="5") for n in range(right + wrong)]


def main(**given: list) -> list[Answer]:
    """Answers to main items 0, 1, ..., one for each of the values given by field."""
    rows = [dict(zip(given, row, strict=True)) for row in zip(*given.values(), strict=True)]
    return [Answer("main", item, **row) for item, row in enumerate(rows)]


def test_attention_checks():
    assert attention_checks(checks(4, 1), 0.8).passed
    assert attention_checks(checks(11, 9), 0.55).passed  # 0.55 x 20 is more than 11 in floating point
    failed = attention_checks(checks(3, 2), 0.8)
    assert (failed.passed, failed.measured, failed.needed, failed.judged) == (False, 0.6, 0.8, 5)
    assert failed.words == "3 of 5 attention checks right; at least 80 % needed."
    practice = [Answer("practice", 0, label="6", expected="5")]
    assert attention_checks(practice, 0.8).passed is None


def test_a_floor_of_response_times():
    assert response_times(main(milliseconds=[1999, 2000, 9000, None]), 2).passed
    failed = response_times(main(milliseconds=[1999, 1500, 9000]), 2)
    assert (failed.passed, failed.measured) == (False, pytest.approx(2 / 3))
    assert failed.words == "2 of 3 images in less than 2 s; at most one half allowed."
    assert response_times(main(milliseconds=[None]), 2).passed is None


def test_straight_lining():
    assert straight_lining(main(place=[0, 0, 0, 4]), 0.75).passed
    failed = straight_lining(main(place=[3, 3, 3, 3, 9]), 0.75)
    assert (failed.passed, failed.measured) == (False, 0.8)
    assert failed.words == "4 of 5 first picks at place 4 of the grid; at most 75 % allowed."
    few = straight_lining(main(place=[3, 3, 3, None]), 0.75)
    assert few.passed is None
    assert "too few" in few.words


def test_answers_to_repeated_images():
    again = [Answer("main", item, repeat=1, label="5") for item in range(2)]
    assert repeated_answers([*main(label=["5", "5"]), *again], 1).passed
    failed = repeated_answers([*main(label=["5", "6"]), *again], 0.75)
    assert (failed.passed, failed.measured, failed.judged) == (False, 0.5, 2)
    assert repeated_answers(main(label=["5", "6"]), 0.75).passed is None


def test_a_screen_that_changed():
    assert changed_screens(main(ratio_changes=[0, 0])).passed
    assert changed_screens(main(ratio_changes=[0, 2, None])).passed is False
    unknown = changed_screens(main(ratio_changes=[None]))
    assert unknown.passed is None
    assert math.isnan(unknown.measured)


def test_repeats_and_other_kinds_are_no_votes():
    repeats = [Answer("main", n, repeat=1, milliseconds=10, place=1, ratio_changes=1) for n in range(5)]
    others = [Answer("attention", n, milliseconds=10, place=1, ratio_changes=1) for n in range(5)]
    for rule in (lambda a: response_times(a, 5), lambda a: straight_lining(a, 0.5), changed_screens):
        assert rule([*repeats, *others]).passed is None


def test_only_rules_that_are_asked_give_verdicts():
    answers = [*main(milliseconds=[10] * 4, place=[2] * 4, ratio_changes=[1] * 4), *checks(0, 1)]
    assert screen(answers) == ()
    verdicts = screen(answers, attention=0.5, least_seconds=1, same_place=0.9, retest=0.5, ratio_change=True)
    assert {verdict.rule: verdict.passed for verdict in verdicts} == {
        "attention": False, "least_seconds": False, "same_place": False, "retest": None, "ratio_change": False,
    }  # fmt: skip
