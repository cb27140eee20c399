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
from studies.exports.recompute import differences


def votes(bundle: Bundle) -> Iterator[str]:
    """Votes and chosen samples by family, for each item and for all together."""
    results = read_json(bundle, RESULTS)
    if "families" not in results:
        return
    pools, chosen = [], Counter[str]()
    for item in results["items"]:
        pool, where = item["samples"], f"Item {item['position']}"
        # Before exposures were counted, everybody was taken to have seen all.
        shown = [sample.get("exposures", item["ballots"]) for sample in pool]
        pools.append(([sample["family"] for sample in pool], [sample["votes"] for sample in pool], shown))
        chosen_here = Counter(pool[index]["family"] for index in item["selection"]["chosen"])
        chosen += chosen_here
        yield from _differences(where, item["families"], family_votes(pools[-1:]), chosen_here)
        yield from _strangers(where, item)
    yield from _differences("All items", results["families"], family_votes(pools), chosen)


def _differences(
    where: str, stated: list[dict[str, Any]], found: dict[str, FamilyVotes], chosen: Counter[str]
) -> Iterator[str]:
    names = [family["name"] for family in stated]
    if names != list(found):
        yield f"{where}: the samples are of the families {', '.join(found)}, not {', '.join(names)}."
        return
    for family in stated:
        name = family["name"]
        yield from differences(f"{where}, family “{name}”", _plain(found[name]) | {"chosen": chosen[name]}, family)


def _plain(votes: FamilyVotes) -> dict[str, Any]:
    numbers = {name: getattr(votes, name) for name in ("candidates", "shown", "votes", "expected")}
    limits = {"share": votes.share, "rate": votes.rate}
    return numbers | {
        part: {name: getattr(interval, name) for name in ("value", "low", "high")} for part, interval in limits.items()
    }


def _strangers(where: str, item: dict[str, Any]) -> Iterator[str]:
    """Samples whose job says that they are of another family."""
    weights = {job["digest"]: job["weights_sha256"] for job in item["jobs"]}
    stated = {family["name"]: family for family in item["families"]}
    for sample in item["samples"]:
        family = stated.get(sample["family"], {})
        said = family.get("weights_sha256"), family.get("derivation")
        if said != (weights[sample["job_digest"]], sample["derivation"]):
            yield f"{where}, sample {sample['index']}: it is not of the family “{sample['family']}”."


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
