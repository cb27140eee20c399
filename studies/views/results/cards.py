"""What one item's card on the results page shows, ready for the template."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.safestring import SafeString

from inference.models import Sample
from studies.models import Item
from studies.reports import figures, sentences
from studies.reports.otherwise import otherwise
from studies.reports.stable import stable
from studies.results import MADE, EvaluationResult, ItemResults, LabelShare, Metric, SampleResult, StudyResults
from studies.views.results.families import FamilyRow, family_rows
from studies.views.results.variants import Variants, shown


@dataclass(frozen=True)
class LabelRow:
    label: str
    count: int
    percent: str
    interval: str
    bar: SafeString


@dataclass(frozen=True)
class Chosen:
    """A sample of the selection; pk for the address of its picture."""

    sample: SampleResult
    pk: int
    tied: bool


@dataclass(frozen=True)
class MetricRow:
    name: str
    unit: str
    ensemble: str
    control: str
    limits: str
    single: str
    strip: SafeString


@dataclass(frozen=True)
class Card:
    item: ItemResults
    evaluation: EvaluationResult
    verdict: str
    otherwise: list[str]
    confidence: str
    tie: str
    exposure: str
    consistency: str
    labels: list[LabelRow]
    never: str
    families: list[FamilyRow]
    chosen: list[Chosen]
    metrics: list[MetricRow]
    spread: str
    stable: list[str]
    variants: Variants | None

    @property
    def made(self) -> bool:
        return self.evaluation.state == MADE


def cards(results: StudyResults) -> list[Card]:
    """One card per item, in the study's order."""
    pks = _sample_pks(results)
    return [_card(item, pks) for item in results.items]


def _sample_pks(results: StudyResults) -> dict[tuple[str, int], int]:
    """(job digest, seed) -> primary key, of every chosen sample. One query for the whole page."""
    seeds = {item.samples[index].seed for item in results.items for index in item.selection.chosen}
    jobs = Item.jobs.through.objects.filter(item__in=[item.pk for item in results.items]).values("generationjob")
    rows = Sample.objects.filter(job__in=jobs, seed__in=seeds).select_related("job")
    return {(sample.job.request_digest, sample.seed): sample.pk for sample in rows}


def _card(item: ItemResults, pks: dict[tuple[str, int], int]) -> Card:
    made = item.evaluation.state == MADE
    ensemble = item.evaluation.ensemble
    return Card(
        item=item,
        evaluation=item.evaluation,
        verdict=sentences.verdict(item) if made or item.ballots == 0 else "",
        otherwise=[otherwise(item, other) for other in item.alternatives],
        confidence=_confidence(item),
        tie=sentences.tie(item),
        exposure=sentences.exposure(item),
        consistency=sentences.consistency(ensemble.lr_consistency) if made and ensemble is not None else "",
        labels=[_label_row(share) for share in item.label_shares if share.count],
        never=_never(item),
        families=family_rows(item.families),
        chosen=_chosen(item, pks),
        metrics=[_metric_row(metric) for metric in item.evaluation.metrics] if made else [],
        spread=_spread(item) if made else "",
        stable=stable(item),
        variants=shown(item) if made else None,
    )


def _confidence(item: ItemResults) -> str:
    """Of the intervals of shares: “95 %”."""
    return f"{100 * item.label_shares[0].share.confidence:g} %" if item.label_shares else ""


def _label_row(row: LabelShare) -> LabelRow:
    share = row.share
    if not share.defined:
        return LabelRow(row.label, row.count, "", share.reason or "undefined", SafeString(""))
    interval = f"{100 * share.low:.0f}–{100 * share.high:.0f} %"
    title = f"{row.label}: {row.count} of {share.count} ballots, {100 * share.value:.0f} % (interval {interval})"
    bar = figures.share_bar(title, share.value, share.low, share.high)
    return LabelRow(row.label, row.count, f"{100 * share.value:.0f} %", interval, bar)


def _never(item: ItemResults) -> str:
    """Labels that nobody gave, in one line: they all have the same interval."""
    unused = [share for share in item.label_shares if not share.count]
    if not unused or not unused[0].share.defined:
        return ""
    return f"Nobody said {', '.join(row.label for row in unused)} (each 0–{100 * unused[0].share.high:.0f} %)."


def _chosen(item: ItemResults, pks: dict[tuple[str, int], int]) -> list[Chosen]:
    tied = set(item.selection.tied_at_cut)
    samples = [item.samples[index] for index in item.selection.chosen]
    return [Chosen(sample, pks[sample.job_digest, sample.seed], sample.index in tied) for sample in samples]


def _metric_row(metric: Metric) -> MetricRow:
    digits, control = sentences.DIGITS[metric.name], metric.control

    def text(value: float) -> str:
        return sentences.number(value, digits)

    name = sentences.NAMES[metric.name]
    title = f"{name}: ensemble {text(metric.ensemble)}, random selections {text(control.low)} to {text(control.high)}"
    return MetricRow(
        name=name,
        unit=sentences.UNITS[metric.name],
        ensemble=text(metric.ensemble),
        control=text(control.mean),
        limits=f"{text(control.low)} – {text(control.high)}" if math.isfinite(control.low) else "undefined",
        single=text(metric.single_mean),
        strip=figures.band_strip(
            title,
            low=control.low,
            middle=control.mean,
            high=control.high,
            value=metric.ensemble,
            mark=sentences.CONSISTENCY_MARK if metric.name == "lr_consistency" else None,
        ),
    )


def _spread(item: ItemResults) -> str:
    """How much the chosen differ, beside all candidates, and how well that is known."""
    evaluation, n = item.evaluation, len(item.selection.chosen)
    if n < 2 or not math.isfinite(evaluation.spread_chosen):
        return "The spread of a single sample is undefined."
    error = 100 / math.sqrt(2 * (n - 1))
    return (
        f"Standard deviation over the {n} chosen: {evaluation.spread_chosen:.3f} on average, "
        f"{evaluation.spread_pool:.3f} over all candidates. "
        f"From {n} samples it is itself uncertain by about {error:.0f} %."
    )
