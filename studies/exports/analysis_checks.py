"""How the ballots were read, checked: who was left out, and what the versions of the analysis say.

Exports made before there were analysis plans say nothing of them.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from studies.aggregation.screening import Answer, screen
from studies.exports import ballots, trials
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json, table
from studies.exports.document import FILE as RESULTS
from studies.services.analysis.plan import EXCLUSIONS


def versions(bundle: Bundle) -> Iterator[str]:
    """Each version has the digest and the changes that follow from what it says; the first one is the protocol's."""
    results = read_json(bundle, RESULTS)
    protocol = results["protocol"]
    known = protocol | protocol.get("plan", {})
    first = (results.get("analysis_versions") or [{}])[0].get("analysis", {})
    for place, version in enumerate(results.get("analysis_versions", []), start=1):
        whole = version["analysis"]
        if version["number"] != place:
            yield f"Analysis version {place} has the number {version['number']}."
        canonical = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        if hashlib.sha256(canonical.encode()).hexdigest() != version["sha256"]:
            yield f"Analysis version {place} is not the one that its sha256 names."
        if version["changes"] != {name: value for name, value in whole.items() if value != first[name]}:
            yield f"Analysis version {place}: its changes are not how it differs from the protocol."
    for name, value in first.items():
        if known.get(name, value) != value:
            yield f"Analysis version 1 has {name} {value}, the protocol {known[name]}."


def exclusions(bundle: Bundle) -> Iterator[str]:
    """Who is left out fails the rules of the latest version by their own answers; nobody else does."""
    results = read_json(bundle, RESULTS)
    if not results.get("analysis_versions"):
        return
    rules = {name: results["analysis_versions"][-1]["analysis"][name] for name in EXCLUSIONS}
    stated = {one["participant"]: one["rules"] for one in results["excluded"]}
    answers = _answers(bundle) if any(rules.values()) else {}
    for person in sorted(answers.keys() | stated.keys()):
        failed = [one.rule for one in screen(answers.get(person, []), **rules) if one.passed is False]
        if failed != stated.get(person, []):
            yield f"Participant {person} fails {failed or 'no rule'}; {RESULTS} says {stated.get(person) or 'none'}."


def failing(bundle: Bundle, rules: dict[str, Any]) -> set[str]:
    """Who fails one of the rules. rules: their limits by name"""
    answers = _answers(bundle) if any(rules.values()) else {}
    return {person for person, own in answers.items() if any(one.passed is False for one in screen(own, **rules))}


def _answers(bundle: Bundle) -> dict[str, list[Answer]]:
    """Of each participant, what was sent."""
    first = {
        (row["participant"], row["item"]): int(row["position"])
        for row in table(bundle, ballots.FILE)
        if row["pick"] == "1"
    }
    found: dict[str, list[Answer]] = defaultdict(list)
    for row in table(bundle, trials.FILE):
        if row["cast_at"]:
            place = None if row["repeat"] != "0" else first.get((row["participant"], row["item"]))
            found[row["participant"]].append(_answer(row, place))
    return found


def _answer(row: dict[str, str], place: int | None) -> Answer:
    return Answer(
        kind=row["kind"],
        item=int(row["item"]),
        repeat=int(row["repeat"]),
        label=row["label"],
        expected=row["expected_label"],
        milliseconds=int(row["picking_ms"]) + int(row["label_ms"] or 0) if row["picking_ms"] else None,
        place=place,
        ratio_changes=int(row["ratio_changes"]) if row["ratio_changes"] else None,
    )
