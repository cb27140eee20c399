"""Each of the twelve requirements on a vote that can be trusted has a test that names it, as "1.15 (n)"."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
REQUIREMENTS = {
    1: "votes: one per participant and trial; the same submission again is harmless, another one is refused",
    2: "order: from a stored seed by a documented algorithm, balanced over participants, exported",
    3: "large pools: pages, which samples were on screen for how long, votes per exposure",
    4: "pixels: whole multiples, no smoothing, the pixel ratio noted at the start and when it changes",
    5: "image files: lossless, as they were stored, compared with their sha256",
    6: "leave and return: on any device, abandoned places come back, late-comers get a code",
    7: "recruiters: ids read and stored before any redirect, separate codes, one person never twice",
    8: "every block explains itself: what failed, what was measured, what is needed",
    9: "accessibility: WCAG 2.2 AA",
    10: "blindness: names, addresses, texts, order and headers disclose nothing",
    11: "“cannot tell” is always offered and stays in the shares",
    12: "privacy: recruiters' ids apart, erased on their own; who withdraws is counted and in nothing else",
}
#: "1.15 (3)", "1.15 (2) and (3)"
NAMED = re.compile(r"1\.15 ((?:\(\d+\)(?:, | and )?)+)")


def requirements(text: str) -> set[int]:
    return {int(number) for group in NAMED.findall(text) for number in re.findall(r"\d+", group)}


@cache
def named() -> dict[int, list[str]]:
    """Requirement -> the tests whose docstrings name it."""
    found = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in requirements(ast.get_docstring(node) or ""):
                    found[number].append(f"{path.relative_to(TESTS)}::{node.name}")
    return found


@pytest.mark.parametrize("number", REQUIREMENTS)
def test_a_test_names_it(number: int) -> None:
    assert named().get(number), f"no test says that it is about 1.15 ({number}), {REQUIREMENTS[number]}"


def test_no_test_names_what_is_no_requirement() -> None:
    assert set(named()) <= set(REQUIREMENTS)


def test_names_are_read_as_people_write_them() -> None:
    assert requirements("1.15 (3): seen.") == {3}
    assert requirements("See 1.15 (2) and (12), and (4).") == {2, 12}
    assert requirements("Section 1.15, and (3).") == set()
