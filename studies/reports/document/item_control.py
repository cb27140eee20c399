"""One image's ensemble beside what averaging alone gives."""

from __future__ import annotations

from collections.abc import Iterator

from studies.reports.blocks import Block, Drawing, Grid, Heading
from studies.reports.drawings.control import Mark, control_band
from studies.reports.sentences import DIGITS, NAMES, UNITS
from studies.reports.source import Source, percent, span, text
from studies.reports.tables import Table
from studies.results import ItemResults, Metric

DRAWN = ("psnr", "lr_consistency")
#: Key of a variant that nobody chose -> what it is.
_BASELINES = {"pool": "mean of all", "consistent": "most LR-consistent"}


def blocks(source: Source, item: ItemResults) -> Iterator[Block]:
    metrics = item.evaluation.metrics
    if not metrics:
        return
    yield Heading("Ensemble beside the random control", 3)
    yield Grid(_table(item))
    for metric in metrics:
        if metric.name in DRAWN:
            yield _drawing(source, item, metric)


def _table(item: ItemResults) -> Table:
    rows = tuple(_row(metric) for metric in item.evaluation.metrics)
    header = ("Metric", "Ensemble", "Control", "Control, 95 %", "Reach it", "One sample", "One chosen sample")
    notes = (
        f"Control: means of as many random samples, {item.evaluation.control_draws} draws. Reach it: share of draws "
        "that do as well or better, the ensemble counted with them: by a measure against the truth, the one-sided "
        "p-value of choice against chance; the band is two-sided.",
    )
    return Table(f"{item.name}: the ensemble and what averaging alone gives", header, rows, notes)


def _row(metric: Metric) -> tuple[str, ...]:
    digits, control = DIGITS[metric.name], metric.control
    unit = f" ({UNITS[metric.name]})" if UNITS[metric.name] else ""
    return (
        f"{NAMES[metric.name]}{unit}", text(metric.ensemble, digits), text(control.mean, digits),
        span(control.low, control.high, digits), percent(control.at_least_as_good, 1), text(metric.single_mean, digits),
        text(metric.single_chosen_mean, digits),
    )  # fmt: skip


def _drawing(source: Source, item: ItemResults, metric: Metric) -> Drawing:
    marks = [Mark("ensemble", metric.ensemble), Mark("single sample, mean", metric.single_mean)]
    baselines = {one.key: getattr(one, metric.name) for one in item.evaluation.variants.variants}
    marks += [Mark(words, baselines[key]) for key, words in _BASELINES.items() if key in baselines]
    name = f"item-{item.position}-control-{metric.name.replace('_', '-')}"
    title = f"{NAMES[metric.name]} of {item.name}: the ensemble among random selections"
    unit = ", ".join(filter(None, (NAMES[metric.name], UNITS[metric.name])))
    return Drawing(control_band(name, title, source.draws(item, metric.name), marks, unit=unit))
