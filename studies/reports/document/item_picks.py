"""What people chose for one image: the tally, and the stability card."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from studies.reports import sentences
from studies.reports.blocks import Block, Drawing, Facts, Heading, Pictures, Text
from studies.reports.document.pictures import Shown
from studies.reports.drawings.curves import convergence
from studies.reports.drawings.inclusion import inclusion
from studies.reports.drawings.votes import votes
from studies.reports.source import percent, probability, real, reals, several, span, text
from studies.results import ItemResults
from studies.services.analysis.analysis_words import tie_rule

SHOWN = 10  # chosen samples that are shown as pictures


def blocks(item: ItemResults, shown: Shown) -> Iterator[Block]:
    yield Heading("What they chose", 3)
    chosen = item.selection
    threshold = item.chance_threshold
    figure = votes(
        f"item-{item.position}-votes",
        f"Votes for the samples of {item.name}, most votes first",
        [sample.votes for sample in item.samples],
        chosen=chosen.chosen,
        tied=chosen.tied_at_cut,
        threshold=threshold.value,
    )
    yield Drawing(figure)
    pictures = list(shown.chosen())
    for start in range(0, min(len(pictures), SHOWN), 5):
        yield Pictures(tuple(pictures[start : start + 5]))
    told = [sentences.tie(item), f"Rule: {tie_rule(chosen.tie_rule)}."]
    told += [f"{chosen.reason[:1].upper()}{chosen.reason[1:].rstrip('.')}."] if chosen.reason else []
    told += [_threshold(item)]
    yield Text(" ".join(told))
    yield from _agreement(item)
    yield from _stability(item)


def _threshold(item: ItemResults) -> str:
    """How many of the chosen have more votes than chance explains."""
    threshold = item.chance_threshold
    if not threshold.defined:
        return f"Chance threshold: {threshold.reason}."
    beyond = sum(item.samples[index].votes >= threshold.value for index in item.selection.chosen)
    told = f"From {threshold.value:.0f} votes on, a sample has more than random picking explains (Holm, 5 %): "
    return f"{told}{beyond} of the {len(item.selection.chosen)} chosen have."


def _agreement(item: ItemResults) -> Iterator[Block]:
    found = item.evidence.get("picks", {}).get("jaccard")
    if found is None:
        return
    if not math.isfinite(real(found["value"])):
        yield Text(f"Agreement of picks: {found['reason'] or 'undefined'}.")
        return
    yield Text(
        f"Agreement of picks: mean Jaccard index {text(found['statistic'], 3)} between two people, "
        f"{text(found['null_mean'], 3)} if they picked at random; {probability(found['value'])} "
        f"({found['draws']} draws)."
    )


def _stability(item: ItemResults) -> Iterator[Block]:
    yield Heading("Stability card", 3)
    found = item.evidence.get("picks", {})
    if not found:
        yield Text("Not worked out." if item.ballots else "There are no ballots yet.")
        return
    yield Facts(tuple(_card(found, item)))
    bootstrap = found["bootstrap"]
    title = f"How often other people like these would have chosen each sample of {item.name}"
    name = f"item-{item.position}-inclusion"
    shares, why = reals(bootstrap["inclusion"]), bootstrap["reason"]
    yield Drawing(inclusion(name, title, shares, chosen=item.selection.chosen, reason=_sentence(why)))
    yield from _convergence(found, item)


def _card(found: Mapping[str, Any], item: ItemResults) -> Iterator[tuple[str, str]]:
    bootstrap, split, without = found["bootstrap"], found["split_half"], found["leave_one_out"]
    if math.isfinite(real(bootstrap["value"])):
        yield "Just the same samples", f"in {percent(bootstrap['identical'], 1)} of {bootstrap['resamples']} resamples"
        yield "Mean Jaccard index with the selection", text(bootstrap["value"])
        yield "Stability (Nogueira; 1 always the same, 0 chance)", text(bootstrap["nogueira"])
        inclusion_of = reals(bootstrap["inclusion"])
        each = [f"{index}: {percent(inclusion_of[index])}" for index in item.selection.chosen]
        yield "Chosen samples, in how many resamples", ", ".join(each)
    else:
        yield "Bootstrap", bootstrap["reason"] or "undefined"
    if math.isfinite(real(split["value"])):
        half = f"{text(split['value'])} (Spearman-Brown; half with half {text(split['halves'])}, 95 % of splits "
        yield "Split-half reliability", f"{half}{span(split['low'], split['high'])})"
    else:
        yield "Split-half reliability", split["reason"] or "undefined"
    changed = len(without["changed"])
    yield (
        "One participant less",
        (f"another selection for {changed} of {without['count']} who could leave" if changed else "the same selection"),
    )
    change = found.get("picture", {}).get("largest_change")
    told = "undefined: without one of them there is no selection" if change is None else f"{change} of 255"
    yield "Largest change of any pixel by that", told


def _convergence(found: Mapping[str, Any], item: ItemResults) -> Iterator[Block]:
    growth, picture = found["convergence"], found.get("picture") or {}
    if share := growth["share"]:
        title = f"Share of “{growth['label']}” among the first participants, {item.name}"
        yield _curve(f"item-{item.position}-settling-share", title, growth["participants"], share, "mean", "share")
    band = picture.get("convergence")
    title = f"How close the picture of the first participants comes to that of all, {item.name}"
    if band:
        orders = several(picture["orders"], "random order")
        note = f"Over {orders} of participants; 100 dB is the same picture. {_same(growth)}".strip()
        name = f"item-{item.position}-settling"
        yield _curve(name, title, picture["participants"], band, "median", "PSNR to the last, dB", note)
    else:
        yield Text("How the picture settles is undefined: some of the first participants leave no selection.")


def _curve(
    name: str,
    title: str,
    participants: list[int],
    band: Mapping[str, Any],
    what: Literal["mean", "median"],
    unit: str,
    note: str = "",
) -> Drawing:
    middle, low, high = (reals(band[key]) for key in (what, "low", "high"))
    return Drawing(convergence(name, title, participants, middle, low, high, unit=unit, what=what), note)


def _same(growth: Mapping[str, Any]) -> str:
    """How often a quarter, half and three quarters of the participants choose just the samples of all."""
    steps = list(zip(growth["participants"], growth["identical"], strict=False))
    if len(steps) < 4:
        return ""
    told = [
        f"{people} in {percent(share)}" for people, share in (steps[len(steps) * part // 4 - 1] for part in (1, 2, 3))
    ]
    return f"Just the samples of all are chosen by the first {', '.join(told[:2])} and {told[2]} of random orders."


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}." if reason else ""
