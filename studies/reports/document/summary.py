"""What the study comes to, in plain words, beside what it cannot say."""

from __future__ import annotations

import math
from collections.abc import Iterator

from studies.reports.blocks import Block, Grid, Heading, Points, Text
from studies.reports.sentences import CONSISTENCY_MARK, DIGITS, REHEARSAL, beats, caution, loses
from studies.reports.source import NONE, Source, percent, percents, real, several, span, text
from studies.reports.tables import Table
from studies.results import MADE, ItemResults, LabelShare, StudyResults


def blocks(source: Source) -> Iterator[Block]:
    found = source.results
    yield Heading("Summary", 1, "summary", new_page=True)
    if found.has_simulated:
        everybody = found.participants.people + found.participants.simulated
        yield Text(REHEARSAL.format(simulated=found.participants.simulated, all=everybody), "caution")
    yield Text(caution(found), "caution")
    yield Points(tuple(_answers(found)))
    yield Grid(_at_a_glance(found))
    yield Heading("What this report cannot say", 2, "limits")
    yield Points(tuple(_limits(found)))


def _answers(found: StudyResults) -> Iterator[str]:
    voted = [item for item in found.items if item.ballots]
    if not voted:
        yield "There are no ballots yet, so that there is nothing to sum up."
        return
    if found.protocol.ask_label:
        yield _seen(voted)
        yield _sure(voted)
    yield _chosen(voted)
    if told := _nobody(voted):
        yield told
    yield _stable(voted)
    yield _consistent(voted)


def _seen(items: list[ItemResults]) -> str:
    named = [item for item in items if item.majority in {share.label for share in item.named_shares}]
    clear = [item for item in named if leading(item).share.low > 0.5]
    told = f"What people saw: on {len(clear)} of {several(len(items), 'image')} the interval of the leading label's "
    told += "share lies above one half"
    unsure = sum(item.majority is not None for item in items) - len(named)
    if unsure:
        told += f"; on {unsure} most often people could not tell"
    split = [item for item in items if len(_supported(item)) > 1]
    if split:
        told += f"; on {len(split)} the samples support more than one reading, each with an ensemble of its own"
    return f"{told}."


def _sure(items: list[ItemResults]) -> str:
    known = [(item, value) for item in items if math.isfinite(value := _e_value(item))]
    if not known:
        return "How sure that is: the evidence is not worked out, so that only the intervals of shares say it."
    strong = sum(value >= 20 and max(share.share.value for share in item.named_shares) > 0.5 for item, value in known)
    return (
        f"How sure that is: on {strong} of {several(len(known), 'image')} more than half gave the leading label, and "
        "its e-value against one half has reached 20: evidence at the 5 % level however often somebody looked at the "
        "numbers while ballots came in."
    )


def _e_value(item: ItemResults) -> float:
    return real(item.evidence.get("labels", {}).get("e_value", {}).get("value"))


def _chosen(items: list[ItemResults]) -> str:
    made = [item for item in items if item.evaluation.state == MADE]
    judged = [metric for item in made if (metric := item.metric("psnr")) and math.isfinite(metric.control.low)]
    if not made:
        return "Whether choosing is better than averaging at random: no ensemble is made yet."
    if not judged:
        return (
            "Whether choosing is better than averaging at random cannot be said: no image has a truth to compare with. "
            "By mean squared error any mean of samples is at least as close to the truth as its average member, "
            "whoever chose them."
        )
    better, worse = (sum(rule(one) for one in judged) for rule in (beats, loses))
    return (
        "Whether choosing is better than averaging at random: by PSNR the ensemble beats random selections on "
        f"{better} of {several(len(judged), 'image')} at the 5 % level, where chance alone gives one in twenty; on "
        f"{worse} nearly all random selections do as well or better; on {len(judged) - better - worse} choosing is not "
        "shown to add anything."
    )


def _nobody(items: list[ItemResults]) -> str:
    """The voted ensemble beside the mean that asks nobody; nothing where no truth says which is closer."""
    pairs = [
        (metric.ensemble, other.psnr)
        for item in items
        if (metric := item.metric("psnr")) is not None
        for other in item.evaluation.variants.variants
        if other.key == "pool" and math.isfinite(other.psnr)
    ]
    if not pairs:
        return ""
    ahead = sum(ensemble > pool for ensemble, pool in pairs)
    return (
        f"Whether people are needed: by PSNR the voted ensemble is closer to the truth than the mean of all samples, "
        f"which nobody chose, on {ahead} of {several(len(pairs), 'image')}. The mean of all is smoother: it shows less."
    )


def _stable(items: list[ItemResults]) -> str:
    found = [item.evidence.get("picks", {}).get("bootstrap", {}) for item in items]
    same = [real(one.get("identical")) for one in found if math.isfinite(real(one.get("identical")))]
    if not same:
        return "How stable the picture is: the evidence is not worked out, or nothing is selected."
    told = "How stable the picture is: other people like these would have chosen just the same samples in "
    if len(same) == 1 or min(same) == max(same):
        return f"{told}{percent(same[0])} of resamples."
    return f"{told}{percent(min(same))} to {percent(max(same))} of resamples, depending on the image."


def _consistent(items: list[ItemResults]) -> str:
    values = [one.lr_consistency for item in items if (one := item.evaluation.ensemble) is not None]
    if not values:
        return f"LR consistency: no ensemble to measure; the mark is {CONSISTENCY_MARK:.0f} dB."
    reached = sum(value >= CONSISTENCY_MARK for value in values)
    told = f"LR consistency: {reached} of {several(len(values), 'ensemble')} reach the mark of "
    told += f"{CONSISTENCY_MARK:.0f} dB; the lowest is {text(min(values))} dB."
    if reached < len(values):
        told += " Below the mark a picture contradicts its low-resolution image somewhere."
    return told


def _limits(found: StudyResults) -> Iterator[str]:
    yield "Agreement among people is not truth: it says what they found likely among the samples that they were shown."
    models = len({family.weights_sha256 for family in found.families})
    if models <= 1:
        yield (
            "All samples are of one model. What it invents, every sample may show, and every vote may go to it: a "
            "second model of another kind, mixed into the pool, would be a check."
        )
    if not any(item.truth_sha256 for item in found.items):
        yield "No image has a truth: nothing here says whether a picture is right."
    yield (
        "Participants are a sample of those who were asked. Intervals speak of people like them who look under the "
        "same conditions."
    )
    yield "Intervals and tests of an item take its ballots as independent of each other."
    if len(found.items) < 6:
        told = several(len(found.items), "image")
        yield f"Methods are compared over {told}: fewer than 6 can show no difference at the 5 % level."


def _at_a_glance(found: StudyResults) -> Table:
    asked, truth = found.protocol.ask_label, any(item.truth_sha256 for item in found.items)
    header = ("Image", "Ballots", *(("Leading label", "Share (interval)") if asked else ()),
              *(("PSNR, dB", "of the control") if truth else ()), "Same samples", "LR, dB")  # fmt: skip
    notes = (
        "Of the control: the middle 95 % of ensembles of as many random samples. "
        * truth
        + "Same samples: share of bootstrap resamples of participants that choose just the same. LR: consistency of "
        f"the ensemble, ✓ reaches {CONSISTENCY_MARK:.0f} dB. {NONE} is undefined or not made, which the image's own "
        "pages say in words.",
    )
    rows = tuple(
        (
            item.name,
            str(item.ballots),
            *(_label(item) if asked else ()),
            *(_psnr(item) if truth else ()),
            *_picture(item),
        )
        for item in found.items
    )
    return Table("The images at a glance", header, rows, notes)


def _label(item: ItemResults) -> tuple[str, str]:
    if item.majority is None:
        return NONE, NONE
    share = leading(item).share
    return item.majority, f"{percent(share.value)} ({percents(share.low, share.high)})"


def _psnr(item: ItemResults) -> tuple[str, str]:
    metric = item.metric("psnr")
    if metric is None:
        return NONE, NONE
    digits = DIGITS["psnr"]
    return text(metric.ensemble, digits), span(metric.control.low, metric.control.high, digits)


def _picture(item: ItemResults) -> tuple[str, str]:
    ensemble = item.evaluation.ensemble
    same = percent(item.evidence.get("picks", {}).get("bootstrap", {}).get("identical"))
    consistency = NONE if ensemble is None else text(ensemble.lr_consistency)
    reached = ensemble is not None and ensemble.lr_consistency >= CONSISTENCY_MARK
    return same, f"{consistency}{' ✓' * reached}"


def leading(item: ItemResults) -> LabelShare:
    """The share of the majority; only of an item that has one."""
    return next(share for share in item.label_shares if share.label == item.majority)


def _supported(item: ItemResults) -> set[str]:
    """Labels that the samples support beside another."""
    return {label for pair in item.evaluation.variants.readings if pair.both for label in pair.labels}
