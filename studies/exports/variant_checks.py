"""Variants of the ensemble, planned anew from the votes of an export.

Exports made before there were variants say nothing of them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from studies.aggregation.marks import Mark
from studies.aggregation.variants import Recipe, Votes, plan
from studies.exports import trials, variants
from studies.exports.bundle import Bundle
from studies.exports.cells import cell, restore
from studies.exports.checks import analysis, left_out, read_json, table
from studies.exports.document import FILE as RESULTS
from studies.exports.document import tie_seed
from studies.models import CANNOT_TELL
from studies.results import MADE

Facts = dict[str, Any]


def recipes(bundle: Bundle) -> Iterator[str]:
    """Each variant is made of the samples, by the rule and with the weights and parts, that the votes give."""
    results = read_json(bundle, RESULTS)
    asked = results["protocol"] | analysis(results)
    marks = _marks(bundle, left_out(results)) if any(map(_made, results["items"])) else {}
    for item in filter(_made, results["items"]):
        number = item["position"]
        given = _votes(item, asked, marks.get(number, []))
        if item["evaluation"]["variants"]["digest"] != given.digest:
            yield f"Item {number}: its variants were made of other votes."
        found = {recipe.key: _plain(recipe) for recipe in plan(given)}
        stated = {variant["key"]: _stated(variant) for variant in variants.stated(item)}
        for key in found.keys() | stated.keys():
            if found.get(key) != stated.get(key):
                yield f"Item {number}, variant {key}: it is not made of what the votes give."


def _made(item: Facts) -> bool:
    return item["evaluation"].get("variants", {}).get("state") == MADE


def _votes(item: Facts, protocol: Facts, marks: list[Mark]) -> Votes:
    samples = item["samples"]
    return Votes(
        votes=tuple(sample["votes"] for sample in samples),
        by_label={
            label: tuple(sample["votes_by_label"][place] for sample in samples)
            for place, label in enumerate(item["labels"])
            if label != CANNOT_TELL
        },
        ballots={one["label"]: one["count"] for one in item["label_shares"] if one["label"] != CANNOT_TELL},
        marks=tuple(marks),
        consistency=tuple(sample["lr_consistency"] for sample in samples),
        n=protocol["ensemble_size"],
        ties=protocol["tie_rule"],
        seed=tie_seed(protocol["seed"], item["position"]),
        width=item["width"],
        height=item["height"],
    )


def _marks(bundle: Bundle, without: set[str]) -> dict[int, list[Mark]]:
    """By item: the part that each vote marked and its picks."""
    found: dict[int, list[Mark]] = defaultdict(list)
    for row in table(bundle, trials.FILE):
        counts = row["kind"] == "main" and row["repeat"] == "0" and row["participant"] not in without
        if counts and row["region"] and row["picks"]:
            picks = sorted(int(index) for index in row["picks"].split(trials.SEPARATOR))
            found[int(row["item"])].append((json.loads(row["region"]), picks))
    return found


def _plain(recipe: Recipe) -> Facts:
    """What `_stated` gives of an export; parts by pool index."""
    cells = [sorted(recipe.samples[place] for place in cell) for cell in recipe.parts.get("cells", ())]
    weights = recipe.weights or (1,) * len(recipe.samples)
    return {
        "rule": recipe.rule,
        "label": recipe.label,
        "members": dict(zip(recipe.samples, weights, strict=True)),
        "parts": [recipe.parts["columns"], recipe.parts["rows"], cells] if cells else None,
        "effective_n": recipe.effective_n,
    }


def _stated(variant: Facts) -> Facts:
    ensemble, parts = variant["ensemble"], variant["ensemble"]["parts"]
    indexes = [member["index"] for member in ensemble["members"]]
    cells = [sorted(indexes[place] for place in cell) for cell in parts["cells"]] if parts else []
    return {
        "rule": ensemble["rule"],
        "label": variant["label"],
        "members": {member["index"]: member["weight"] for member in ensemble["members"]},
        "parts": [parts["columns"], parts["rows"], cells] if parts else None,
        "effective_n": variant["effective_n"],
    }


def rows(bundle: Bundle) -> Iterator[str]:
    """variants.csv says what results.json says."""
    results = read_json(bundle, RESULTS)
    if not any("variants" in item["evaluation"] for item in results["items"]):
        return
    names = [column.name for column in variants.COLUMNS]
    found = [[restore(cell(value)) for value in row] for row in variants.rows(results)]
    stated = [[row.get(name) for name in names] for row in table(bundle, variants.FILE)]
    if stated != found:
        yield f"{variants.FILE} and {RESULTS} do not say the same."
