"""Items of an imported study with their pools: jobs that count as done, and the weights they were drawn with."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from inference import services as inference
from inference.models import GenerationJob, JobState, LowResImage, Sample, Weights
from studies.errors import StudyError
from studies.importing.reading import fitting, sha256
from studies.models import GroundTruth, Item, Kind, Study

UNKNOWN = "Known from an imported study, by name and sha256: the file is not here."

WeightsKey = tuple[str, str, str]


@dataclass(frozen=True)
class Pool:
    """An item with its samples in the order that numbers them."""

    item: Item
    samples: list[Sample]


def weights(setting: dict[str, Any]) -> dict[WeightsKey, Weights]:
    """By sampler, name and sha256. Those that are not here are known by these alone from now on."""
    found = {}
    inference.catalogue()  # what is here is known by its own file, not by what a stranger says of it
    for facts in setting["weights"]:
        key = facts["sampler"], facts["name"], facts["sha256"]
        row = Weights.objects.filter(sampler=key[0], name=key[1], sha256=key[2]).first()
        if row is None:
            told = {name: facts[name] for name in ("sampler", "name", "sha256", "scale", "channels", "licence")}
            row = fitting(Weights(**told, source=UNKNOWN), f"The weights {key[0]}/{key[1]}")
            row.save()
        found[key] = row
    return found


def pools(
    study: Study, results: dict[str, Any], setting: dict[str, Any], known: dict[WeightsKey, Weights], digest: str
) -> dict[int, Pool]:
    """Every item by its position. digest: of the import, for jobs that are other ones here."""
    told = {item["position"]: item for item in results["items"]}
    made = {}
    for more in sorted(setting["items"], key=itemgetter("position")):
        facts = told.pop(more["position"]) | more if more["kind"] == Kind.MAIN else more
        item = _item(study, facts)
        jobs = _jobs(facts, item.low_res, known, digest)
        item.jobs.set(jobs)
        made[item.position] = Pool(item, list(item.pool))
    if told:
        raise StudyError(f"study.json says nothing of item {min(told)}.")
    return made


def truths(made: dict[int, Pool], results: dict[str, Any], positions: set[int]) -> None:
    """positions: of items whose truth is in the export"""
    for item in results["items"]:
        if item["position"] in positions:
            GroundTruth.objects.create(item=made[item["position"]].item, sha256=item["truth_sha256"])


def _item(study: Study, facts: dict[str, Any]) -> Item:
    image = {name: facts[name] for name in ("width", "height", "channels", "bit_depth")}
    where = f"Item {facts['position']}"
    low_res = LowResImage.objects.filter(sha256=facts["low_res_sha256"]).first()
    if low_res is None:
        low_res = fitting(LowResImage(sha256=facts["low_res_sha256"], **image), where)
        low_res.save()
    own = {name: facts[name] for name in ("position", "name", "kind", "expected_label", "feedback")}
    item = fitting(Item(study=study, low_res=low_res, **own), where)
    item.save()
    return item


def _jobs(
    facts: dict[str, Any], low_res: LowResImage, known: dict[WeightsKey, Weights], digest: str
) -> list[GenerationJob]:
    """Jobs that drew the very same samples here, else new ones that nobody here has drawn.

    Those have digests of their own: whoever asks here for what they are said to be gets it drawn.
    """
    groups = [(key, list(group)) for key, group in itertools.groupby(facts["samples"], key=itemgetter("job_digest"))]
    recipes = {job["digest"]: job for job in facts["jobs"]}
    own = {key: sha256(f"import|{digest}|{key}") for key in recipes}
    rows = GenerationJob.objects.filter(digest__in=[*own.values(), *own]).prefetch_related("samples")
    here = {job.digest: job for job in rows}
    before = [(here.get(own[key]), group) for key, group in groups], [(here.get(key), group) for key, group in groups]
    for found in before:  # of this very export, or drawn here
        same = [job for job, group in found if job is not None and _is_same(job, group)]
        if len(same) == len(groups) and same == sorted(same, key=lambda job: job.pk):
            return same
    suspect = set(facts["suspect"])
    return [_job(recipes[key], group, low_res, known, own[key], suspect) for key, group in groups]


def _is_same(job: GenerationJob, samples: list[dict[str, Any]]) -> bool:
    drawn = [(sample.seed, sample.sha256) for sample in job.samples.all()]
    return job.state == JobState.DONE and drawn == [(sample["seed"], sample["sha256"]) for sample in samples]


def _job(
    recipe: dict[str, Any],
    samples: list[dict[str, Any]],
    low_res: LowResImage,
    known: dict[WeightsKey, Weights],
    digest: str,
    suspect: set[int],
) -> GenerationJob:
    """Done, and never begun: nobody here drew it."""
    where = f"The job {recipe['digest'][:8]}"
    used = known.get((recipe["sampler"], recipe["weights_name"], recipe["weights_sha256"]))
    if used is None:
        raise StudyError(f"{where}: study.json says nothing of its weights.")
    plain = ("sampler", "first_seed", "count", "settings", "derivation", "code_version", "arithmetic")
    copied = {name: recipe[name] for name in plain}
    job = fitting(
        GenerationJob(
            low_res=low_res,
            weights=used,
            digest=digest,
            imported_digest=recipe["digest"],
            state=JobState.DONE,
            **copied,
        ),
        where,
    )
    job.save()
    rows = [_sample(job, facts, facts["index"] in suspect) for facts in samples]
    Sample.objects.bulk_create(rows)
    return job


def _sample(job: GenerationJob, facts: dict[str, Any], suspect: bool) -> Sample:
    """Sample i of a job is drawn from its first seed + i."""
    place = facts["seed"] - job.first_seed
    if not 0 <= place < job.count:
        raise StudyError(f"Sample {facts['index']}: its seed {facts['seed']} is none of its job's.")
    copied = {name: facts[name] for name in ("seed", "sha256", "lr_consistency", "attempt", "fault")}
    return fitting(Sample(job=job, index=place, suspect=suspect, **copied), f"Sample {facts['index']}")
