"""What evaluations and ensembles are said to rest on: seeds, digests, members, and whether they are made at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inference import services as inference
from studies.exports import variants
from studies.exports.bundle import Bundle
from studies.exports.checks import is_public, read_json
from studies.exports.document import FILE as RESULTS
from studies.exports.rebuild import parts_of
from studies.results import MADE
from studies.services.analysis.evaluation import control_seed, digest_of

Facts = dict[str, Any]


def check(bundle: Bundle) -> Iterator[str]:
    """The random control is the one that the study's seed draws; each digest names what was evaluated."""
    results, public = read_json(bundle, RESULTS), is_public(bundle)
    for item in results["items"]:
        yield from _state(item)
        yield from _control(item, results["protocol"])
        yield from _truth(item, public)
        yield from _digest(item, public)
        for key, ensemble in variants.ensembles(item):
            yield from _ensemble(item, key, ensemble, results["protocol"]["scale"])
        yield from _variants(item)


def _where(item: Facts) -> str:
    return f"Item {item['position']}"


def _state(item: Facts) -> Iterator[str]:
    """What is made has its pictures and figures, and what is not has none."""
    evaluation, where = item["evaluation"], _where(item)
    made = evaluation["state"] == MADE
    if {evaluation["ensemble"] is not None, evaluation["figures"] is not None} != {made}:
        yield f"{where}: its evaluation is said to be {evaluation['state']}, which does not fit to what is there of it."
    if evaluation["metrics"] and evaluation["figures"] is None:
        yield f"{where}: it has metrics without the figures that they follow from."
    if bool(variants.stated(item)) != (evaluation.get("variants", {}).get("state") == MADE):
        yield f"{where}: whether its variants are said to be made does not fit to whether they are there."
    for one in (evaluation, evaluation.get("variants", {})):
        if one.get("state") == MADE and one["reason"]:
            yield f"{where}: what is made needs no reason why it is not: {one['reason']}."


def _control(item: Facts, protocol: Facts) -> Iterator[str]:
    evaluation = item["evaluation"]
    if evaluation["control_draws"] != protocol["control_draws"]:
        yield f"{_where(item)}: the protocol asks for {protocol['control_draws']} random ensembles."
    seed = control_seed(protocol["seed"], item["position"])
    if evaluation["control_seed"] not in (None, seed):
        yield f"{_where(item)}: the study's seed gives {seed} as that of the control, not {evaluation['control_seed']}."


def _truth(item: Facts, public: bool) -> Iterator[str]:
    """Figures against a truth are where there is one. Whether there is, a public export may leave out."""
    if item["evaluation"]["figures"] is None or _is_hidden(item, public):
        return
    if against_truth(item) != bool(item["truth_sha256"]):
        yield f"{_where(item)}: whether it has figures against a truth does not fit to whether it has one."


def against_truth(item: Facts) -> bool:
    """Whether there are figures against the item's truth."""
    figures = item["evaluation"]["figures"]
    return figures is not None and "psnr" in figures["measures"]


def _is_hidden(item: Facts, public: bool) -> bool:
    """Whether it has a truth that not even its hash is told of."""
    return public and not item["truth_sha256"] and against_truth(item)


def _digest(item: Facts, public: bool) -> Iterator[str]:
    evaluation = item["evaluation"]
    if evaluation["figures"] is None or _is_hidden(item, public):
        return
    found = digest_of(
        low_res=item["low_res_sha256"],
        pool=[sample["sha256"] for sample in item["samples"]],
        chosen=sorted(item["selection"]["chosen"]),
        draws=evaluation["control_draws"],
        seed=evaluation["control_seed"],
        truth=item["truth_sha256"],
        version=evaluation["version"],
    )
    if found != evaluation["digest"]:
        yield f"{_where(item)}: its evaluation is of something else than its digest names."


def _ensemble(item: Facts, key: str, ensemble: Facts, scale: int) -> Iterator[str]:
    where = f"{_where(item)}, {f'variant {key}' if key else 'ensemble'}"
    pool = [sample["sha256"] for sample in item["samples"]]
    members = [(member["sha256"], float(member["weight"])) for member in ensemble["members"]]
    if [pool[member["index"]] for member in ensemble["members"]] != [sha256 for sha256, _ in members]:
        yield f"{where}: its members have other hashes than the samples of the pool."
    parts = parts_of(ensemble.get("parts"))
    found = inference.ensemble_digest(
        ensemble["rule"], members, low_res=item["low_res_sha256"], scale=scale, parts=parts
    )
    if found != ensemble["digest"]:
        yield f"{where}: it is made of something else than its digest names."


def _variants(item: Facts) -> Iterator[str]:
    """Samples and weights are told twice, and figures have the version of the evaluation's."""
    evaluation = item["evaluation"]
    made = evaluation.get("variants", {})
    if made.get("state") == MADE and made["version"] != evaluation["version"]:
        yield f"{_where(item)}: the figures of its variants have another version than its evaluation."
    for variant in variants.stated(item):
        weights = variant["weights"] or [1.0] * len(variant["samples"])
        listed = dict(zip(variant["samples"], weights, strict=False))
        members = {member["index"]: member["weight"] for member in variant["ensemble"]["members"]}
        if listed != members or len(variant["samples"]) != len(weights):
            yield f"{_where(item)}, variant {variant['key']}: its samples and weights are not those of its ensemble."


def untold(bundle: Bundle) -> Iterator[str]:
    """What of `check` the export does not suffice for."""
    public = is_public(bundle)
    if any(_is_hidden(item, public) for item in read_json(bundle, RESULTS)["items"]):
        yield "digests of evaluations: the hashes of truths are left out"
