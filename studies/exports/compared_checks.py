"""Methods beside each other: their figures measured anew, their tables and tests made anew from these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inference.core.images import read_uint8
from studies.exports import layout, recompute, variants
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json
from studies.exports.design import FILE as DESIGN
from studies.exports.document import FILE as RESULTS
from studies.exports.evaluation_checks import against_truth
from studies.exports.rebuild import bicubic
from studies.models import StimulusKind
from studies.results import MADE, Control, Metric, to_jsonable
from studies.services.analysis.compared import Evaluated, methods
from studies.services.analysis.figures import MEASURES, defined
from studies.services.analysis.figures import reached as as_good

Facts = dict[str, Any]
BICUBIC = "bicubic"


def items(bundle: Bundle) -> Iterator[str]:
    """Bicubic enlargement and uploaded results, measured anew; and what evidence repeats of the screens."""
    results = read_json(bundle, RESULTS)
    uploads = _uploads(bundle)
    for item in results["items"]:
        if stated := item.get("evidence"):
            yield from _seen(item, stated)
            yield from _measured(bundle, item, stated["methods"], uploads, results["protocol"]["scale"])


def _seen(item: Facts, stated: Facts) -> Iterator[str]:
    samples = item["samples"]
    found = {
        "observed": item["observed_ballots"],
        "exposures": [sample["exposures"] for sample in samples],
        "milliseconds": [round(1000 * sample["seconds"]) for sample in samples],
    }
    yield from recompute.differences(f"Item {item['position']}, evidence", found, stated)


#: (item, name of the method) -> path of its picture.
Uploads = dict[tuple[int, str], str]


def _uploads(bundle: Bundle) -> Uploads:
    """As they were uploaded; of a public export those that were rated, which have the same pixels."""
    design = read_json(bundle, DESIGN) if DESIGN in bundle.sizes else {}
    rated = (design.get("rating") or {}).get("stimuli", ())
    found = {(one["item"], one["condition"]): one["path"] for one in rated if one["kind"] == StimulusKind.METHOD}
    uploaded = {
        (image["item"], one["name"]): image["path"] for one in design.get("methods", ()) for image in one["images"]
    }
    return found | uploaded


def _measured(bundle: Bundle, item: Facts, stated: Facts, uploads: Uploads, scale: int) -> Iterator[str]:
    number = item["position"]
    measures = recompute.measures_of(bundle, number, scale)
    own = {name: path for (of, name), path in uploads.items() if of == number}
    if missing := sorted({BICUBIC, *own} - set(stated)):
        yield f"Item {number}: {RESULTS} has no figures of {', '.join(missing)}."
    for name in stated:
        if name != BICUBIC and name not in own:
            continue
        picture = bicubic(bundle, number, scale) if name == BICUBIC else read_uint8(bundle.read(own[name]))
        found = {measure: function(picture) for measure, function in measures.items()}
        yield from recompute.differences(f"Item {number}, {name}", to_jsonable(found), stated[name])


def study(bundle: Bundle) -> Iterator[str]:
    """The table of each metric and its tests, from the figures of the items."""
    results = read_json(bundle, RESULTS)
    stated = (results.get("evidence") or {}).get("methods")
    if stated is None:
        return
    evaluated = [_evaluated(item) for item in results["items"] if item["evaluation"]["state"] == MADE]
    confidence = results["analysis_versions"][-1]["analysis"]["confidence"]
    found = to_jsonable(methods(evaluated, confidence=confidence))
    if set(found) != set(stated):
        words = [", ".join(metrics) or "nothing" for metrics in (found, stated)]
        yield f"Methods are to be compared by {words[0]}; {RESULTS} has {words[1]}."
    for metric in found.keys() & stated.keys():
        yield from recompute.differences(
            f"Methods by {metric}", recompute.as_stated(found[metric], stated[metric]), stated[metric]
        )


def _evaluated(item: Facts) -> Evaluated:
    made = {one["key"]: {name: one[name] for name in MEASURES} for one in variants.stated(item)}
    others = (item.get("evidence") or {}).get("methods", {})
    return Evaluated(item["position"], [_metric(one) for one in item["evaluation"]["metrics"]], made, others)


def _metric(stated: Facts) -> Metric:
    control: Facts = {name: defined(value) for name, value in stated["control"].items()}
    own: Facts = {name: defined(value) for name, value in stated.items() if name not in ("name", "control")}
    return Metric(name=stated["name"], control=Control(**control), **own)


def untold(bundle: Bundle) -> Iterator[str]:
    """What of `items` the export does not suffice for."""
    uploads = _uploads(bundle)
    stated = {
        (item["position"], name)
        for item in read_json(bundle, RESULTS)["items"]
        for name in (item.get("evidence") or {}).get("methods", {})
    }
    if lost := sorted({name for of, name in stated - uploads.keys() if name != BICUBIC}):
        yield f"figures of {', '.join(lost)}: a public export does not have pictures as they were uploaded"


def hidden_truths(bundle: Bundle) -> Iterator[str]:
    """Figures of ensembles, variants and methods that cannot be measured anew without the truth."""
    lacking = [
        item["position"]
        for item in read_json(bundle, RESULTS)["items"]
        if layout.truth(item["position"]) not in bundle.sizes and against_truth(item)
    ]
    if lacking:
        count = f"{len(lacking)} item{'s' if len(lacking) > 1 else ''}"
        yield f"PSNR and SSIM of {count} but for whether they agree with each other: the truths are not inside"


def reached(bundle: Bundle) -> Iterator[str]:
    """How many random means of as many samples do as well as a variant, from the stated figures of either."""
    for item in read_json(bundle, RESULTS)["items"]:
        for variant in variants.stated(item):
            recipe = variant | {"rule": variant["ensemble"]["rule"]}
            values = {name: defined(variant[name]) for name in MEASURES}
            found, stated = as_good(item["evaluation"]["figures"], recipe, values), variant.get("reached", {})
            where = f"Item {item['position']}, variant {variant['key']}, random means that reach it"
            yield from recompute.differences(where, to_jsonable(found), stated)
            if set(stated) - set(found):
                yield f"{where}: random means of other numbers of samples say nothing of it."
