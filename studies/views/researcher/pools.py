"""The pool of one item as its page shows it: job by job, with where samples come from and what went wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from inference import samplers
from inference.models import GenerationJob, JobState, Sample
from inference.samplers.mixtures import INTERPOLATION
from inference.services.progress import UNSETTLED
from studies.models import Item
from studies.services.candidates import families


@dataclass(frozen=True)
class Numbered:
    """A sample with its index in the pool, as results and exports number it."""

    number: int
    sample: Sample


@dataclass(frozen=True)
class Group:
    """The samples of one job. origin: how they were made from others, in words; health: what went wrong, or empty."""

    job: GenerationJob
    family: str
    samples: list[Numbered]
    parents: list[Numbered]
    origin: str
    health: str

    @property
    def settled(self) -> bool:
        return self.job.state not in UNSETTLED

    @property
    def done(self) -> bool:
        return self.job.state == JobState.DONE

    @property
    def mixtures(self) -> tuple[str, ...]:
        """What can be made of two of these samples: kinds that the sampler knows, none for samples made that way."""
        if self.job.derivation or len(self.samples) < 2 or self.job.sampler not in samplers.names():
            return ()
        return tuple(getattr(samplers.settings_class(self.job.sampler), "MIXTURES", ()))


def groups(item: Item) -> list[Group]:
    """In the order that numbers the samples. Three queries, however many jobs there are."""
    jobs = list(item.jobs.select_related("weights").prefetch_related("samples").order_by("pk"))
    named, numbered = families.families(jobs), _numbered(jobs)
    by_content = {one.sample.sha256: one for one in reversed(numbered)}
    found = []
    for job in jobs:
        parents = [by_content[sha256] for sha256 in job.derivation.get("samples", ()) if sha256 in by_content]
        found.append(
            Group(
                job=job,
                family=named[job.pk].name,
                samples=[one for one in numbered if one.sample.job_id == job.pk],
                parents=parents,
                origin=_origin(job.derivation, [one.number for one in parents]),
                health=health(list(job.samples.all())),
            )
        )
    return found


def mixable(item: Item) -> list[Group]:
    """The jobs of an item whose samples can be mixed."""
    return [group for group in groups(item) if group.mixtures]


def _numbered(jobs: list[GenerationJob]) -> list[Numbered]:
    return [Numbered(number, sample) for number, sample in enumerate(s for job in jobs for s in job.samples.all())]


def health(samples: list[Sample]) -> str:
    """In a sentence or two which samples of one job were drawn again and why, and whether all are alike; else empty."""
    faults = Counter(sample.fault for sample in samples if sample.fault)
    again, suspects = faults.total(), sum(sample.suspect for sample in samples)
    said = []
    if again:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(faults.items()))
        said.append(f"{again} of {len(samples)} {'was' if again == 1 else 'were'} drawn again ({reasons})")
    if suspects:
        said.append(f"{suspects} kept {'its' if suspects == 1 else 'their'} fault")
    sentences = ["; ".join(said)]
    if len(samples) > 1 and len({sample.sha256 for sample in samples}) == 1:
        sentences.append(f"All {len(samples)} samples are the same picture")
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def _origin(derivation: dict[str, Any], numbers: list[int]) -> str:
    if len(numbers) != 2:
        return ""
    first, second = numbers
    if derivation["kind"] == INTERPOLATION:
        return f"On the way from candidate {first} to candidate {second}."
    left, top, right, bottom = derivation["box"]
    return (
        f"Candidate {first} with {right - left} x {bottom - top} pixels of candidate {second} from ({left}, {top}) on, "
        f"{derivation['percent']} per cent of the chain anew."
    )
