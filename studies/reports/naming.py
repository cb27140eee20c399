"""What people named before and after, as tables and sentences: the results page and the report show the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studies.aggregation.named import BEFORE, CHOSEN, NOT_INDEPENDENT, RANDOM
from studies.reports.source import NONE, listed, percent, percents, probability, several, text
from studies.reports.tables import Table
from studies.results import StudyResults

#: Images of which every picture's labels are listed.
FEW = 10
#: Conditions in words; methods have names.
WORDS = {"control": "random control", "single": "single sample", "reference": "truth"}
UNIT = (
    "Nobody names the same picture twice here, so that for one picture people are independent cases; “cannot tell” is "
    "not right. People see several pictures of an image, in balanced order: later answers may rest on earlier ones."
)


def told(found: StudyResults) -> list[str]:
    """Who named what, and what is undefined. Nothing where nobody named anything."""
    naming = found.evidence.get("naming")
    if not naming:
        return []
    people, simulated = naming["people"], naming["simulated"]
    who = f"{several(people, 'person', 'people')} named pictures with the question and the labels of the voting."
    if simulated:
        who += f" {simulated} of them {'is' if simulated == 1 else 'are'} simulated: a rehearsal, not evidence."
    right = naming["right"]
    known = f"{len(right['items'])} of {several(len(naming['items']), 'image')} with a label known to be right."
    return [who, UNIT, known if right["pooled"] else f"{_capital(right['reason'])}. Who changed is told all the same."]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def tables(found: StudyResults) -> list[Table]:
    """How many were right, who changed, and what they named."""
    naming = found.evidence.get("naming")
    if not naming:
        return []
    names = {item.position: item.name for item in found.items}
    pooled = [right(naming["right"])] if naming["right"]["pooled"] else []
    single = [right_by_item(naming["right"], names)] if len(naming["right"]["items"]) > 1 else []
    return [*pooled, *single, shifts(naming, names), shares(naming, names)]


def right(found: Mapping[str, Any]) -> Table:
    """Over all images with a known right label; people count once each."""
    pooled, several_items = found["pooled"], len(found["items"]) > 1
    header = ("Picture", "Named right", "Interval", "People", "Better", "Worse", "p, people")
    rows = []
    for name, share in {BEFORE: pooled["before"], **pooled["conditions"]}.items():
        tests = pooled["mcnemar"].get(name)
        by_answers = (_p(tests["answers"]) if tests else NONE,) if several_items else ()
        change = _change(tests["people"]) if tests else (NONE,) * 3
        rows.append((_words(name), percent(share["value"], 1), percents(share["low"], share["high"]),
                     str(share["count"]), *change, *by_answers))  # fmt: skip
    notes = [
        "Better and worse: people who are right more often, or less often, than in the low-resolution image; p of the "
        "exact McNemar test of the two, in which each person counts once.",
        _choice(pooled["choice"]["people"]),
        _cochran(pooled["cochran"]),
        *_undefined({name: both["people"] for name, both in pooled["mcnemar"].items()}),
    ]
    if several_items:
        notes.insert(1, f"p, answers: the same of all answers. {NOT_INDEPENDENT} Intervals are Wilson's for so many "
                        "people, as if all answers of one person were one.")  # fmt: skip
    title = f"Named right before and after, {several(len(found['items']), 'image')}"
    return Table(title, (*header, *(("p, answers",) if several_items else ())), tuple(rows), tuple(notes))


def _change(test: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(test["gained"]), str(test["lost"]), _p(test)


def _p(test: Mapping[str, Any]) -> str:
    """The number alone; a dash where it is undefined, which `_undefined` explains."""
    return NONE if test["value"] is None else probability(test["value"]).removeprefix("p ").removeprefix("= ")


def _undefined(tests: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Why a p is not there, in words. tests: by condition"""
    reasons: dict[str, list[str]] = {}
    for name, test in tests.items():
        if reason := test["reason"]:
            reasons.setdefault(reason, []).append(_words(name))
    for reason, of in reasons.items():
        yield f"p of {listed(of)}: {reason}."


def _choice(test: Mapping[str, Any]) -> str:
    if test["reason"]:
        return f"The ensemble against the random control: {test['reason']}."
    return (
        f"The ensemble against the random control, which tells choosing from averaging: {test['gained']} better, "
        f"{test['lost']} worse, {probability(test['value'])}."
    )


def _cochran(test: Mapping[str, Any]) -> str:
    if test["reason"]:
        return f"Cochran’s Q over all pictures: {test['reason']}."
    return (
        f"Cochran’s Q over all pictures, {several(test['count'], 'case')} complete: {text(test['statistic'])}, "
        f"{probability(test['value'])} ({test['method'].rstrip('.')})."
    )


def right_by_item(found: Mapping[str, Any], names: Mapping[int, str]) -> Table:
    """Each image on its own: people are independent cases there."""
    rows, notes = [], []
    for one in found["items"]:
        image = f"{names.get(one['item'], one['item'])} (“{one['label']}”)"
        for name, share in {BEFORE: one["before"], **one["conditions"]}.items():
            test = one["mcnemar"].get(name)
            change = _change(test) if test else (NONE,) * 3
            rows.append((f"{image}: {_words(name)}", percent(share["value"], 1), percents(share["low"], share["high"]),
                         str(share["count"]), *change))  # fmt: skip
        notes += [f"{image}: {note}" for note in (_cochran(one["cochran"]), *_undefined(one["mcnemar"]))]
    header = ("Image and picture", "Named right", "Wilson interval", "People", "Became right", "Became wrong", "p")
    return Table("Named right before and after, by image", header, tuple(rows),
                 ("p: exact McNemar test against the low-resolution image, unadjusted.", *notes))  # fmt: skip


def shifts(naming: Mapping[str, Any], names: Mapping[int, str]) -> Table:
    """From what to what the same people changed, from the low-resolution image to the ensemble."""
    rows: list[tuple[str, ...]] = []
    notes, labels = [], naming["labels"]
    for one in naming["items"]:
        image, shift = str(names.get(one["item"], one["item"])), one["shifts"].get(CHOSEN)
        if shift is None or shift["reason"]:
            notes.append(f"{image}: {shift['reason'] if shift else 'undefined: there is no ensemble'}.")
            continue
        rows += _moves(image, shift["counts"], labels)
        notes.append(f"{image}: {shift['changed']} of {several(shift['people'], 'person', 'people')} changed.")
    header = ("Image", "Low-resolution image", "Ensemble", "People")
    return Table("Who changed from what to what", header, tuple(rows), tuple(notes))


def _moves(image: str, counts: Sequence[Sequence[int]], labels: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for first, row in zip(labels, counts, strict=True):
        for second, count in zip(labels, row, strict=True):
            if count:
                yield image, first, second, str(count)


def shares(naming: Mapping[str, Any], names: Mapping[int, str]) -> Table:
    """What was named, by picture. Labels that nobody gave to a picture are left out; of many images, most pictures."""
    rows, many = [], len(naming["items"]) > FEW
    for one in naming["items"]:
        given = {BEFORE: one["before"], **one["conditions"]}
        for name, intervals in given.items():
            if many and name not in (BEFORE, CHOSEN, RANDOM):
                continue
            for label, share in zip(naming["labels"], intervals, strict=True):
                if share["value"]:
                    people = f"{round(share['value'] * share['count'])} of {share['count']}"
                    rows.append((f"{names.get(one['item'], one['item'])}: {_words(name)}", label, people,
                                 percent(share["value"]), percents(share["low"], share["high"])))  # fmt: skip
    header = ("Image and picture", "Label", "People", "Share", "Wilson interval")
    notes = ["Labels that nobody gave to a picture are left out."]
    if many:
        notes.append(f"Of more than {FEW} images only the picture before, the ensemble and the control are here; the "
                     "others are in results.json.")  # fmt: skip
    return Table("What people named", header, tuple(rows), tuple(notes))


def _words(name: str) -> str:
    return WORDS.get(name, name)
