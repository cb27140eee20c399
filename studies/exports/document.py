"""results.json: everything that a figure of a study depends on, in one document. Also the API's answer."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, When

from inference.ensembles import parts_from
from inference.models import Ensemble, EnsembleMember, GenerationJob, Sample
from studies.models import Evaluation, Item
from studies.results import StudyResults, to_jsonable
from studies.services.analysis.evaluation import tie_seed

FILE = "results.json"
FORMAT = "trustsr-export"
FORMAT_VERSION = 1

#: Packages whose version may decide a pixel or a number.
PACKAGES = ("diffusers", "django", "imagecodecs", "numpy", "pillow", "safetensors", "scipy", "tifffile", "torch")

#: Left out of what is given away: when it was looked at, which would make every export another one, and
#: the link by which people take part.
_PRIVATE = ("collected_at", "slug")


def build(results: StudyResults) -> dict[str, Any]:
    """The document, ready for JSON: the results as they are, and what they were made of.

    Added: versions; per item the generation jobs, the seed of ties, the recipe of every ensemble, and the figures of
    every control draw.
    """
    document: dict[str, Any] = to_jsonable(results)
    for name in _PRIVATE:
        del document[name]
    for item in document["items"]:
        item["jobs"] = jobs(item["pk"])
        item["selection"]["tie_seed"] = tie_seed(document["protocol"]["seed"], item["position"])
        evaluation = item["evaluation"]
        evaluation["figures"] = _figures(evaluation["pk"])
    _add_recipes(document["items"])
    versions = {"code": document.pop("code_version"), "packages": package_versions()}
    return {"format": FORMAT, "format_version": FORMAT_VERSION, "versions": versions, **document}


def jobs(item_pk: int) -> list[dict[str, Any]]:
    """The requests that drew the samples of an item."""
    fields = (
        "sampler", "weights__name", "weights__sha256", "first_seed", "count", "settings", "derivation",
        "code_version", "arithmetic",
    )  # fmt: skip
    of_item = Item.jobs.through.objects.filter(item=item_pk).values("generationjob")
    drawn = GenerationJob.objects.filter(Exists(Sample.objects.filter(job=OuterRef("pk"))), pk__in=of_item)
    digest = Case(When(imported_digest="", then=F("digest")), default=F("imported_digest"))
    rows = drawn.order_by("pk").values(*fields, request_digest=digest)
    return [
        {"digest": row.pop("request_digest")} | {name.replace("__", "_"): value for name, value in row.items()}
        for row in rows
    ]


def _figures(evaluation_pk: int | None) -> dict[str, Any] | None:
    """Of the ensemble, of every control draw and of every sample; None until they are made."""
    if evaluation_pk is None:
        return None
    return Evaluation.objects.filter(pk=evaluation_pk, made_at__isnull=False).values_list("figures", flat=True).first()


def _add_recipes(items: list[dict[str, Any]]) -> None:
    """What each ensemble was made of: members by pool index, sha256 and weight; parts in places among the members."""
    made: list[tuple[dict[str, Any], list[dict[str, Any]], dict[int, float]]] = []
    for item in items:
        evaluation = item["evaluation"]
        if evaluation["ensemble"] is not None:
            made.append((evaluation["ensemble"], item["samples"], dict.fromkeys(item["selection"]["chosen"], 1.0)))
        for one in evaluation["variants"]["variants"]:
            weights = one["weights"] or [1.0] * len(one["samples"])
            made.append((one["ensemble"], item["samples"], dict(zip(one["samples"], weights, strict=True))))
    pks = {ensemble["pk"] for ensemble, _, _ in made}
    parts = dict(Ensemble.objects.filter(pk__in=pks).values_list("pk", "parts"))
    members: dict[int, list[tuple[str, float]]] = {pk: [] for pk in pks}
    rows = EnsembleMember.objects.filter(ensemble__in=pks).order_by("sample_id")
    for pk, sha256, weight in rows.values_list("ensemble", "sample__sha256", "weight"):
        members[pk].append((sha256, weight))
    for ensemble, pool, weights in made:
        stored = members[ensemble["pk"]]
        ensemble["members"] = _members(stored, pool, weights)
        ensemble["parts"] = to_jsonable(parts_from(parts[ensemble["pk"]], [sha256 for sha256, _ in stored]))


def _members(
    stored: list[tuple[str, float]], pool: list[dict[str, Any]], weights: dict[int, float]
) -> list[dict[str, Any]]:
    """Found by content: the same ensemble may have been made before, of another study's samples with the same pixels.

    weights: of the samples that it is made of here, by pool index
    """
    indexes: dict[tuple[str, float], list[int]] = {}
    for index in sorted(weights, reverse=True):
        indexes.setdefault((pool[index]["sha256"], weights[index]), []).append(index)
    return [{"index": indexes[member].pop(), "sha256": member[0], "weight": member[1]} for member in stored]


def package_versions() -> dict[str, str]:
    """Of this installation; what is not installed is left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
