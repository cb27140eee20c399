"""One image: its pictures, what people saw and chose, how stable that is, and what chance alone gives."""

from __future__ import annotations

from collections.abc import Iterator

from studies.reports import sentences, variants
from studies.reports.blocks import Block, Grid, Heading, Points, Text
from studies.reports.document import item_control, item_labels, item_picks, opinion
from studies.reports.document.pictures import MOST, Shown, rows
from studies.reports.otherwise import otherwise
from studies.reports.source import Source, percent, several, text
from studies.reports.tables import Table
from studies.results import MADE, ItemResults

FEW = 3  # pairs of labels, each with a sentence of its own


def blocks(source: Source) -> Iterator[Block]:
    yield Heading("Image by image", 1, "images", new_page=True)
    yield Text(
        "Pictures are shown without smoothing. Each pixel of the LR image is enlarged to a square. Colours of maps "
        "have the same scale for all images.",
        "small",
    )
    scale = source.results.protocol.scale
    if any(max(item.width, item.height) * scale > MOST for item in source.results.items):
        yield Text(f"Pictures of more than {MOST} pixels a side are shown reduced, as means of blocks.", "small")
    if not source.results.items:
        yield Text("The study has no images.")
    for place, item in enumerate(source.results.items):
        yield from _item(source, item, first=place == 0)


def _item(source: Source, item: ItemResults, *, first: bool) -> Iterator[Block]:
    yield Heading(item.name, 2, f"item-{item.position}", new_page=not first)
    simulated = f", {item.simulated_ballots} of them simulated" if item.simulated_ballots else ""
    yield Text(f"{several(item.ballots, 'ballot')}{simulated}. {sentences.exposure(item)}".strip())
    yield from _verdict(item)
    shown = Shown(source, item)
    yield from rows(list(shown.compared()))
    if item.evaluation.state != MADE:
        yield Text(f"No ensemble: {item.evaluation.state}{_because(item.evaluation.reason)}.", "caution")
    yield from _readings(item, shown)
    yield from _maps(item, shown)
    yield from item_labels.blocks(source, item)
    yield from item_picks.blocks(item, shown)
    yield from item_control.blocks(source, item)
    yield from _variants(item)
    yield from opinion.of_item(source, item)
    if item.alternatives:
        yield Heading("Read otherwise", 3)
        yield Points(tuple(otherwise(item, other) for other in item.alternatives))


def _because(reason: str) -> str:
    return f", {reason.rstrip('.')}" if reason else ""


def _verdict(item: ItemResults) -> Iterator[Block]:
    if told := sentences.verdict(item):
        yield Text(told, "verdict")
    ensemble = item.evaluation.ensemble
    if ensemble is not None:
        yield Text(sentences.consistency(ensemble.lr_consistency))


def _readings(item: ItemResults, shown: Shown) -> Iterator[Block]:
    """The ensembles per label, and the warning where the samples support both of two readings."""
    found = item.evaluation.variants
    if item.evaluation.state != MADE:
        return
    if found.state != MADE:
        yield Text(f"Ensembles per label and other variants: {found.state}{_because(found.reason)}.")
        return
    pictures = list(shown.readings())
    if not pictures:
        return
    yield Heading("Ensembles per label", 3)
    yield from rows(pictures)
    yield from _compared(item)


def _compared(item: ItemResults) -> Iterator[Block]:
    """The warning where both of two readings are supported; many of them in one sentence."""
    found = item.evaluation.variants.readings
    told = variants.readings(item)
    both = [sentence for supported, sentence in told if supported]
    other = [sentence for supported, sentence in told if not supported]
    if len(both) > FEW:
        names = "; ".join(f"“{pair.labels[0]}” and “{pair.labels[1]}”" for pair in found if pair.both)
        both = [f"The samples support both readings of {several(len(both), 'pair')} of labels: {names}."]
    if len(other) > FEW:
        other = [
            f"Of {several(len(other), 'pair')} of labels the ensembles differ no more than the samples of one label "
            f"do{_undefined(item)}: they may be one reading."
        ]
    yield from (Text(sentence, "caution") for sentence in both)
    yield from (Text(sentence, "small") for sentence in other)


def _undefined(item: ItemResults) -> str:
    """How many pairs of labels cannot be compared."""
    count = sum(pair.both is None for pair in item.evaluation.variants.readings)
    return f", or, of {count} of them, it is undefined, as one is a single sample" if count else ""


def _maps(item: ItemResults, shown: Shown) -> Iterator[Block]:
    pictures = list(shown.maps())
    if not pictures:
        return
    yield Heading("Where samples differ, and what the LR image says", 3)
    yield from rows(pictures)
    n, made = len(item.selection.chosen), item.evaluation
    if n > 1:
        error = 100 / (2 * (n - 1)) ** 0.5
        yield Text(
            f"Standard deviation over the {n} chosen {text(made.spread_chosen, 4)} on average, over all candidates "
            f"{text(made.spread_pool, 4)}. From {n} samples it is itself uncertain by about {error:.0f} %.",
            "small",
        )
    else:
        yield Text("The spread of a single sample is undefined.", "small")


def _variants(item: ItemResults) -> Iterator[Block]:
    found = variants.told(item)
    if not found:
        return
    yield Heading("Other ensembles of the same votes, and baselines", 3)
    ensembles = [_own(item)]
    ensembles += [
        (variants.name(one) + ("" if variants.of_people(one) else " (nobody's choice)"), text(one.lr_consistency),
         *((text(one.psnr), text(one.ssim, 4)) if item.truth_sha256 else ()),
         percent(variants.random_as_good(item, one), 1), text(one.effective_n, 1))
        for one in found
    ]  # fmt: skip
    truth = ("PSNR (dB)", "SSIM") if item.truth_sha256 else ()
    header = ("Ensemble", "LR consistency (dB)", *truth, "Random as good", "Effective n")
    yield Grid(Table(f"Ensembles of {item.name} by rule", header, tuple(ensembles), (variants.COMPARED,)))


def _own(item: ItemResults) -> tuple[str, ...]:
    n = len(item.selection.chosen)
    values = {metric.name: metric.ensemble for metric in item.evaluation.metrics}
    truth = (text(values.get("psnr")), text(values.get("ssim"), 4)) if item.truth_sha256 else ()
    consistency, random = text(values.get("lr_consistency")), percent(variants.random_as_good(item), 1)
    return f"Top {n}, mean: the study's ensemble", consistency, *truth, random, text(float(n), 1)
