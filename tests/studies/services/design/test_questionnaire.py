"""Questionnaires: as defined, as written, as answered, as translated."""

from __future__ import annotations

from typing import Any

import pytest

from studies.services.design import questionnaire
from studies.services.design.question_text import QuestionError, as_text, parse

WRITTEN = """\
[age] How old are you? *
number 18 to 99

Do you wear glasses or contact lenses?
- no
- glasses
- contact lenses

How sure were you of your choices? *
scale 1 to 7: very unsure, very sure

Is there anything that you want to tell us?
"""


def question(**changes: Any) -> dict[str, Any]:
    plain = {"key": "q", "kind": "text", "text": "Why?", "options": [], "required": False, "low": None, "high": None}
    return plain | changes


def test_it_works() -> None:
    age, glasses, sure, remarks = parse(WRITTEN)
    assert age == question(key="age", kind="number", text="How old are you?", required=True, low=18, high=99)
    assert glasses == question(
        key="q2",
        kind="choice",
        text="Do you wear glasses or contact lenses?",
        options=["no", "glasses", "contact lenses"],
    )
    assert sure == question(
        key="q3", kind="scale", text="How sure were you of your choices?", required=True, low=1, high=7,
        options=["very unsure", "very sure"],
    )  # fmt: skip
    assert remarks == question(key="q4", text="Is there anything that you want to tell us?")


@pytest.mark.parametrize(
    "definition",
    [
        parse(WRITTEN),
        [],
        [question(text="Does it end with a star *")],
        [question(kind="scale", low=0, high=5, options=["no, never", "yes, always"])],
        [question(kind="number", low=-5, high=5)],
    ],
)
def test_what_is_written_is_read_back_the_same(definition: list[dict[str, Any]]) -> None:
    assert parse(as_text(definition)) == definition


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Age?\nNumber: 18-99", {"kind": "number", "low": 18, "high": 99}),
        ("Sure?\nscale 1..5", {"kind": "scale", "low": 1, "high": 5}),
        ("Sure?\nSCALE 1 – 5; low, high", {"kind": "scale", "options": ["low", "high"]}),
        ("Which?\n* one\n• two", {"kind": "choice", "options": ["one", "two"]}),
        ("Why? (required)\ntext", {"kind": "text", "required": True, "text": "Why?"}),
        ("[Age]Age?\r\nnumber 1 to 2\r\n\r\n\r\n", {"key": "age", "text": "Age?"}),
        ('[{"text": "Why?"}]', {"key": "q1", "kind": "text", "required": False}),
    ],
)
def test_the_parser_forgives(text: str, answer: dict[str, Any]) -> None:
    found = parse(text)[0]
    assert {name: found[name] for name in answer} == answer


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Age?\nnumber", "Question 1: a number needs two whole numbers, such as “number 18 to 99”."),
        ("Sure?\nscale 1 to many", "a scale needs two whole numbers"),
        ("Sure?\nscale 1 to 5: only one", "names for both of its ends"),
        ("Sure?\nscale 1 to 50", "at most 11 steps"),
        ("Age?\nnumber 9 to 3", r"its low \(9\) must be below its high \(3\)"),
        ("Which?\n- one", "a choice needs 2 to 50 options"),
        ("Which?\n- one\n- one", "there more than once"),
        ("One?\nTwo?", "Question 1: “Two\\?” is not understood"),
        ("One?\n\n[a b] Two?", "Question 2: its key must be"),
        ("[a] One?\n\n[a] Two?", "“a” is used more than once"),
        ("Age?\nnumber 1 to 2\nnumber 3 to 4", "one too many"),
        ('[{"text": }]', "Line 1 is no JSON"),
        ('[{"text": "Why?", "colour": "red"}]', "there is no “colour”"),
        ("[" + '{"text": "Why?"},' * 50 + '{"text": "Why?"}]', "at most 50 questions"),
        ("x" * 301, "1 to 300 characters"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(QuestionError, match=sentence):
        parse(text)


@pytest.mark.parametrize(
    "definition", [{}, [1], [{"text": "Why?"}], [question(required="yes")], [question(kind="essay")]]
)
def test_definitions_from_programs_are_checked(definition: Any) -> None:
    assert questionnaire.problem(definition)


def test_answers_are_stored_by_key_in_their_types() -> None:
    values, errors = questionnaire.check(parse(WRITTEN), {"age": " 30 ", "q2": "1", "q3": "7", "q4": "", "other": "x"})
    assert (values, errors) == ({"age": 30, "q2": "glasses", "q3": 7}, {})


@pytest.mark.parametrize(
    ("given", "key", "sentence"),
    [
        ({}, "age", "Please answer this question."),
        ({"age": "17"}, "age", "Give a whole number from 18 to 99."),
        ({"age": "old"}, "age", "Give a whole number from 18 to 99."),
        ({"q2": "3"}, "q2", "Choose one of the answers offered."),
        ({"q3": "0"}, "q3", "Choose one of the answers offered."),
        ({"q4": "x" * 2001}, "q4", "Please write at most 2000 characters."),
    ],
)
def test_answers_that_cannot_be_taken(given: dict[str, str], key: str, sentence: str) -> None:
    assert questionnaire.check(parse(WRITTEN), given)[1][key] == sentence


def test_options_mean_the_same_in_every_language() -> None:
    """What is sent is an option's number, what is stored its own words."""
    german = [question(key="q2", kind="choice", text="Brille?", options=["nein", "Brille", "Linsen"])]
    shown = questionnaire.shown(parse(WRITTEN), german)[1]
    assert (shown.text, shown.choices[2]) == ("Brille?", ("2", "Linsen"))
    assert questionnaire.check(parse(WRITTEN), {"q2": "2"})[0] == {"q2": "contact lenses"}


def test_a_translation_that_does_not_fit_is_left_out() -> None:
    other = [question(key="q2", kind="choice", text="Brille?", options=["nein", "ja"]), {"key": "gone"}]
    shown = questionnaire.shown(parse(WRITTEN), other)
    assert [choice for _, choice in shown[1].choices] == ["no", "glasses", "contact lenses"]
    assert shown[0].text == "How old are you?"
