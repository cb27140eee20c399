"""Whether a participant's answers can be relied on, by rules that are fixed before there are any.

Each rule is a function of the answers of one participant: nothing is compared with other people, and nobody is judged
by a rule that has nothing to judge. The limits are those of the study's plan, by the same names.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

VERSION = "1"
#: Answers from which on picking at one place is judged: of fewer, some share one by chance.
LEAST_ANSWERS = 4
#: 0.55 of 20 is 11, though not in floating point.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Answer:
    """One answered trial. kind: main, practice or attention;  repeat: 1 where the item was faced once more, else 0.

    expected: the known answer, or empty;  milliseconds: for label and picks together, by the clock of the page
    place: in the participant's order, of the first pick;  ratio_changes: of the screen's pixel ratio during the trial
    None where nothing was picked, or no page told.
    """

    kind: str
    item: int
    repeat: int = 0
    label: str = ""
    expected: str = ""
    milliseconds: int | None = None
    place: int | None = None
    ratio_changes: int | None = None


@dataclass(frozen=True)
class Verdict:
    """passed: None where there was nothing to judge, and then measured is nan. words: one sentence, with the numbers.

    measured, needed: the share of `judged` answers that the rule counts, and its limit
    """

    rule: str
    passed: bool | None
    measured: float
    needed: float
    judged: int
    words: str
    version: str = VERSION


def screen(
    answers: Sequence[Answer],
    *,
    attention: float = 0,
    least_seconds: float = 0,
    same_place: float = 0,
    retest: float = 0,
    ratio_change: bool = False,
) -> tuple[Verdict, ...]:
    """A verdict for each rule that is asked; 0 and False ask nothing. Who fails one of them is left out."""
    verdicts = (
        attention_checks(answers, attention) if attention else None,
        response_times(answers, least_seconds) if least_seconds else None,
        straight_lining(answers, same_place) if same_place else None,
        repeated_answers(answers, retest) if retest else None,
        changed_screens(answers) if ratio_change else None,
    )
    return tuple(verdict for verdict in verdicts if verdict is not None)


def attention_checks(answers: Sequence[Answer], least: float) -> Verdict:
    """Share of attention checks with the known answer, at least `least`."""
    right = [answer.label == answer.expected for answer in answers if answer.kind == "attention" and answer.expected]
    if not right:
        return _unjudged("attention", least, "No attention check was answered.")
    words = f"{_of(right)} attention checks right; at least {_percent(least)} needed."
    return _verdict("attention", sum(right) >= least * len(right) - ROUNDING, right, least, words)


def response_times(answers: Sequence[Answer], seconds: float) -> Verdict:
    """Share of images that took less than `seconds`, at most one half."""
    times = [answer.milliseconds for answer in _votes(answers) if answer.milliseconds is not None]
    if not times:
        return _unjudged("least_seconds", 0.5, "No page told how long an answer took.")
    fast = [time < round(1000 * seconds) for time in times]
    words = f"{_of(fast)} images in less than {seconds:g} s; at most one half allowed."
    return _verdict("least_seconds", 2 * sum(fast) <= len(fast), fast, 0.5, words)


def straight_lining(answers: Sequence[Answer], most: float) -> Verdict:
    """Share of first picks at the place where most of them were, at most `most`. Judged from 4 answers on."""
    places = [answer.place for answer in _votes(answers) if answer.place is not None]
    if len(places) < LEAST_ANSWERS:
        sentence = f"Fewer than {LEAST_ANSWERS} answers with a pick: too few to judge where they were."
        return _unjudged("same_place", most, sentence)
    (place, _), *_ = Counter(places).most_common(1)
    there = [one == place for one in places]
    words = f"{_of(there)} first picks at place {place + 1} of the grid; at most {_percent(most)} allowed."
    return _verdict("same_place", sum(there) <= most * len(there) + ROUNDING, there, most, words)


def repeated_answers(answers: Sequence[Answer], least: float) -> Verdict:
    """Share of repeated main items with the same label as the first time, at least `least`."""
    first = {answer.item: answer.label for answer in _votes(answers)}
    again = [one for one in answers if one.kind == "main" and one.repeat == 1 and one.label and one.item in first]
    if not again:
        return _unjudged("retest", least, "No image was answered twice.")
    alike = [one.label == first[one.item] for one in again]
    words = f"{_of(alike)} repeated images with the same label again; at least {_percent(least)} needed."
    return _verdict("retest", sum(alike) >= least * len(alike) - ROUNDING, alike, least, words)


def changed_screens(answers: Sequence[Answer]) -> Verdict:
    """Share of images during which the screen's pixel ratio changed, which is to be none."""
    changed = [answer.ratio_changes > 0 for answer in _votes(answers) if answer.ratio_changes is not None]
    if not changed:
        return _unjudged("ratio_change", 0, "No page told whether the zoom or the screen changed.")
    words = f"The zoom or the screen changed during {_of(changed)} images; none allowed."
    return _verdict("ratio_change", not any(changed), changed, 0, words)


def _votes(answers: Sequence[Answer]) -> list[Answer]:
    """First answers to main items: those that count."""
    return [answer for answer in answers if answer.kind == "main" and answer.repeat == 0]


def _verdict(rule: str, passed: bool, counted: Sequence[bool], needed: float, words: str) -> Verdict:
    return Verdict(rule, passed, sum(counted) / len(counted), needed, len(counted), words)


def _unjudged(rule: str, needed: float, words: str) -> Verdict:
    return Verdict(rule, None, math.nan, needed, 0, words)


def _of(counted: Sequence[bool]) -> str:
    return f"{sum(counted)} of {len(counted)}"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"
