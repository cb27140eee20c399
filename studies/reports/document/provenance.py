"""What every picture and number was made of, by which formulas, and how to make them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.reports import variants
from studies.reports.blocks import Block, Facts, Grid, Heading, Points, Text
from studies.reports.document.formulas import FORMULAS
from studies.reports.source import NONE, Source, text
from studies.reports.tables import Table
from studies.results import EnsembleResult, ItemResults


def blocks(source: Source) -> Iterator[Block]:
    found = source.results
    yield Heading("Provenance", 1, "provenance", new_page=True)
    yield Text(
        "Every file is named by the sha256 of its bytes. Whoever has the export of this study can find each one in it, "
        "and compare."
    )
    yield Heading("How to make it again", 2, "again")
    yield Points(tuple(_again(found.pk)))
    yield Heading("Formulas", 2, "formulas")
    yield Grid(Table("Figures, formulas and sources", ("Figure", "Formula", "Source"), FORMULAS))
    yield Heading("Study", 2, "provenance-study")
    yield Facts(tuple(_study(source)), code=True)
    for item in found.items:
        yield from _item(source, item)


def _again(pk: int) -> Iterator[str]:
    yield (
        f"manage.py export_study {pk} DIR writes all ballots, samples, ensembles and results.json, which has every "
        "number of this report; means over images and numbers of images are counted from those."
    )
    yield "manage.py verify_export DIR rebuilds every ensemble and works out the figures anew, and lists what differs."
    yield "manage.py import_study DIR brings the study into another installation; report_study there gives this report."
    yield "Samples are drawn again from weights, seed and settings below, on the same arithmetic bit for bit."


def _study(source: Source) -> Iterator[tuple[str, str]]:
    found = source.results
    yield "Protocol", found.protocol_sha256
    yield "Consent text", found.protocol.consent_sha256
    yield "Seed of the study", str(found.protocol.seed)
    for version in found.analysis_versions:
        yield f"Analysis, version {version.number}", version.sha256
    for family in found.families:
        yield f"Weights {family.name}", family.weights_sha256
    for name, values in found.evidence.get("labels", {}).items():
        yield f"Inputs of {name.replace('_', ' ')}", values.get("inputs") or NONE


def _item(source: Source, item: ItemResults) -> Iterator[Block]:
    yield Heading(item.name, 3)
    yield Facts(tuple(_files(source, item)), code=True)
    stored = source.item(item)
    if item.selection.chosen:
        rows = tuple(
            (str(one.index), str(one.votes), str(one.seed), str(one.attempt), one.sha256)
            for one in (item.samples[index] for index in item.selection.chosen)
        )
        header = ("Sample", "Votes", "Seed", "Attempt", "sha256")
        yield Grid(Table(f"Samples of the ensemble of {item.name}", header, rows), code=True)
    made = variants.told(item)
    if made:
        others = tuple((variants.name(one), text(one.effective_n, 1), one.ensemble.png8_sha256) for one in made)
        yield Grid(Table(f"Other ensembles of {item.name}", ("Ensemble", "Effective n", "sha256"), others), code=True)
    for job in stored["jobs"]:
        yield Facts(tuple(_job(job)), code=True)


def _files(source: Source, item: ItemResults) -> Iterator[tuple[str, str]]:
    yield "LR image", item.low_res_sha256
    yield "Truth", item.truth_sha256 or "none"
    for name, sha256 in source.methods.get(item.position, {}).items():
        yield f"Method {name}", sha256
    evaluation = item.evaluation
    if evaluation.ensemble is not None:
        yield from _ensemble(evaluation.ensemble)
    if evaluation.control_seed is not None:
        yield "Evaluation", evaluation.digest
        yield "Seed of the control", str(evaluation.control_seed)
    yield "Seed of ties", str(source.item(item)["selection"]["tie_seed"])
    bootstrap = item.evidence.get("picks", {}).get("bootstrap", {})
    if bootstrap.get("seed") is not None:
        yield "Seed of the bootstrap", str(bootstrap["seed"])


def _ensemble(ensemble: EnsembleResult) -> Iterator[tuple[str, str]]:
    yield "Ensemble, recipe", ensemble.digest
    yield "Ensemble, 8 bits", ensemble.png8_sha256
    yield "Ensemble, 16 bits", ensemble.png16_sha256
    yield "Ensemble, TIFF", ensemble.tiff_sha256
    yield "Made by TrustSR", ensemble.code_version


def _job(job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Drawn by", f"{job['sampler']}/{job['weights_name']}, {job['count']} samples from seed {job['first_seed']}"
    yield "Weights", job["weights_sha256"]
    yield "Settings", ", ".join(f"{name} {value}" for name, value in job["settings"].items()) or "defaults"
    if job["derivation"]:
        yield "Made from others", str(job["derivation"]["kind"])
    yield "Job", job["digest"]
    yield "On", f"{job['arithmetic'] or 'unknown'}; TrustSR {job['code_version'] or 'unknown'}"
