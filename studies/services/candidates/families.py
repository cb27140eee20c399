"""Which family each candidate belongs to, and the votes of each family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inference.models import GenerationJob, Weights
from inference.samplers.mixtures import FUSION, INTERPOLATION
from studies import results
from studies.aggregation.families import family_votes

#: What `GenerationJob.derivation` calls it -> what its samples are.
WORDS = {INTERPOLATION: "interpolated", FUSION: "fused"}


@dataclass(frozen=True)
class Family:
    """The same weights, used in the same way. name: unique within a study."""

    name: str
    weights: Weights
    derivation: str


def kind(job: GenerationJob) -> str:
    """How the job's samples are made from others; empty for those drawn from the LR image alone."""
    return str(job.derivation.get("kind", ""))


def families(jobs: Iterable[GenerationJob]) -> dict[int, Family]:
    """Job id -> its family, for all jobs of a study together; their weights are loaded."""
    rows = list(jobs)
    files: dict[str, set[str]] = {}
    for job in rows:
        files.setdefault(str(job.weights), set()).add(job.weights.sha256)
    repeated = {name for name, found in files.items() if len(found) > 1}
    return {job.pk: Family(_name(job, repeated), job.weights, kind(job)) for job in rows}


def _name(job: GenerationJob, repeated: set[str]) -> str:
    """The weights' name, with the beginning of their hash where the study has two files of this name."""
    name = str(job.weights)
    name = f"{name} ({job.weights.sha256[:8]})" if name in repeated else name
    return f"{name}, {WORDS.get(kind(job), kind(job))}" if job.derivation else name


#: Of one item: its samples, and the pool indexes of its selection.
Counted = tuple[Sequence[results.SampleResult], Sequence[int]]


def counts(found: Iterable[Family], items: Sequence[Counted]) -> tuple[results.FamilyResult, ...]:
    """Votes of each family over these items."""
    named = {family.name: family for family in found}
    votes = family_votes(
        ([one.family for one in samples], [one.votes for one in samples], [one.exposures for one in samples])
        for samples, _ in items
    )
    chosen = [samples[index].family for samples, selection in items for index in selection]
    return tuple(
        results.FamilyResult(
            **vars(counted),
            name=name,
            sampler=named[name].weights.sampler,
            weights=named[name].weights.name,
            weights_sha256=named[name].weights.sha256,
            derivation=named[name].derivation,
            chosen=chosen.count(name),
        )
        for name, counted in votes.items()
    )
