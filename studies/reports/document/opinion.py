"""The rating phase: opinion scores by several methods, and strengths from pairs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from studies.reports.blocks import Block, Drawing, Grid, Heading, Text
from studies.reports.drawings.intervals import ACR, Point, opinion_scores
from studies.reports.naming import WORDS
from studies.reports.source import Source, listed, percent, percents, real, several, span, text
from studies.reports.tables import Table
from studies.results import ItemResults, StudyResults

MODES = {"acr": "absolute category rating, 1 to 5", "dcr": "degradation category rating, 1 to 5"}
#: ITU-T P.910: how much worse than the reference it stands beside.
DCR = ("Very\nannoying", "Annoying", "Slightly\nannoying", "Perceptible", "Imper-\nceptible")
_ALL = {"bt500": "BT.500", "p913": "P.913", "p910": "P.910", "dmos": "DMOS"}
#: Why there is no DMOS, in ACR and in DCR.
NOT_ASKED = {
    ("dmos", False): "no image has a hidden truth among its pictures",
    ("dmos", True): "in DCR the truth was seen beside each picture",
}


def blocks(source: Source) -> Iterator[Block]:
    found = source.results
    yield Heading("Opinion scores", 1, "opinion")
    scores, pairs = found.evidence.get("opinion", {}), found.evidence.get("preferences", {})
    if found.evidence.get("naming"):
        yield Text("Pictures of this study were named, not scored: see the next part.")
    elif not scores and not pairs:
        yield Text("No pictures of this study were rated by score or in pairs, or the ratings are not worked out.")
    if scores:
        yield from _scores(scores, found)
    if pairs:
        yield from _preferences(pairs)
    if again := found.evidence.get("retest"):
        yield Text(_retest(again))


def of_item(source: Source, item: ItemResults) -> Iterator[Block]:
    """The scores of one image's pictures, as a figure; nothing where they were not rated."""
    scores = source.results.evidence.get("opinion", {})
    mos = scores.get("mos", {})
    rated = enumerate(scores.get("stimuli", ()))
    places = [(place, condition) for place, (position, condition) in rated if position == item.position]
    if not places or not mos["scores"]:
        return
    points = [
        Point(WORDS.get(condition, condition), real(mos["scores"][place]), real(mos["low"][place]),
              real(mos["high"][place]), mos["counts"][place])
        for place, condition in places
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
    if not any(math.isfinite(real(score)) for score in scores["mos"]["scores"]):
        yield Text(f"Mean opinion scores are {scores['mos']['reason'] or 'undefined'}.")
        return
    yield Grid(_table(scores, {item.position: item.name for item in found.items}))
    yield Text(_screening(scores))
    yield from _model(scores["mixed_model"])


def _table(scores: Mapping[str, Any], names: Mapping[int, str]) -> Table:
    """A method of scoring that is undefined throughout is a note, not a column of dashes."""
    others = {name: words for name, words in _ALL.items() if _defined(scores.get(name))}
    rows = tuple(
        (
            f"{names.get(position, position)}: {WORDS.get(condition, condition)}",
            text(scores["mos"]["scores"][place]),
            span(scores["mos"]["low"][place], scores["mos"]["high"][place]),
            span(scores["bootstrap"]["low"][place], scores["bootstrap"]["high"][place]),
            str(scores["mos"]["counts"][place]),
            *(text(scores[name]["scores"][place]) for name in others),
        )
        for place, (position, condition) in enumerate(scores["stimuli"])
    )
    header = ("Picture", "MOS", "t interval", "bootstrap", "Ratings", *others.values())
    return Table("Mean opinion scores", header, rows, tuple(_notes(scores)))


def _defined(found: Mapping[str, Any] | None) -> bool:
    return found is not None and any(math.isfinite(real(score)) for score in found.get("scores", ()))


def _notes(scores: Mapping[str, Any]) -> Iterator[str]:
    yield (
        "MOS: plain means. BT.500 leaves out observers, P.913 subtracts each observer's bias first, P.910 weighs "
        "observers by their consistency; DMOS: against each observer's own score of the hidden truth."
    )
    if limits := scores["mos"]["limits"]:
        yield limits
    counts = scores["mos"]["counts"]
    if thin := sum(count < 2 for count in counts):
        yield f"{several(thin, 'picture')} with fewer than two ratings: no interval."
    for name, words in _ALL.items():
        if not _defined(scores.get(name)):
            reason = (scores.get(name) or {}).get("reason") or NOT_ASKED.get((name, scores["mode"] == "dcr"))
            yield f"No {words}: {reason or 'undefined'}."


def _screening(scores: Mapping[str, Any]) -> str:
    told = []
    for name in ("bt500", "p913"):
        out = len(scores[name]["rejected"])
        told.append(f"{_ALL[name]} leaves out {'nobody' if not out else several(out, 'observer')}")
    return f"Screening of observers: {listed(told)}; the scores with and without stand side by side."


def _retest(again: Mapping[str, Any]) -> str:
    told = f"Asked the same once more, people answered the same in {percent(again['value'])} of "
    told += f"{several(again['count'], 'repeated answer')} ({percents(again['low'], again['high'])}"
    told += f", by {again['confidence']:.0%} Wilson interval; {again['limits']})."
    difference = again["difference"]
    return told + (f" Scores differed by {text(difference)} on average." if difference is not None else "")


def _model(model: Mapping[str, Any]) -> Iterator[Block]:
    if not any(math.isfinite(real(one["value"])) for one in model["effects"]):
        yield Text(f"Mixed model of all ratings: {model['reason'] or 'undefined'}.")
        return
    rows = tuple(
        (WORDS.get(one["method"], one["method"]), text(one["value"]), span(one["low"], one["high"]), _small(one["p"]))
        for one in model["effects"]
    )
    variances = ", ".join(f"{name} {text(value, 3)}" for name, value in model["variances"].items())
    reference = WORDS.get(model["reference"], model["reference"])
    notes = (f"Variances: {variances}. {model['limits']}", *((f"{model['reason']}.",) if model["reason"] else ()))
    header = ("Picture", f"Score above that of: {reference}", "Interval", "p")
    yield Grid(Table("Pictures by a mixed model of all ratings", header, rows, notes))


def _small(value: float | None) -> str:
    number = real(value)
    return "< 0.0001" if number < 0.0001 else text(number, 4)


def _preferences(pairs: Mapping[str, Any]) -> Iterator[Block]:
    """Strengths, or in words why there are none; wins in any case."""
    observers, simulated = pairs["observers"], pairs["simulated"]
    told = f"{several(observers, 'observer')} compared pictures in pairs."
    told += f" {simulated} of the observers are simulated: a rehearsal." if simulated else ""
    yield Text(told, "caution" if simulated else "plain")
    fit, wins = pairs["bradley_terry"], pairs["wins"]
    lost = list(zip(*wins, strict=True))
    known = _defined(fit)
    header = ("Picture", *(("Strength", "Interval") if known else ()), "Won", "Lost")
    rows = tuple(
        (
            WORDS.get(method, method),
            *((text(fit["scores"][place]), span(fit["low"][place], fit["high"][place])) if known else ()),
            f"{sum(wins[place]):g}",
            f"{sum(lost[place]):g}",
        )
        for place, method in enumerate(pairs["methods"])
    )
    counted = "No difference counts as half a win for both."
    strengths = (
        "Strengths by Bradley and Terry are logits around a mean of 0. Their intervals take answers as independent, "
        "though one person gave many: they are rather too narrow."
    )
    yield Grid(Table("Preferences in pairs", header, rows, (strengths, counted) if known else (counted,)))
    if not known:
        yield Text(f"Strengths by Bradley and Terry are {fit['reason'] or 'undefined'}.")
