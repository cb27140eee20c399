"""results.json: everything that a figure of a study depends on, in one document. Also the API's answer."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from inference.models import EnsembleMember, GenerationJob
from studies.models import Evaluation
from studies.results import StudyResults, to_jsonable
from studies.services.evaluation import tie_seed

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

    Added: versions; per item the generation jobs, the seed of ties, the ensemble's recipe, and the figures of every
    control draw.
    """
    document: dict[str, Any] = to_jsonable(results)
    for name in _PRIVATE:
        del document[name]
    for item in document["items"]:
        item["jobs"] = _jobs(item)
        item["selection"]["tie_seed"] = tie_seed(document["protocol"]["seed"], item["position"])
        evaluation = item["evaluation"]
        evaluation["figures"] = _figures(evaluation["pk"])
        if evaluation["ensemble"] is not None:
            evaluation["ensemble"]["members"] = _members(item)
    versions = {"code": document.pop("code_version"), "packages": package_versions()}
    return {"format": FORMAT, "format_version": FORMAT_VERSION, "versions": versions, **document}


def _jobs(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The requests that drew the samples."""
    fields = (
        "digest", "sampler", "weights__name", "weights__sha256", "first_seed", "count", "settings", "derivation",
        "code_version", "arithmetic",
    )  # fmt: skip
    digests = {sample["job_digest"] for sample in item["samples"]}
    rows = GenerationJob.objects.filter(digest__in=digests).order_by("pk").values(*fields)
    return [{name.replace("__", "_"): value for name, value in row.items()} for row in rows]


def _figures(evaluation_pk: int | None) -> dict[str, Any] | None:
    """Of the ensemble, of every control draw and of every sample; None until they are made."""
    if evaluation_pk is None:
        return None
    return Evaluation.objects.filter(pk=evaluation_pk, made_at__isnull=False).values_list("figures", flat=True).first()


def _members(item: dict[str, Any]) -> list[dict[str, Any]]:
    """What the ensemble was made of, by pool index, sha256 and weight.

    Found by content: the same ensemble may have been made before, of another study's samples with the same pixels.
    """
    indexes: dict[str, list[int]] = {}
    for index in sorted(item["selection"]["chosen"], reverse=True):
        indexes.setdefault(item["samples"][index]["sha256"], []).append(index)
    query = EnsembleMember.objects.filter(ensemble=item["evaluation"]["ensemble"]["pk"]).order_by("sample_id")
    rows = query.values_list("sample__sha256", "weight")
    return [{"index": indexes[sha256].pop(), "sha256": sha256, "weight": weight} for sha256, weight in rows]


def package_versions() -> dict[str, str]:
    """Of this installation; what is not installed is left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
