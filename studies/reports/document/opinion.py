"""The rating phase: opinion scores by several methods, and strengths from pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.reports.blocks import Block, Drawing, Grid, Heading, Text
from studies.reports.drawings.intervals import ACR, Point, opinion_scores
from studies.reports.source import NONE, Source, listed, real, several, span, text
from studies.reports.tables import Table
from studies.results import ItemResults, StudyResults

MODES = {"acr": "absolute category rating, 1 to 5", "dcr": "degradation category rating, 1 to 5"}
#: ITU-T P.910: how much worse than the reference it stands beside.
DCR = ("Very\nannoying", "Annoying", "Slightly\nannoying", "Perceptible", "Imper-\nceptible")
_METHODS = {"bt500": "BT.500", "p913": "P.913", "p910": "P.910"}


def blocks(source: Source) -> Iterator[Block]:
    found = source.results
    yield Heading("Opinion scores", 1, "opinion")
    scores, pairs = found.evidence.get("opinion", {}), found.evidence.get("preferences", {})
    if not scores and not pairs:
        yield Text("No pictures of this study were rated, or the ratings are not worked out.")
    if scores:
        yield from _scores(scores, found)
    if pairs:
        yield from _preferences(pairs)


def of_item(source: Source, item: ItemResults) -> Iterator[Block]:
    """The scores of one image's pictures, as a figure; nothing where they were not rated."""
    scores = source.results.evidence.get("opinion", {})
    mos = scores.get("mos", {})
    places = [place for place, (position, _) in enumerate(scores.get("stimuli", ())) if position == item.position]
    if not places or not mos["scores"]:
        return
    points = [
        Point(scores["stimuli"][place][1], real(mos["scores"][place]), real(mos["low"][place]),
              real(mos["high"][place]), mos["counts"][place])
        for place in places
    ]  # fmt: skip
    words = DCR if scores["mode"] == "dcr" else ACR
    title = f"Mean opinion scores of pictures of {item.name}, with {100 * mos['confidence']:g} % t intervals"
    yield Heading("Opinion scores", 3)
    yield Drawing(opinion_scores(f"item-{item.position}-opinion", title, points, words=words))


def _scores(scores: Mapping[str, Any], found: StudyResults) -> Iterator[Block]:
    observers, simulated = scores["observers"], scores["simulated"]
    told = f"{several(observers, 'observer')} rated {several(len(scores['stimuli']), 'picture')} by "
    told += f"{MODES.get(scores['mode'], scores['mode'])}."
    told += f" {simulated} of the observers are simulated: a rehearsal." if simulated else ""
    yield Text(told, "caution" if simulated else "plain")
    if reason := scores["mos"]["reason"]:
        yield Text(f"Mean opinion scores: {reason}.")
        return
    yield Grid(_table(scores, {item.position: item.name for item in found.items}))
    yield Text(_screening(scores))
    yield from _model(scores["mixed_model"])


def _table(scores: Mapping[str, Any], names: Mapping[int, str]) -> Table:
    others = {name: words for name, words in _METHODS.items() if scores[name]["scores"]}
    dmos = scores.get("dmos") or {}
    rows = tuple(
        (
            f"{names.get(position, position)}: {condition}",
            text(scores["mos"]["scores"][place]),
            span(scores["mos"]["low"][place], scores["mos"]["high"][place]),
            span(scores["bootstrap"]["low"][place], scores["bootstrap"]["high"][place]),
            str(scores["mos"]["counts"][place]),
            *(text(scores[name]["scores"][place]) for name in others),
            *((text(dmos["scores"][place]),) if dmos.get("scores") else ()),
        )
        for place, (position, condition) in enumerate(scores["stimuli"])
    )
    header = ("Picture", "MOS", "t interval", "bootstrap", "Ratings", *others.values(),
              *(("DMOS",) if dmos.get("scores") else ()))  # fmt: skip
    notes = (
        "MOS: plain means. BT.500 leaves out observers, P.913 subtracts each observer's bias first, P.910 weighs "
        f"observers by their consistency. {NONE if dmos else 'No DMOS: an image lacks a hidden reference.'}",
    )
    return Table("Mean opinion scores", header, rows, notes if not dmos else (notes[0].removesuffix(f" {NONE}"),))


def _screening(scores: Mapping[str, Any]) -> str:
    told = []
    for name in ("bt500", "p913"):
        out = len(scores[name]["rejected"])
        told.append(f"{_METHODS[name]} leaves out {'nobody' if not out else several(out, 'observer')}")
    return f"Screening of observers: {listed(told)}; the scores with and without stand side by side."


def _model(model: Mapping[str, Any]) -> Iterator[Block]:
    if not model["effects"]:
        yield Text(f"Mixed model: {model['reason'] or 'undefined'}.")
        return
    rows = tuple(
        (one["method"], text(one["value"]), span(one["low"], one["high"]), _small(one["p"])) for one in model["effects"]
    )
    variances = ", ".join(f"{name} {text(value, 3)}" for name, value in model["variances"].items())
    header = ("Method", "Score above the reference", "Interval", "p")
    notes = (f"Reference: {model['reference']}. Variances: {variances}. {model['limits']}",)
    yield Grid(Table("Methods by a mixed model of all ratings", header, rows, notes))


def _small(value: float | None) -> str:
    number = real(value)
    return "< 0.0001" if number < 0.0001 else text(number, 4)


def _preferences(pairs: Mapping[str, Any]) -> Iterator[Block]:
    fit = pairs["bradley_terry"]
    if not fit["scores"]:
        yield Text(f"Strengths from pairs (Bradley and Terry): {fit['reason'] or 'undefined'}.")
    wins, methods = pairs["wins"], pairs["methods"]
    columns = list(zip(*wins, strict=True))
    rows = tuple(
        (
            method,
            text(fit["scores"][place]) if fit["scores"] else NONE,
            span(fit["low"][place], fit["high"][place]) if fit["scores"] else NONE,
            f"{sum(wins[place]):g}",
            f"{sum(columns[place]):g}",
        )
        for place, method in enumerate(methods)
    )
    notes = ("Strengths are logits around a mean of 0; no difference counts as half a win for both.",)
    yield Grid(Table("Preferences in pairs", ("Method", "Strength", "Interval", "Won", "Lost"), rows, notes))
