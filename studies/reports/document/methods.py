"""Over all images: what people saw, and every way of making a picture beside every other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from studies.aggregation.comparison import MeanRanks
from studies.reports import tables
from studies.reports.blocks import Block, Drawing, Grid, Heading, Text
from studies.reports.drawings.critical_difference import critical_difference
from studies.reports.sentences import NAMES
from studies.reports.source import NONE, Source, percent, probability, real, reals, several, span, text
from studies.reports.tables import Table
from studies.results import StudyResults

#: As names that stand beside a drawing.
_SHORT = {
    "random ensemble (mean of draws)": "random ensemble",
    "single sample (mean of pool)": "single sample",
    "mean of all candidates": "mean of all",
    "vote-weighted mean": "weighed by votes",
}


def blocks(source: Source) -> Iterator[Block]:
    found = source.results
    yield Heading("Over all images", 1, "over-all")
    if found.protocol.ask_label:
        yield Heading("What people saw", 2, "labels")
        yield Grid(_given(found))
        yield from _agreement(found)
    yield Heading("How the images compare", 2, "quality")
    compared = tables.by_metric(found)
    if compared:
        yield Grid(tables.compared(found))
        yield Grid(tables.lead(found))
    else:
        yield Grid(tables.quality(found))
    if not compared:
        yield Text("Methods are not compared by tests: the evidence is not worked out, or no ensemble is made.")
        return
    for metric, values in compared.items():
        yield from _compared(metric, values, found)


def _given(found: StudyResults) -> Table:
    """Labels that somebody gave."""
    table = tables.labels(found)
    shares = [share for item in found.items for share in item.label_shares]
    rows = tuple(row for row, share in zip(table.rows, shares, strict=True) if share.count)
    return replace(table, rows=rows, notes=(*table.notes, "Labels that nobody gave to an image are left out."))


def _agreement(found: StudyResults) -> Iterator[Block]:
    labels = found.evidence.get("labels", {})
    if not labels:
        yield Text("Agreement on labels is not worked out.")
        return
    alpha = labels["krippendorff"]
    if math.isfinite(real(alpha["value"])):
        limits = (
            f"interval {span(alpha['low'], alpha['high'])} by {alpha['resamples']} resamples of images"
            if alpha["resamples"]
            else f"no interval from {several(alpha['count'], 'image')}"
        )
        yield Text(
            f"Agreement on labels: Krippendorff's alpha (nominal) {text(alpha['value'])}, {limits}; raw agreement "
            f"{percent(alpha['raw'])}. Alpha is low where nearly all say the same: then read the raw agreement."
        )
    else:
        yield Text(f"Krippendorff's alpha is {_undefined(alpha['reason'])}")
    yield Text(_dawid_skene(labels["dawid_skene"], found))


def _dawid_skene(model: Mapping[str, Any], found: StudyResults) -> str:
    """The sensitivity line: where a model of people's errors says otherwise than the majority."""
    if not model["labels"]:
        return f"Labels by Dawid and Skene's model: {_undefined(model['reason'])}"
    pairs = list(zip(found.items, model["labels"], strict=True))
    decided = [(item, label) for item, label in pairs if label is not None]
    other = [f"{item.name}: “{label}”" for item, label in decided if label != item.majority]
    undecided = len(pairs) - len(decided)
    settled = "" if model["converged"] else " The fit had not settled when it stopped: take it with reserve."
    told = f"Sensitivity: Dawid and Skene's model of people's errors, from {several(model['count'], 'label')}, "
    settled = f" It decides nothing on {several(undecided, 'image')}.{settled}" if undecided else settled
    if not other:
        return f"{told}names the same label as the majority on {several(len(decided), 'image')}.{settled}"
    return f"{told}says otherwise than the majority on {several(len(other), 'image')}: {'; '.join(other)}.{settled}"


def _compared(metric: str, values: Mapping[str, Any], found: StudyResults) -> Iterator[Block]:
    name = NAMES.get(metric, metric)
    yield Heading(f"Methods by {name}", 2, f"methods-{metric.replace('_', '-')}")
    yield Grid(tables.methods_by_item(found, metric))
    friedman, wilcoxon = values["friedman"], values["wilcoxon"]
    if math.isfinite(real(friedman["value"])):
        yield Text(
            f"Friedman's test over {several(friedman['count'], 'image')}: {probability(friedman['value'])} "
            f"({friedman['method']}). {friedman['limits']}{_incomplete(values)}"
        )
    else:
        yield Text(f"Friedman's test is {_undefined(friedman['reason'])}")
    figure = critical_difference(
        f"ranks-{metric.replace('_', '-')}",
        f"Mean ranks of methods by {name}",
        [_SHORT.get(method, method) for method in values["methods"]],
        _ranks(friedman),
    )
    yield Drawing(figure, "Rank 1 is best. Methods under one bar are not told apart by Nemenyi's test.")
    yield Text(
        f"Wilcoxon's tests of the ensemble against each other method: {wilcoxon['limits'] or wilcoxon['reason']}",
        "small",
    )


def _incomplete(values: Mapping[str, Any]) -> str:
    """Friedman's test needs every score: who is without some that the others have."""
    names = [values["methods"][row] for row in values["friedman"]["left_out"]]
    return f" Left out, as they lack images that the others have: {', '.join(names)}." if names else ""


def _ranks(stored: Mapping[str, Any]) -> MeanRanks:
    """The estimator's result, read back for its drawing."""
    return MeanRanks(
        value=real(stored["value"]),
        name=stored["name"],
        version=stored["version"],
        count=stored["count"],
        reason=stored["reason"],
        ranks=reals(stored["ranks"]),
        critical=real(stored["critical"]),
        groups=tuple(tuple(group) for group in stored["groups"]),
    )


def _undefined(reason: str) -> str:
    told = reason or NONE
    return f"{told if told.startswith('undefined') else f'undefined: {told}'}."
