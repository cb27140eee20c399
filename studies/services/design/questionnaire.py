"""The questions at the end: what a definition must be, what an answer may be, and in which words they are shown.

A definition is a list of {"key", "kind", "text", "options", "required", "low", "high"}. Kinds: "choice" of one of the
options; "scale" of whole numbers from low to high, with two options or none as the names of its ends; "number" from
low to high; "text". Answers are stored by key: the option as the study has it, whole numbers, texts; what was left
empty is not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

CHOICE, SCALE, NUMBER, TEXT = "choice", "scale", "number", "text"
KINDS = (CHOICE, SCALE, NUMBER, TEXT)
FIELDS = ("key", "kind", "text", "options", "required", "low", "high")
MAX_QUESTIONS, MAX_OPTIONS, MAX_STEPS = 50, 50, 11
MAX_TEXT, MAX_ANSWER, MAX_NUMBER = 300, 2000, 1_000_000_000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def problem(definition: Any) -> str:
    """What is wrong with a definition, in one sentence; empty when nothing is."""
    if not isinstance(definition, list):
        return "Give the questionnaire as a list of questions."
    if len(definition) > MAX_QUESTIONS:
        return f"Ask at most {MAX_QUESTIONS} questions."
    keys = [question.get("key") if isinstance(question, dict) else None for question in definition]
    for number, question in enumerate(definition, start=1):
        if found := _question(question):
            return f"Question {number}: {found}"
        if keys.count(question["key"]) > 1:
            return f"Question {number}: the key “{question['key']}” is used more than once."
    return ""


def _question(question: Any) -> str:
    if not isinstance(question, dict) or set(question) != set(FIELDS):
        return f"it must have exactly {', '.join(FIELDS)}."
    if not isinstance(question["key"], str) or not _KEY.fullmatch(question["key"]):
        return "its key must be a short name of small letters, digits and _, such as age."
    if not isinstance(question["text"], str) or not 0 < len(question["text"].strip()) <= MAX_TEXT:
        return f"write what is asked, in 1 to {MAX_TEXT} characters."
    if question["kind"] not in KINDS:
        return f"its kind must be one of {', '.join(KINDS)}."
    if not isinstance(question["required"], bool):
        return "required must be true or false."
    return _options(question) or _range(question)


def _options(question: dict[str, Any]) -> str:
    options = question["options"]
    if not isinstance(options, list) or not all(isinstance(one, str) and one.strip() for one in options):
        return "give its options as a list of texts."
    if len(set(options)) < len(options):
        return "an option is there more than once."
    if any(len(one) > MAX_TEXT for one in options):
        return f"an option has at most {MAX_TEXT} characters."
    if question["kind"] == CHOICE:
        return "" if 2 <= len(options) <= MAX_OPTIONS else f"a choice needs 2 to {MAX_OPTIONS} options."
    if question["kind"] == SCALE:
        return "" if len(options) in (0, 2) else "a scale has names for both of its ends, or for none."
    return "" if not options else "only choices and scales have options."


def _range(question: dict[str, Any]) -> str:
    low, high = question["low"], question["high"]
    if question["kind"] not in (SCALE, NUMBER):
        return "" if low is None and high is None else "only scales and numbers have low and high."
    if not all(isinstance(end, int) and not isinstance(end, bool) and abs(end) <= MAX_NUMBER for end in (low, high)):
        return f"a {question['kind']} needs two whole numbers, low and high."
    if low >= high:
        return f"its low ({low}) must be below its high ({high})."
    if question["kind"] == SCALE and high - low >= MAX_STEPS:
        return f"a scale has at most {MAX_STEPS} steps."
    return ""


@dataclass(frozen=True)
class Question:
    """One question as a page shows it. choices: what is sent and what is read, for choices and scales."""

    key: str
    kind: str
    text: str
    required: bool
    low: int | None
    high: int | None
    choices: tuple[tuple[str, str], ...]
    ends: tuple[str, ...]
    given: str = ""
    error: str = ""


def shown(
    definition: list[dict[str, Any]],
    translated: list[dict[str, Any]],
    given: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> list[Question]:
    """The study's questions in the words of a translation, matched by key; what does not fit stays in its own."""
    other = {question.get("key"): question for question in translated}
    return [
        _shown(question, other.get(question["key"], question), given or {}, errors or {}) for question in definition
    ]


def _shown(own: dict[str, Any], other: dict[str, Any], given: Mapping[str, str], errors: Mapping[str, str]) -> Question:
    told = other.get("options") or []
    same = len(told) == len(own["options"])
    options = [there or here for here, there in zip(own["options"], told, strict=True)] if same else own["options"]
    return Question(
        key=own["key"],
        kind=own["kind"],
        text=other.get("text") or own["text"],
        required=own["required"],
        low=own["low"],
        high=own["high"],
        choices=_choices(own, options),
        ends=tuple(options) if own["kind"] == SCALE else (),
        given=given.get(own["key"], ""),
        error=errors.get(own["key"], ""),
    )


def _choices(own: dict[str, Any], options: list[str]) -> tuple[tuple[str, str], ...]:
    """Options travel as their numbers, so that an answer means the same in every language."""
    if own["kind"] == CHOICE:
        return tuple((str(number), option) for number, option in enumerate(options))
    if own["kind"] == SCALE:
        return tuple((str(number), str(number)) for number in range(own["low"], own["high"] + 1))
    return ()


def check(definition: list[dict[str, Any]], given: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values to store, and one sentence for each answer that cannot be taken."""
    values, errors = {}, {}
    for question in definition:
        text = given.get(question["key"], "").strip()
        try:
            if text:
                values[question["key"]] = _value(question, text)
            elif question["required"]:
                raise ValueError(_("Please answer this question."))
        except ValueError as error:
            errors[question["key"]] = str(error)
    return values, errors


def _value(question: dict[str, Any], text: str) -> str | int:
    """Raises ValueError with a sentence for the participant."""
    if question["kind"] == TEXT:
        if len(text) > MAX_ANSWER:
            raise ValueError(_("Please write at most %(most)s characters.") % {"most": MAX_ANSWER})
        return text
    low, high = (0, len(question["options"]) - 1) if question["kind"] == CHOICE else (question["low"], question["high"])
    if not re.fullmatch(r"[+-]?\d{1,10}", text) or not low <= int(text) <= high:
        if question["kind"] == NUMBER:
            raise ValueError(_("Give a whole number from %(low)s to %(high)s.") % {"low": low, "high": high})
        raise ValueError(_("Choose one of the answers offered."))
    return question["options"][int(text)] if question["kind"] == CHOICE else int(text)
