"""Uploaded methods of an imported study, with what they made of its items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studies.errors import StudyError
from studies.importing.pools import Pool
from studies.importing.reading import fitting
from studies.models import Kind, Method, MethodImage, StimulusKind, Study
from studies.services.opinions.methods import check_name


def create(study: Study, setting: dict[str, Any], pools: Mapping[int, Pool]) -> dict[str, Method]:
    """By name, in their order."""
    found = {}
    for facts in setting.get("methods", ()):
        name = facts["name"]
        check_name(study, name)
        method = found[name] = fitting(Method(study=study, name=name), f"The method {name}")
        method.save()
        MethodImage.objects.bulk_create([_image(method, image, pools) for image in facts["images"]], batch_size=500)
    return found


def missing(setting: dict[str, Any], results: dict[str, Any]) -> str:
    """Which methods an export tells of without their pictures, as old ones do; else empty."""
    told = {name for item in results["items"] for name in (item.get("evidence") or {}).get("methods", ())}
    told |= {one["condition"] for one in (setting.get("rating") or {}).get("stimuli", ())}
    told -= set(StimulusKind.values)
    if "methods" in setting or not told:
        return ""
    return f"its uploaded methods ({', '.join(sorted(told))}), because this export is without their pictures"


def _image(method: Method, facts: dict[str, Any], pools: Mapping[int, Pool]) -> MethodImage:
    where, pool = f"The method {method}", pools.get(facts["item"])
    if pool is None or pool.item.kind != Kind.MAIN:
        raise StudyError(f"{where}: the study has no image {facts['item']} that is voted on.")
    plain = {name: facts[name] for name in ("sha256", "file_name")}
    return fitting(MethodImage(method=method, item=pool.item, **plain), where)
