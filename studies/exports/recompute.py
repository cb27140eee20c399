"""Figures computed anew from the pictures of an export: controls from their seed, every metric, spreads."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.core.images import read_image, read_uint8, to_uint8
from studies.exports import layout, variants
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json
from studies.exports.document import FILE as RESULTS
from studies.results import to_jsonable
from studies.services.analysis.figures import Measure, apart, figures, measures, metrics_of
from studies.services.candidates.pools import Pool
from studies.services.ordering import subsets

#: Stored figures are rounded to 6 digits; the last of them may differ between machines.
TOLERANCE = 1e-5
_CACHED = 64


class BundlePool(Pool):
    """The pool of one item, read from the export instead of the store."""

    def __init__(self, bundle: Bundle, item: dict[str, Any]) -> None:
        # Not Pool's own: it would look for rows and stored files.
        self.samples = item["samples"]
        self._bundle = bundle
        self._number = item["position"]
        self._read = lru_cache(maxsize=_CACHED)(self._read_file)

    def _read_file(self, index: int) -> NDArray[np.uint8]:
        return to_uint8(read_image(self._bundle.read(layout.sample(self._number, index))))


def metrics(bundle: Bundle) -> Iterator[str]:
    """Each metric of the ensemble, of every control draw and of every sample; against truth where it is inside."""
    results = read_json(bundle, RESULTS)
    for item in results["items"]:
        stated = item["evaluation"]["figures"]
        if stated is not None:
            found = _figures(bundle, item, results["protocol"]["scale"])
            yield from differences(f"Item {item['position']}", found, stated)
            yield from _summaries(item, stated)


def _figures(bundle: Bundle, item: dict[str, Any], scale: int) -> dict[str, Any]:
    number, evaluation = item["position"], item["evaluation"]
    measured = measures_of(bundle, number, scale)
    chosen = sorted(item["selection"]["chosen"])
    pool = BundlePool(bundle, item)
    draws = subsets(evaluation["control_seed"], "control", evaluation["control_draws"], len(pool), len(chosen))
    return figures(pool, chosen, draws, measured)


def measures_of(bundle: Bundle, number: int, scale: int) -> dict[str, Measure]:
    """What is measured of a picture of the item at this position; against its truth only where that is inside."""
    hidden = layout.truth(number)
    truth = read_image(bundle.read(hidden)) if hidden in bundle.sizes else None
    return measures(read_image(bundle.read(layout.low_res(number))), scale, truth)


def variant_figures(bundle: Bundle) -> Iterator[str]:
    """Measures of every variant's picture, against truth where it is inside, and readings compared."""
    results = read_json(bundle, RESULTS)
    for item in results["items"]:
        number, stated = item["position"], variants.stated(item)
        measured = measures_of(bundle, number, results["protocol"]["scale"]) if stated else {}
        for variant in stated:
            picture = read_uint8(bundle.read(layout.ensemble(number, "png8", variant["key"])))
            found: dict[str, Any] = {name: measure(picture) for name, measure in measured.items()}
            found["ensemble"] = {"lr_consistency": found["lr_consistency"]}
            yield from differences(f"Item {number}, variant {variant['key']}", found, variant)
        if stated:
            yield from _readings(bundle, item, [variant for variant in stated if variant["label"]])


def _readings(bundle: Bundle, item: dict[str, Any], labelled: list[dict[str, Any]]) -> Iterator[str]:
    pool, stated = BundlePool(bundle, item), item["evaluation"]["variants"]["readings"]
    pairs = list(combinations(labelled, 2))
    if [pair["labels"] for pair in stated] != [[one["label"], other["label"]] for one, other in pairs]:
        yield f"Item {item['position']}: not every two labels are compared."
        return
    for (one, other), pair in zip(pairs, stated, strict=True):
        where = f"Item {item['position']}, “{one['label']}” and “{other['label']}”"
        yield from differences(where, apart(pool, one["samples"], other["samples"]), pair)


def differences(where: str, found: Any, stated: Any) -> Iterator[str]:
    """Everything found is stated alike. What is only stated (metrics against a truth not inside) is not looked at."""
    if isinstance(found, dict):
        known = stated if isinstance(stated, dict) else {}
        for name, value in found.items():
            yield from differences(f"{where}, {name}", value, known.get(name))
    elif isinstance(found, list) and _are_parts(found, stated):
        for number, (one, other) in enumerate(zip(found, stated, strict=True)):
            yield from differences(f"{where} {number}", one, other)
    elif isinstance(found, list):
        if not isinstance(stated, list) or len(found) != len(stated) or not all(map(_alike, stated, found)):
            yield f"{where}: the samples give other values than {RESULTS} says."
    elif not _alike(stated, found):
        yield f"{where}: the samples give {found}, {RESULTS} says {stated}."


def as_stated(found: Any, stated: Any) -> Any:
    """What is found, but for names that older exports do not have. Those of today are held to their schema."""
    if isinstance(found, dict) and isinstance(stated, dict):
        return {name: as_stated(value, stated[name]) for name, value in found.items() if name in stated}
    if isinstance(found, list) and isinstance(stated, list) and len(found) == len(stated):
        return [as_stated(one, other) for one, other in zip(found, stated, strict=True)]
    return found


def _are_parts(found: list[Any], stated: Any) -> bool:
    """Lists of as many objects, which are looked at one by one."""
    return isinstance(stated, list) and len(found) == len(stated) and all(isinstance(one, dict) for one in found)


def _alike(stated: Any, found: Any) -> bool:
    """Texts, whole numbers and lists are equal, others as good as."""
    if isinstance(found, list | dict):
        return next(differences("", found, stated), None) is None
    return bool(found == stated) or (not isinstance(found, str | int) and _close(stated, found))


def _summaries(item: dict[str, Any], made: dict[str, Any]) -> Iterator[str]:
    """What pages show follows from the figures of all draws and samples. made: these"""
    evaluation, where = item["evaluation"], f"Item {item['position']}"
    metrics = {metric["name"]: metric for metric in evaluation["metrics"]}
    found = {metric.name: to_jsonable(metric) for metric in metrics_of(made, item["selection"]["chosen"])}
    if list(metrics) != list(found):
        yield f"{where}: there are figures of {', '.join(found)}, but metrics of {', '.join(metrics) or 'nothing'}."
    yield from differences(where, found, metrics)
    same = {name: made[name] for name in ("spread_chosen", "spread_pool", "version")}
    yield from differences(where, same, evaluation)
    consistency = {"lr_consistency": made["measures"]["lr_consistency"]["ensemble"]}
    yield from differences(f"{where}, ensemble", consistency, evaluation["ensemble"])


def _close(stated: Any, found: Any) -> bool:
    """Undefined is None in JSON and nan here."""
    undefined = found is None or (isinstance(found, float) and math.isnan(found))
    if stated is None or undefined:
        return stated is None and undefined
    if not isinstance(stated, int | float):
        return False
    return math.isclose(stated, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
