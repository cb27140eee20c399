"""Families of candidates, counted anew from an export: their votes, their table, and the protocol that asks for them.

Exports made before there were families say nothing of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from studies.aggregation.families import FamilyVotes, family_votes
from studies.exports import families
from studies.exports.bundle import Bundle
from studies.exports.cells import cell, restore
from studies.exports.checks import read_json, table
from studies.exports.document import FILE as RESULTS
from studies.exports.recompute import as_stated, differences
from studies.results import to_jsonable


def votes(bundle: Bundle) -> Iterator[str]:
    """Votes and chosen samples by family, for each item and for all together."""
    results = read_json(bundle, RESULTS)
    if "families" not in results:
        return
    pools, chosen, origins = [], Counter[str](), dict[str, dict[str, Any]]()
    for item in results["items"]:
        pool, where = item["samples"], f"Item {item['position']}"
        # Before exposures were counted, everybody was taken to have seen all.
        shown = [sample.get("exposures", item["ballots"]) for sample in pool]
        pools.append(([sample["family"] for sample in pool], [sample["votes"] for sample in pool], shown))
        chosen_here = Counter(pool[index]["family"] for index in item["selection"]["chosen"])
        chosen += chosen_here
        yield from _strangers(where, item, origins)
        yield from _differences(where, item["families"], family_votes(pools[-1:]), chosen_here, origins)
    yield from _differences("All items", results["families"], family_votes(pools), chosen, origins)


def _differences(
    where: str,
    stated: list[dict[str, Any]],
    found: dict[str, FamilyVotes],
    chosen: Counter[str],
    origins: dict[str, dict[str, Any]],
) -> Iterator[str]:
    names = [family["name"] for family in stated]
    if names != list(found):
        yield f"{where}: the samples are of the families {', '.join(found)}, not {', '.join(names)}."
        return
    for family in stated:
        name = family["name"]
        counted = to_jsonable(found[name]) | {"chosen": chosen[name]} | origins[name]
        yield from differences(f"{where}, family “{name}”", as_stated(counted, family), family)


def _strangers(where: str, item: dict[str, Any], origins: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Samples of one family whose jobs are of two, and those whose family is not called as their job's weights.

    origins: what is known of each family; grows
    """
    jobs = {job["digest"]: job for job in item["jobs"]}
    for sample in item["samples"]:
        job, name = jobs[sample["job_digest"]], sample["family"]
        own = {
            "sampler": job["sampler"], "weights": job["weights_name"], "weights_sha256": job["weights_sha256"],
            "derivation": sample["derivation"],
        }  # fmt: skip
        if origins.setdefault(name, own) != own or not name.startswith(f"{own['sampler']}/{own['weights']}"):
            yield f"{where}, sample {sample['index']}: it is not of the family “{name}”."


def rows(bundle: Bundle) -> Iterator[str]:
    """families.csv says what results.json says."""
    results = read_json(bundle, RESULTS)
    if "families" not in results:
        return
    names = [column.name for column in families.COLUMNS]
    found = [dict(zip(names, (restore(cell(value)) for value in row), strict=True)) for row in families.rows(results)]
    stated = list(table(bundle, families.FILE))
    if len(stated) != len(found):
        yield f"{families.FILE} has {len(stated)} rows, but {RESULTS} {len(found)} families."
    for number, (row, should) in enumerate(zip(stated, found, strict=False), start=1):
        if wrong := [name for name in names if row.get(name) != should[name]]:
            yield f"{families.FILE}, row {number}: {RESULTS} says otherwise of {', '.join(wrong)}."


def sources(bundle: Bundle) -> Iterator[str]:
    """The protocol asks for every job that drew from an LR image; where people may vote, all it asks for are there."""
    results = read_json(bundle, RESULTS)
    if "families" not in results:
        return
    protocol = results["protocol"]
    asked = [{**protocol, "count": protocol["pool_size"]}, *protocol["additions"]]
    whole = results["frozen_at"] or results["state"] == "open"
    for item in results["items"]:
        left, where = list(asked), f"Item {item['position']}"
        for job in (job for job in item["jobs"] if not job["derivation"]):
            source = next((one for one in left if _drew(one, job)), None)
            if source is None:
                yield f"{where}: the protocol does not ask for {_words(job, job['weights_name'])}."
            else:
                left.remove(source)
        for source in left if whole else []:
            yield f"{where}: the protocol asks for {_words(source, source['weights'])}: no job drew them."


def _drew(source: dict[str, Any], job: dict[str, Any]) -> bool:
    """Settings of a job are complete; those of a protocol may leave defaults out."""
    same = all(source[name] == job[name] for name in ("sampler", "weights_sha256", "count"))
    return same and source["weights"] == job["weights_name"] and job["settings"].items() >= source["settings"].items()


def _words(source: dict[str, Any], weights: str) -> str:
    return f"{source['count']} samples of {source['sampler']}/{weights} with the settings {source['settings']}"
