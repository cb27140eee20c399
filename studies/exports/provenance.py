"""Where samples come from that were made from others: told in results, table and manifest alike, and checked."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from inference.samplers.mixtures import INTERPOLATION, Origin, interpolation
from studies.exports import layout, samples
from studies.exports.bundle import Bundle
from studies.exports.cells import cell, restore
from studies.exports.checks import read_json, table
from studies.exports.document import FILE as RESULTS
from studies.exports.manifest import MANIFEST


def provenance(sample: dict[str, Any]) -> dict[str, Any] | None:
    """Of one sample in results.json, as the manifest says it: how it was made, and sha256 of its parents."""
    if not sample.get("derivation"):
        return None
    return {"kind": sample["derivation"], "samples": sample["parents"]}


def check(bundle: Bundle) -> Iterator[str]:
    """Every parent is in the pool of its child, and all three files say the same.

    Exports made before there were such samples say nothing of them.
    """
    listed = {(int(row["item"]), int(row["sample"])): row for row in table(bundle, samples.FILE)}
    entries = read_json(bundle, MANIFEST)["files"]
    for item in read_json(bundle, RESULTS)["items"]:
        number = item["position"]
        recipes = {job["digest"]: job.get("derivation", {}) for job in item["jobs"]}
        known = {sample["sha256"] for sample in item["samples"]}
        for sample in item["samples"]:
            where = f"Item {number}, sample {sample['index']}"
            parents = sample.get("parents", [])
            if not known.issuperset(parents):
                yield f"{where}: it was made from a sample that is not in its pool."
            stated = provenance(sample)
            if stated != _of_job(recipes.get(sample["job_digest"], {})):
                yield f"{where}: its job says that it was made otherwise."
            row = listed.get((number, sample["index"]), {})
            if (row.get("derivation", ""), row.get("parents", "")) != (sample.get("derivation", ""), " ".join(parents)):
                yield f"{where}: {samples.FILE} says that it was made otherwise."
            if entries.get(layout.sample(number, sample["index"]), {}).get("derivation") != stated:
                yield f"{where}: {MANIFEST} says that it was made otherwise."


def _of_job(derivation: dict[str, Any]) -> dict[str, Any] | None:
    return {"kind": derivation["kind"], "samples": derivation["samples"]} if derivation else None


def seeds(bundle: Bundle) -> Iterator[str]:
    """Each job drew from its consecutive seeds, one sample each, as far as it has come."""
    for item in read_json(bundle, RESULTS)["items"]:
        drawn: dict[str, list[int]] = {job["digest"]: [] for job in item["jobs"]}
        noise: dict[str, Origin] = {}
        for sample in item["samples"]:
            drawn[sample["job_digest"]].append(sample["seed"])
            noise[sample["sha256"]] = Origin(sample["seed"], sample.get("attempt", 0))
        for job in item["jobs"]:
            asked, seeds = range(job["first_seed"], job["first_seed"] + job["count"]), drawn[job["digest"]]
            if seeds != sorted(set(seeds) & set(asked)):
                yield f"Item {item['position']}: its samples do not have the seeds of the job {job['digest'][:12]}."
            made = job.get("derivation") or {}
            if made.get("kind") == INTERPOLATION and made != _between(made["samples"], noise, job["count"]):
                yield f"Item {item['position']}: the job {job['digest'][:12]} does not lie evenly between its parents."


def _between(parents: list[str], noise: dict[str, Origin], count: int) -> dict[str, Any] | None:
    """What is stored of so many samples between these. noise: by sha256 of samples of the pool"""
    known = [noise[parent] for parent in parents if parent in noise]
    return interpolation(parents, known, count) if len(known) == len(parents) else None


def rows(bundle: Bundle) -> Iterator[str]:
    """samples.csv says what results.json says. Exports made before there were families are not looked at."""
    names = [column.name for column in samples.COLUMNS]
    results = read_json(bundle, RESULTS)
    if "families" not in results or not all("rate" in one for item in results["items"] for one in item["samples"]):
        return
    found, stated = samples.rows(results), table(bundle, samples.FILE)
    for number, (values, row) in enumerate(itertools.zip_longest(found, stated), start=1):
        if values is None or row is None:
            yield f"{samples.FILE} and {RESULTS} do not have as many samples."
            return
        should = dict(zip(names, (restore(cell(value)) for value in values), strict=True))
        if wrong := [name for name in names if row.get(name, should[name]) != should[name]]:
            yield f"{samples.FILE}, row {number}: {RESULTS} says otherwise of {', '.join(wrong)}."
