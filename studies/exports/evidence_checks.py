"""Evidence, worked out anew from the votes and samples of an export.

Exports of votes whose evidence no worker had made say nothing of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from studies.aggregation.agreement import krippendorff_alpha
from studies.aggregation.evidence import Rule, of_labels, of_picks
from studies.aggregation.labels import dawid_skene
from studies.exports import ballots, participants
from studies.exports.bundle import Bundle
from studies.exports.checks import is_public, left_out, read_json, table
from studies.exports.document import FILE as RESULTS
from studies.exports.document import tie_seed
from studies.exports.recompute import BundlePool, differences
from studies.models import TieRule
from studies.results import to_jsonable
from studies.services.analysis.evidence_study import AGREEMENT
from studies.services.analysis.plan import bootstrap_seed
from studies.services.ordering import derived_seed

Facts = dict[str, Any]


def items(bundle: Bundle) -> Iterator[str]:
    """Labels, picks and pictures of each item: intervals, tests, stability, convergence, draws included."""
    results = read_json(bundle, RESULTS)
    if not any(item.get("evidence") for item in results["items"]):
        return
    given = _given(bundle, left_out(results))
    for item in results["items"]:
        if stated := item.get("evidence"):
            found = _worked_out(bundle, results, item, given[item["position"]])
            for part, figures in found.items():
                yield from differences(f"Item {item['position']}, {part}", figures, stated[part])


def untold(bundle: Bundle) -> Iterator[str]:
    """Evidence that is not there, so that nothing can be said of it."""
    results = read_json(bundle, RESULTS)
    lacking = [item["name"] for item in results["items"] if item["ballots"] and not item.get("evidence")]
    if lacking or (not results.get("evidence") and any(item["ballots"] for item in results["items"])):
        which = f" of {', '.join(lacking)}" if lacking else " over all images"
        yield f"evidence{which}: {RESULTS} has none, though there are votes"


def study(bundle: Bundle) -> Iterator[str]:
    """Agreement on labels over all items, and what a model of people's errors makes of them."""
    results = read_json(bundle, RESULTS)
    stated = (results.get("evidence") or {}).get("labels")
    if not stated:
        return
    table = _labels(bundle, results)
    seed, confidence = derived_seed(results["protocol"]["seed"], AGREEMENT), _plan(results)["confidence"]
    alpha = krippendorff_alpha(np.array(table, dtype=object), level="nominal", seed=seed, confidence=confidence)
    model = to_jsonable(dawid_skene(table))
    found = {
        "krippendorff": to_jsonable(alpha),
        "dawid_skene": {name: model[name] for name in model.keys() & stated["dawid_skene"].keys()},
    }
    # A public export does not tell the order of people, in which estimators were given their labels.
    yield from differences("Agreement on labels", numbers(found) if is_public(bundle) else found, stated)


def _worked_out(bundle: Bundle, results: Facts, item: Facts, given: dict[str, tuple[set[int], str]]) -> Facts:
    plan, study_seed, number = _plan(results), results["protocol"]["seed"], item["position"]
    seed, pool = bootstrap_seed(study_seed, number), BundlePool(bundle, item)
    labelled = bool(item["labels"])
    counts = [label["count"] for label in item["label_shares"]]
    picks = of_picks(
        [picked for picked, _ in given.values()],
        [label for _, label in given.values()] if labelled else [],
        _rule(plan, item, tie_seed(study_seed, number)),
        pool_size=len(item["samples"]),
        seed=seed,
        resamples=plan["resamples"],
        mean=pool.mean,
    )
    found: Facts = to_jsonable({"labels": of_labels(counts, seed=seed, confidence=plan["confidence"]), "picks": picks})
    return found


def _rule(plan: Facts, item: Facts, seed: int) -> Rule:
    secondary = plan["tie_rule"] == TieRule.SECONDARY
    keys = tuple(sample["lr_consistency"] for sample in item["samples"]) if secondary else None
    return Rule(plan["ensemble_size"], plan["tie_rule"], seed, keys)


def _plan(results: Facts) -> Facts:
    """n, tie rule, confidence and resamples of the analysis that is reported."""
    return results["analysis_versions"][-1]["analysis"]


def _given(bundle: Bundle, without: set[str]) -> dict[int, dict[str, tuple[set[int], str]]]:
    """Item -> participant -> pool indexes picked, and label, of every vote that counts."""
    found: dict[int, dict[str, tuple[set[int], str]]] = defaultdict(dict)
    for row in table(bundle, ballots.FILE):
        if row["participant"] in without:
            continue
        picked, _ = found[int(row["item"])].setdefault(row["participant"], (set(), row["label"]))
        if row["sample"]:
            picked.add(int(row["sample"]))
    return found


def _labels(bundle: Bundle, results: Facts) -> Sequence[Sequence[str | None]]:
    """A row for each item, a column for each participant who voted, in the order of enrolment where that is told."""
    given = _given(bundle, left_out(results))
    voted = {person for answers in given.values() for person in answers}
    people = [row["participant"] for row in table(bundle, participants.FILE) if row["participant"] in voted]
    numbers = [item["position"] for item in results["items"]]
    return [[given[number].get(person, (set(), ""))[1] or None for person in people] for number in numbers]


def numbers(value: Any) -> Any:
    """As JSON has it, without the digests of inputs, in which the last bit of a number may differ."""
    plain = to_jsonable(value)
    return _dropped(plain)


def _dropped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _dropped(entry) for name, entry in value.items() if name != "inputs"}
    if isinstance(value, list):
        return [_dropped(entry) for entry in value]
    return value
