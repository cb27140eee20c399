"""Screens summed up: each participant once, by the last check, and every failure counted."""

from __future__ import annotations

from studies.aggregation.screens import Checked, Screens, summary


def test_the_last_check_of_each_participant_counts() -> None:
    checks = [
        Checked("a", ("window_width", "no_zoom"), 1.25, 1.249),
        Checked("a", ("no_zoom",), 1.1, 1.1),
        Checked("b", (), 2, 1.013),
        Checked("a", (), 1, 1),
        Checked("c", ("plates",), 2.0, 0.98),
    ]
    found = summary(checks, turned_away=1)
    assert (found.people, found.checks, found.passed, found.turned_away) == (3, 5, 2, 1)
    assert found.failed_checks == {"no_zoom": 2, "plates": 1, "window_width": 1}
    assert found.failed_people == {"plates": 1}
    assert list(found.pixel_ratios.items()) == [("1", 1), ("2", 2)]
    assert found.zooms == {"100": 3}


def test_numbers_stand_in_their_order_and_zooms_are_rounded() -> None:
    checks = [Checked(str(place), (), ratio, ratio) for place, ratio in enumerate((2.625, 10, 0.9, 1.333333))]
    found = summary(checks, turned_away=0)
    assert list(found.pixel_ratios) == ["0.9", "1.33", "2.62", "10"]
    assert list(found.zooms) == ["90", "135", "260", "1000"]


def test_no_check_is_all_zero() -> None:
    assert summary([], turned_away=0) == Screens()
