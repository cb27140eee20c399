"""What figures mean, in plain sentences; undefined figures in words."""

from __future__ import annotations

import math

from studies.results import ItemResults, Metric, StudyResults

#: Of the NTIRE 2021 challenge on learning the SR space: above it, an image counts as consistent with its input.
CONSISTENCY_MARK = 45.0

CAUTION = (
    "Agreement is not truth. Everybody saw samples of {models} and prefers can win every vote. Judge the ensemble by "
    "its lead over the control, not by how sharp or how popular it is."
)
ONE_MODEL = "one model, so a detail that the model invents"
SOME_MODELS = "the same {count} models, so a detail that one of them invents"

REHEARSAL = "{simulated} of {all} participants are simulated. This is a rehearsal, not evidence of what people see."

#: At which p something is called shown.
LEVEL = 0.05

NAMES = {"lr_consistency": "LR consistency", "psnr": "PSNR against the truth", "ssim": "SSIM against the truth"}
UNITS = {"lr_consistency": "dB", "psnr": "dB", "ssim": ""}
DIGITS = {"lr_consistency": 2, "psnr": 2, "ssim": 4}


def caution(results: StudyResults) -> str:
    """What no figure on the page can take away."""
    models = len({family.weights_sha256 for family in results.families})
    return CAUTION.format(models=SOME_MODELS.format(count=models) if models > 1 else ONE_MODEL)


def number(value: float, digits: int = 2) -> str:
    """The number, or “undefined”."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "undefined"


def verdict(item: ItemResults) -> str:
    """Whether choosing added anything beyond averaging, judged by PSNR against the hidden truth."""
    if item.ballots == 0:
        return "There are no ballots yet."
    metric = item.metric("psnr")
    if item.truth_sha256 is None:
        return "Without a truth, no figure can say whether choosing added anything beyond averaging."
    if metric is None or not math.isfinite(metric.ensemble) or not math.isfinite(metric.control.high):
        return ""
    return _against_control(metric)


def beats(metric: Metric) -> bool:
    """Whether choice is better than chance at the 5 % level, one-sided: the p that is printed decides."""
    return metric.control.at_least_as_good <= LEVEL


def loses(metric: Metric) -> bool:
    """Whether 95 % of random selections or more do as well or better, and not all just as well."""
    return metric.control.at_least_as_good >= 1 - LEVEL and metric.control.low < metric.control.high


def _against_control(metric: Metric) -> str:
    control = metric.control
    reached = round(control.at_least_as_good * (control.draws + 1)) - 1  # the ensemble is counted among its draws
    told = f"{reached} of {control.draws} random selections do as well or better, p = {control.at_least_as_good:.2g}"
    if beats(metric):
        return f"The ensemble beats the control: choosing added something beyond averaging ({told})."
    if loses(metric):
        return f"The ensemble is worse than the control: a random choice would have been closer to the truth ({told})."
    return f"It is not shown that choosing added anything beyond averaging ({told})."


def consistency(value: float) -> str:
    """The LR consistency beside its mark."""
    if not math.isfinite(value):
        return "LR consistency is undefined."
    side = "above" if value >= CONSISTENCY_MARK else "below"
    return f"LR consistency {value:.1f}\u00a0dB, {side} the mark of {CONSISTENCY_MARK:.0f} dB."


def exposure(item: ItemResults) -> str:
    """Whether all who voted saw all candidates, for how long, and on how many records of screens that rests."""
    if not item.observed_ballots or not item.samples:
        return ""
    seen = [sample.exposures for sample in item.samples]
    who = f"{min(seen)}" if min(seen) == max(seen) else f"{min(seen)} to {max(seen)}"
    whole = min(seen) == item.ballots
    told = "all who voted" if whole else f"{who} of {item.ballots} who voted"
    seconds = sum(sample.seconds for sample in item.samples) / len(item.samples) / item.observed_ballots
    told = f"Each candidate was on screen for {told}, {seconds:.1f}\u00a0s on average."
    if unknown := item.ballots - item.observed_ballots:
        told += f" Taken to have seen all: {unknown} without a record of the screen."
    return told


def tie(item: ItemResults) -> str:
    """The selection's cut: who tied there, and what the rule did."""
    chosen = item.selection
    if not chosen.tied_at_cut:
        return "No tie at the cut."
    tied = [index for index in chosen.tied_at_cut if index not in chosen.chosen]
    taken = [index for index in chosen.tied_at_cut if index in chosen.chosen]
    names = ", ".join(map(str, chosen.tied_at_cut))
    return f"Tied at the cut: {names}; the rule took {_listed(taken)} and left {_listed(tied)} out."


def _listed(indexes: list[int]) -> str:
    return ", ".join(map(str, indexes)) or "none"
