"""Questionnaires as researchers write them: one question per block of lines, or JSON.

    [age] How old are you? *
    number 18 to 99

    Do you wear glasses or contact lenses?
    - no
    - glasses
    - contact lenses

    How sure were you of your choices?
    scale 1 to 7: very unsure, very sure

    Is there anything that you want to tell us?

The first line of a block is the question. A star at its end: it must be answered. A name in square brackets before it:
the key of its answers in exports; else q1, q2, ... The lines below say how it is answered; without any, by a text.
"""

from __future__ import annotations

import json
import re
from typing import Any

from studies.services.design.questionnaire import CHOICE, FIELDS, NUMBER, SCALE, TEXT, problem

_KEY = re.compile(r"^\[\s*([^\]]*?)\s*\]\s*")
_STAR = re.compile(r"\s*(\*|\(required\))\s*$", re.IGNORECASE)
_OPTION = re.compile(r"^\s*[-*•–]\s+")
_RANGE = re.compile(
    r"^(scale|number)\s*:?\s*(-?\d+)\s*(?:to|-|–|\.\.+|…)\s*(-?\d+)\s*(?:[:,;]\s*(.*))?$", re.IGNORECASE
)


class QuestionError(ValueError):
    """A text that is no questionnaire; the message is one sentence that names the question."""


def parse(text: str) -> list[dict[str, Any]]:
    """The definition that a researcher has written. Raises QuestionError."""
    stripped = text.strip()
    found = _json(stripped) if stripped.startswith(("[{", "[ {", "[\n", "{")) or stripped == "[]" else _blocks(stripped)
    if sentence := problem(found):
        raise QuestionError(sentence)
    return found


def as_text(definition: list[dict[str, Any]]) -> str:
    """What `parse` reads back as this definition: blocks, or JSON where blocks cannot say it."""
    text = "\n\n".join(_as_block(question) for question in definition)
    try:
        same = not definition or parse(text) == definition
    except QuestionError:
        same = False
    return text if same else json.dumps(definition, ensure_ascii=False, indent=1)


def _json(text: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise QuestionError(f"Line {error.lineno} is no JSON: {error.msg}.") from None
    questions = found if isinstance(found, list) else [found]
    return [_completed(question, number) for number, question in enumerate(questions, start=1)]


def _completed(question: Any, number: int) -> Any:
    """With defaults for what a question in JSON leaves out."""
    if not isinstance(question, dict):
        return question
    defaults = {"key": f"q{number}", "kind": TEXT, "options": [], "required": False, "low": None, "high": None}
    if unknown := set(question) - set(FIELDS):
        raise QuestionError(f"Question {number}: there is no “{min(unknown)}”; use {', '.join(FIELDS)}.")
    return {name: (defaults | question).get(name) for name in FIELDS}


def _blocks(text: str) -> list[dict[str, Any]]:
    blocks = [block.strip().splitlines() for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if block.strip()]
    return [_block(lines, number) for number, lines in enumerate(blocks, start=1)]


def _block(lines: list[str], number: int) -> dict[str, Any]:
    first, *rest = (line.strip() for line in lines)
    named = _KEY.match(first)
    asked = first[named.end() :] if named else first
    return {
        "key": named.group(1).lower() if named and named.group(1) else f"q{number}",
        "kind": TEXT,
        "text": _STAR.sub("", asked),
        "options": [],
        "required": bool(_STAR.search(asked)),
        "low": None,
        "high": None,
    } | _answer(rest, number)


def _answer(lines: list[str], number: int) -> dict[str, Any]:
    """What the lines below a question say of its answer."""
    if not lines or (len(lines) == 1 and lines[0].lower().rstrip(":.") == TEXT):
        return {}
    if found := _RANGE.match(lines[0]):
        if len(lines) > 1:
            raise QuestionError(f"Question {number}: one line says how it is answered; “{lines[1]}” is one too many.")
        kind, low, high, ends = found.groups()
        names = [name.strip() for name in (ends or "").split(",") if name.strip()]
        return {"kind": kind.lower(), "low": int(low), "high": int(high), "options": names}
    if all(_OPTION.match(line) for line in lines):
        return {"kind": CHOICE, "options": [_OPTION.sub("", line) for line in lines]}
    raise QuestionError(_not_understood(lines, number))


def _not_understood(lines: list[str], number: int) -> str:
    first = lines[0].lower()
    for kind, example in ((SCALE, "scale 1 to 7: very unsure, very sure"), (NUMBER, "number 18 to 99")):
        if first.startswith(kind):
            return f"Question {number}: a {kind} needs two whole numbers, such as “{example}”."
    odd = next(line for line in lines if not _OPTION.match(line))
    return (
        f"Question {number}: “{odd}” is not understood; begin each option with “- ”, or leave a line empty before the "
        "next question."
    )


def _as_block(question: dict[str, Any]) -> str:
    star = " *" if question["required"] else ""
    head = f"[{question['key']}] {question['text']}{star}"
    if question["kind"] == CHOICE:
        return "\n".join([head, *(f"- {option}" for option in question["options"])])
    if question["kind"] == TEXT:
        return f"{head}\ntext"
    ends = f": {', '.join(question['options'])}" if question["options"] else ""
    return f"{head}\n{question['kind']} {question['low']} to {question['high']}{ends}"
