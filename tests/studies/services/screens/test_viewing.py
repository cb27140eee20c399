"""What screens must be like: rules, judgement, words, attempts."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from studies.errors import VotingError
from studies.models import Participant, Study, StudyState, ViewingCheck
from studies.services.screens import checking, findings, patterns, viewing
from studies.services.screens.viewing import Rules
from studies.services.trials import flow
from tests.studies import factories

pytestmark = pytest.mark.django_db

GOOD = {
    "window_width": "1280", "window_height": "800", "screen_width": "1920", "screen_height": "1080",
    "pixel_ratio": "2", "zoom": "1.0",
}  # fmt: skip


def study_with(**rules: Any) -> Study:
    return factories.open_study_with_pool(viewing=Rules(**rules).as_mapping())


def send(person: Participant, **changes: str) -> ViewingCheck | None:
    """One attempt with the next number; patterns answered right unless said otherwise."""
    attempt = checking.attempts(person)
    asked = viewing.rules(person.study)
    seeds = {name: checking.pattern_seed(person, attempt, name) for name in ("dark", "light", *checking.plates(asked))}
    right = {
        name: str(patterns.squares(seed)) if name in patterns.GROUNDS else patterns.digit(seed)
        for name, seed in seeds.items()
    }
    checking.record(person, GOOD | right | {"attempt": str(attempt)} | changes)
    person.refresh_from_db()
    return checking.last(person)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"window_width": -1}, "“Window width” must be a whole number from 0 to 10,000."),
        ({"window_width": 12.5}, "“Window width” must be a whole number"),
        ({"window_width": True}, "“Window width” must be a whole number"),
        ({"most_ratio": 11}, "“Largest pixel ratio” must be a number from 0 to 10."),
        ({"least_ratio": 2, "most_ratio": 1}, "above the largest"),
        ({"plates": 2, "plate_errors": 2}, "At least one colour plate"),
        ({"on_failure": "shrug"}, "one of warn, block"),
        ({"attempts": 0}, "from 1 to 20"),
        ({"no_zoom": 1}, "true or false"),
        ({"magic": 1}, "no viewing rule “magic”"),
        ([1], "names with values"),
    ],
)
def test_rules_that_cannot_be(values: Any, sentence: str) -> None:
    assert sentence in viewing.problem(values)


def test_rules_are_stored_whole_or_not_at_all() -> None:
    assert Rules(attempts=5).as_mapping() == {}
    stored = Rules(window_width=1024).as_mapping()
    assert stored["attempts"] == 3
    assert Rules.from_mapping(stored) == Rules(window_width=1024)
    assert viewing.problem({}) == ""


@pytest.mark.parametrize(
    ("rules", "changes", "failed"),
    [
        ({"window_width": 1280}, {}, []),
        ({"window_width": 1281}, {}, ["window_width"]),
        ({"window_height": 801, "screen_width": 1921, "screen_height": 1081}, {},
         ["window_height", "screen_width", "screen_height"]),
        ({"least_ratio": 2.0, "most_ratio": 2.0, "whole_ratio": True}, {}, []),
        ({"least_ratio": 1.5}, {"pixel_ratio": "1.25"}, ["least_ratio"]),
        ({"most_ratio": 1.5}, {}, ["most_ratio"]),
        ({"whole_ratio": True}, {"pixel_ratio": "1.25"}, ["whole_ratio"]),
        ({"no_zoom": True}, {"zoom": "1.02"}, []),
        ({"no_zoom": True}, {"zoom": "1.1"}, ["no_zoom"]),
        ({"no_zoom": True}, {"zoom": "0.9"}, ["no_zoom"]),
        ({"brightness": True}, {}, []),
        ({"brightness": True}, {"dark": "8"}, ["brightness"]),
        ({"brightness": True}, {"light": ""}, ["brightness"]),
        ({"plates": 2}, {}, []),
        ({"plates": 2}, {"plate-2": "none"}, ["plates"]),
        ({"plates": 2, "plate_errors": 1}, {"plate-2": "none"}, []),
    ],
)  # fmt: skip
def test_what_is_measured_is_judged(rules: dict[str, Any], changes: dict[str, str], failed: list[str]) -> None:
    """1.15 (4): the ratio is checked at the start, and stored with what else was measured."""
    person = factories.participant(study_with(**rules))
    check = send(person, **changes)
    assert check.failed == failed
    assert check.measured["pixel_ratio"] == float((GOOD | changes)["pixel_ratio"])
    assert (person.checked_at is not None) == (not failed)


def test_a_ratio_that_changes_later_is_judged_by_the_same_rules() -> None:
    """1.15 (4): for pages that watch the ratio."""
    asked = Rules(least_ratio=1, most_ratio=2, whole_ratio=True, window_width=5000)
    assert [ratio for ratio in (0.9, 1, 1.25, 2, 3) if asked.ratio_fits(ratio)] == [1, 2]
    assert Rules().ratio_fits(1.37)


def test_a_failed_check_says_what_was_measured_what_is_needed_and_what_to_do() -> None:
    """1.15 (8)"""
    person = factories.participant(study_with(window_width=1024, no_zoom=True))
    check = send(person, window_width="900")
    wrong, right = findings.findings(viewing.rules(person.study), check)
    assert (wrong.title, wrong.now, wrong.needed) == ("Width of this window", "900 px", "at least 1024 px")
    assert "wider" in wrong.advice
    assert (wrong.passed, right.passed, right.now) == (False, True, "100%")


def test_every_rule_has_words() -> None:
    """1.15 (8): also in a language with another decimal sign."""
    asked = Rules(
        window_width=1, window_height=1, screen_width=1, screen_height=1, least_ratio=0.5, most_ratio=2.5,
        whole_ratio=True, no_zoom=True, brightness=True, plates=1,
    )  # fmt: skip
    with translation.override("de"):
        found = findings.findings(asked, None)
    assert [one.rule for one in found] == [*viewing.MEASURED, *viewing.ANSWERED]
    assert all(one.title and one.needed and one.advice and one.passed is None for one in found)
    assert "2,5" in next(one.needed for one in found if one.rule == "most_ratio")


def test_where_the_study_warns_people_may_go_on_after_a_failed_check() -> None:
    person = factories.participant(study_with(window_width=3000))
    with pytest.raises(VotingError, match="Check your screen first"):
        checking.go_on(person)
    send(person)
    assert flow.step(person).kind == flow.VIEWING
    checking.go_on(person)
    checking.go_on(person)
    person.refresh_from_db()
    assert flow.step(person).kind == flow.TRIAL
    assert checking.attempts(person) == 1


def test_where_the_study_blocks_the_last_attempt_decides() -> None:
    """1.15 (8): blocked for good only when the attempts are used up."""
    person = factories.participant(study_with(window_width=3000, on_failure="block", attempts=2))
    send(person)
    assert person.failed_at is None
    with pytest.raises(VotingError):
        checking.go_on(person)
    send(person)
    assert flow.step(person).kind == flow.FAILED
    send(person, window_width="4000")
    assert (person.checked_at, checking.attempts(person)) == (None, 2)


def test_what_cannot_be_mended_may_end_at_once() -> None:
    person = factories.participant(study_with(screen_width=3000, on_failure="block"))
    checking.give_up(person)
    person.refresh_from_db()
    assert person.failed_at is None, "not before anything has failed"
    send(person)
    checking.give_up(person)
    person.refresh_from_db()
    assert flow.step(person).kind == flow.FAILED


def test_an_attempt_counts_once() -> None:
    """A double click, or a second tab with the same number, uses nothing up."""
    person = factories.participant(study_with(window_width=3000, on_failure="block", attempts=2))
    for _ in range(3):
        checking.record(person, GOOD | {"attempt": "0"})
    assert checking.attempts(person) == 1


def test_every_attempt_has_other_patterns() -> None:
    person = factories.participant(study_with(brightness=True, plates=6))
    seen = []
    for _ in range(4):
        seen.append((checking.pattern_png(person, "dark"), checking.pattern_png(person, "plate-1")))
        send(person, dark="8")
    assert len(set(seen)) == 4
    assert checking.pattern_png(person, "plate-7") is None
    assert checking.pattern_png(person, "low-res") is None


@pytest.mark.parametrize("changes", [{"pixel_ratio": ""}, {"zoom": "nan"}, {"window_width": "-1"}, {"attempt": "x"}])
def test_measurements_that_are_none_are_refused(changes: dict[str, str]) -> None:
    person = factories.participant(study_with(window_width=100))
    with pytest.raises(VotingError, match="switch JavaScript on"):
        checking.record(person, GOOD | {"attempt": "0"} | changes)
    assert checking.attempts(person) == 0


def test_nothing_is_taken_while_the_study_is_closed() -> None:
    study = study_with(window_width=100)
    person = factories.participant(study)
    Study.objects.update(state=StudyState.CLOSED)
    with pytest.raises(VotingError) as refused:
        checking.record(person, GOOD | {"attempt": "0"})
    assert refused.value.status == 403
    assert checking.attempts(person) == 0


@pytest.mark.parametrize(("most", "words"), [(2.0, "at most 2"), (1.5, "at most 1.5"), (1.25, "at most 1.25")])
def test_a_ratio_is_written_as_people_write_it(most: float, words: str) -> None:
    assert findings.findings(Rules(most_ratio=most), None)[0].needed == words
