"""What people named before and after, worked out anew from ballots.csv and ratings.csv."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from studies.aggregation.named import Naming, of_names
from studies.exports import ballots, design, ratings
from studies.exports.bundle import Bundle
from studies.exports.checks import left_out, read_json, table
from studies.exports.document import FILE as RESULTS
from studies.exports.recompute import differences
from studies.exports.right_labels import HIDDEN
from studies.models import Mode
from studies.results import to_jsonable

#: Item -> condition -> participant -> label.
Answers = dict[int, dict[str, dict[str, str]]]


def check(bundle: Bundle) -> Iterator[str]:
    """Shares, changes and tests; of right labels only where the export has them."""
    results = read_json(bundle, RESULTS)
    stated, given = (results.get("evidence") or {}).get("naming"), list(_given(bundle, left_out(results)))
    if not stated:
        if given and stated is not None:
            yield f"Naming: {ratings.FILE} has {len(given)} answers, {RESULTS} makes nothing of them."
        return
    setting = read_json(bundle, design.FILE)
    answers, people = _shown(setting), {row["participant"]: row["simulated"] == "true" for row in given}
    for row in given:
        own = answers.get(int(row["item"]), {}).get(row["stimulus"])
        if own is None:
            yield f"Naming: item {row['item']} has answers to “{row['stimulus']}”, {design.FILE} has no such picture."
        else:
            own[row["participant"]] = row["label"]
    labels, confidence = results["items"][0]["labels"], results["analysis_versions"][-1]["analysis"]["confidence"]
    found = of_names(_items(bundle, setting, answers, people), labels, confidence=confidence)
    numbers = {"people": len(people), "simulated": sum(people.values())}
    yield from _compared(to_jsonable(numbers | found), stated)


def _shown(setting: dict[str, Any]) -> Answers:
    """Every picture, without an answer. Only where people named."""
    found: Answers = defaultdict(dict)
    phase = setting["rating"]
    if phase is not None and phase["settings"]["mode"] == Mode.NAMING:
        for one in phase["stimuli"]:
            found[one["item"]][one["condition"]] = {}
    return found


def _given(bundle: Bundle, without: set[str]) -> Iterator[dict[str, str]]:
    """First answers of those whose ballots count; none in exports that were made before people were asked."""
    for row in table(bundle, ratings.FILE) if ratings.FILE in bundle.sizes else ():
        if row.get("label") and row["repeat"] == "0" and row["participant"] not in without:
            yield row


def _items(bundle: Bundle, setting: dict[str, Any], answers: Answers, people: dict[str, bool]) -> list[Naming]:
    before: dict[int, dict[str, str]] = defaultdict(dict)
    for row in table(bundle, ballots.FILE):
        if row["participant"] in people:
            before[int(row["item"])][row["participant"]] = row["label"]
    right = {item["position"]: item["expected_label"] for item in setting["items"]}
    return [Naming(number, before[number], answers[number], right[number]) for number in sorted(answers)]


def _compared(found: dict[str, Any], stated: dict[str, Any]) -> Iterator[str]:
    hidden = stated["right"]["reason"] == HIDDEN
    for part, figures in found.items():
        if part != "right" or not hidden:
            yield from differences(f"Naming, {part}", _comparable(figures), stated[part])


def _comparable(value: Any) -> Any:
    """Without the digests of what estimators were given: they name people, whose names differ from level to level."""
    if isinstance(value, dict):
        return {name: _comparable(entry) for name, entry in value.items() if name != "inputs"}
    return [_comparable(entry) for entry in value] if isinstance(value, list) else value
