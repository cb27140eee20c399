"""Words that are written from right to left, in the order and the forms in which a line shows them.

reportlab sets letters one after the other from the left. Arabic letters get the form that their neighbours ask for
(Unicode's presentation forms, by their own decompositions), and a line its visual order by the rules of Unicode's
annex 9 for texts without embeddings: strong letters, numbers, and neutral ones between them.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import groupby

RIGHT = ("R", "AL")
_MIRRORED = dict(zip("()[]{}<>«»‹›", ")(][}{><»«›‹", strict=True))
#: Code points of the forms: of two letters in one, and of one.
_FORMS = (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD))


def has_right(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(letter) in RIGHT for letter in text)


def begins_right(text: str) -> bool:
    """Whether the first letter with a direction is written from right to left, and so the paragraph."""
    kinds = (unicodedata.bidirectional(letter) for letter in text)
    return next((kind in RIGHT for kind in kinds if kind in ("L", *RIGHT)), False)


def joined(text: str) -> str:
    """Arabic letters in the forms that they have beside each other; other texts as they are."""
    letters = _with_ligatures(text)
    return "".join(_form(letters, place) for place in range(len(letters)))


def visual(line: str, *, right: bool) -> str:
    """One line as it is read from the left. right: the paragraph runs from right to left"""
    levels = _levels(line, base=int(right))
    letters = [
        _MIRRORED.get(letter, letter) if level % 2 else letter for letter, level in zip(line, levels, strict=True)
    ]
    for level in range(max(levels, default=0), 0, -1):
        letters, levels = _reversed(letters, levels, level)
    return "".join(letters)


def _reversed(letters: list[str], levels: list[int], least: int) -> tuple[list[str], list[int]]:
    """Every run of this level or more, turned round."""
    found: list[tuple[str, int]] = []
    for high, run in groupby(zip(letters, levels, strict=True), key=lambda pair: pair[1] >= least):
        pairs = list(run)
        found += pairs[::-1] if high else pairs
    return [letter for letter, _ in found], [level for _, level in found]


def _levels(line: str, *, base: int) -> list[int]:
    kinds = [_kind(letter) for letter in line]
    return [_level(_settled(kinds, place, base), base) for place in range(len(kinds))]


def _kind(letter: str) -> str:
    """L, R, number, bracket or neutral."""
    if letter in "()[]{}":
        return "B"
    kind = unicodedata.bidirectional(letter)
    return {"L": "L", "R": "R", "AL": "R", "EN": "1", "AN": "1", "NSM": "R"}.get(kind, " ")


def _settled(kinds: list[str], place: int, base: int) -> str:
    """Brackets go with the paragraph, numbers with the letters before them, all else with what is on both sides."""
    kind, own = kinds[place], "LR"[base]
    if kind == "1":
        before = next((one for one in reversed(kinds[:place]) if one in "LR"), own)
        return "1" if before == "R" else "L"
    if kind != " ":
        return own if kind == "B" else kind
    sides = {_side(kinds, near, base) for near in (_last(kinds, place), _next(kinds, place))}
    return sides.pop() if len(sides) == 1 else own


def _side(kinds: list[str], place: int | None, base: int) -> str:
    """What a neutral letter has there: numbers after R count as R."""
    found = "LR"[base] if place is None else _settled(kinds, place, base)
    return "R" if found == "1" else found


def _last(kinds: list[str], place: int) -> int | None:
    return next((at for at in range(place - 1, -1, -1) if kinds[at] != " "), None)


def _next(kinds: list[str], place: int) -> int | None:
    return next((at for at in range(place + 1, len(kinds)) if kinds[at] != " "), None)


def _level(kind: str, base: int) -> int:
    return {"L": 2 if base else 0, "R": 1, "1": 2}[kind]


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Letters -> form -> the letter in it."""
    found: dict[str, dict[str, str]] = {}
    for code in _FORMS:
        form, *parts = unicodedata.decomposition(chr(code)).split() or [""]
        if form in ("<initial>", "<medial>", "<final>", "<isolated>"):
            found.setdefault("".join(chr(int(part, 16)) for part in parts), {})[form] = chr(code)
    return found


def _with_ligatures(text: str) -> list[str]:
    """Single letters, but lam and alef together: no other ligature is needed."""
    letters: list[str] = []
    for letter in text:
        if letters and letters[-1] == "\u0644" and letter in "\u0622\u0623\u0625\u0627":
            letters[-1] += letter
        else:
            letters.append(letter)
    return letters


def _form(letters: list[str], place: int) -> str:
    own = _forms().get(letters[place], {})
    before, after = _neighbour(letters, place, -1), _neighbour(letters, place, 1)
    ends = "<final>" in own and "<initial>" in _forms().get(before, {})
    begins = "<initial>" in own and "<final>" in _forms().get(after, {})
    form = "<medial>" if ends and begins else "<final>" if ends else "<initial>" if begins else "<isolated>"
    return own.get(form, letters[place])


def _neighbour(letters: list[str], place: int, step: int) -> str:
    """The next letter that is no mark above or below another."""
    place += step
    while 0 <= place < len(letters) and unicodedata.category(letters[place][-1]) == "Mn":
        place += step
    return letters[place] if 0 <= place < len(letters) else ""
