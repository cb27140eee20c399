"""Whether other people, or fewer of them, would have chosen the same samples.

Tables of picks are (participants, samples), 0 or 1, a row for every ballot. `ties`, `keys` and `tie_seed` are the
study's tie rule, see `counts.top_n`; `seed` is that of the draws made here. Selections are in index order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studies.aggregation.counts import Ties
from studies.aggregation.draws import (
    blocks,
    checked_draws,
    checked_table,
    chosen_indexes,
    orders,
    resampled,
    top_n_of_each,
)
from studies.aggregation.estimates import Estimate, Interval, estimator
from studies.aggregation.halves import half_correlations
from studies.aggregation.labels import majority

VERSION = "2"
NO_SELECTION = "undefined: there is no selection, as no sample has a vote or the tie rule leaves all out"
TOO_FEW = "undefined: there are fewer than two ballots"
#: Mean correlations below it are -1 but for rounding: 2 r / (1 + r) is then no number.
OPPOSITE = -1 + 1e-9
#: Of random splits and orders, this much lies within a band.
BAND = (0.025, 0.975)


@dataclass(frozen=True)
class Stability(Estimate):
    """value: mean Jaccard index of the resamples' selections with `chosen`, the actual one.

    inclusion: by sample, the share of resamples that choose it;  identical: share of those that choose just the same
    nogueira: Nogueira, Sechidis and Brown's stability (JMLR 18, 2018, definition 4): 1 always the same, 0 chance
    """

    chosen: tuple[int, ...] = ()
    inclusion: tuple[float, ...] = ()
    identical: float = math.nan
    nogueira: float = math.nan
    resamples: int = 0
    seed: int | None = None


@dataclass(frozen=True)
class SplitHalf(Interval):
    """value: reliability of all participants together, from `halves`, the mean correlation of two halves.

    low and high hold 95 % of the splits: how much it matters who is in which half. They are no confidence interval.
    """

    halves: float = math.nan
    splits: int = 0
    seed: int | None = None


@dataclass(frozen=True)
class Band:
    """By step: the mean over random orders of participants, and limits that hold 95 % of the orders."""

    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Middle:
    """As `Band`, with the median: of values that have a cap, which many orders reach."""

    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Convergence:
    """What the first t participants choose, in random orders of all `count`. participants: t, by step.

    selections: by order and step, so that the picture of each can be made and compared, see `band`
    jaccard: index of the selections with `chosen`, that of all;  share: of `label`, the majority of all
    identical: by step, the share of orders that choose just the samples of all; empty without a selection
    """

    participants: tuple[int, ...]
    selections: tuple[tuple[tuple[int, ...], ...], ...]
    chosen: tuple[int, ...]
    jaccard: Band | None
    label: str | None
    share: Band | None
    identical: tuple[float, ...]
    seed: int
    count: int
    name: str = "convergence"
    version: str = VERSION
    reason: str = ""
    inputs: str = ""


@dataclass(frozen=True)
class LeaveOneOut(Estimate):
    """value: share of participants without whom another selection results; `changed` are their rows.

    selections: by participant, what all the others choose
    """

    chosen: tuple[int, ...] = ()
    selections: tuple[tuple[int, ...], ...] = ()
    changed: tuple[int, ...] = ()


@estimator
def bootstrap_top_n(
    picks: ArrayLike,
    n: int,
    *,
    ties: Ties = "index",
    keys: ArrayLike | None = None,
    tie_seed: int | None = None,
    resamples: int = 10_000,
    seed: int,
) -> Stability:
    """The top n of as many participants drawn with replacement, again and again.

    nan, with a reason: without a top n, and of a single ballot, which would always be drawn again.

    Raises ValueError for picks that are no table of 0 and 1, and for a tie rule without what it needs.
    """
    table = checked_table(picks)
    people, m = table.shape
    chosen = top_n_of_each(table.sum(axis=0)[None], n, ties, keys, tie_seed)[0]
    if not chosen.any():
        return Stability(math.nan, "bootstrap_top_n", VERSION, people, reason=NO_SELECTION)
    draws = checked_draws(resamples)
    if people < 2:
        return Stability(math.nan, "bootstrap_top_n", VERSION, people, chosen=chosen_indexes(chosen), reason=TOO_FEW)
    stream, votes_of = np.random.PCG64(seed), table.astype(np.float32)  # whole numbers, exact up to 2**24
    times, identical, jaccard = np.zeros(m), 0, []
    for count in blocks(draws, max(people, m)):
        votes = resampled(stream, count, people).astype(np.float32) @ votes_of
        found = top_n_of_each(votes, n, ties, keys, tie_seed)
        times += found.sum(axis=0)
        jaccard.append(_jaccard(found, chosen))
        identical += int((found == chosen).all(axis=1).sum())
    inclusion = times / resamples
    return Stability(
        float(np.concatenate(jaccard).mean()), "bootstrap_top_n", VERSION, people, chosen=chosen_indexes(chosen),
        inclusion=tuple(inclusion.tolist()), identical=identical / resamples,
        nogueira=nogueira(inclusion, resamples), resamples=resamples, seed=seed,
    )  # fmt: skip


@estimator
def split_half(scores: ArrayLike, *, splits: int = 1000, seed: int) -> SplitHalf:
    """How far two random halves of the participants agree on the samples, and what that says of all together.

    scores: (participants, samples), picks of 0 and 1 or ratings, nan where missing. Means by sample of one half are
    correlated (Pearson) with those of the other; of an odd number one participant is left out of each split. The mean
    correlation r gives the reliability 2 r / (1 + r) (Spearman; Brown, both 1910). Splits with a half that does not
    vary are left out. nan with a reason: with fewer than two participants, where no split varies, and where halves
    are opposites (r = -1).
    """
    given = np.asarray(scores, dtype=np.float64)
    people = len(given)
    if given.ndim != 2 or people < 2:
        reason = "undefined: there are fewer than two participants"
        return SplitHalf(math.nan, "split_half", VERSION, people, reason=reason)
    stream = np.random.PCG64(seed)
    found = [half_correlations(stream, given, count) for count in blocks(checked_draws(splits), 2 * max(given.shape))]
    r = np.concatenate(found)
    r = r[~np.isnan(r)]
    if not len(r):
        reason = "undefined: no variation between samples"
        return SplitHalf(math.nan, "split_half", VERSION, people, reason=reason)
    if r.mean() < OPPOSITE:
        reason = "undefined: halves of the participants choose the opposite of each other"
        return SplitHalf(
            math.nan, "split_half", VERSION, people, reason=reason, halves=float(r.mean()), splits=len(r), seed=seed
        )
    low, high = (_spearman_brown(limit) for limit in np.quantile(r, BAND))
    mean = float(r.mean())
    return SplitHalf(
        _spearman_brown(mean), "split_half", VERSION, people, low=low, high=high, halves=mean, splits=len(r), seed=seed
    )


@estimator
def convergence(
    picks: ArrayLike,
    n: int,
    *,
    labels: Sequence[str] = (),
    ties: Ties = "index",
    keys: ArrayLike | None = None,
    tie_seed: int | None = None,
    draws: int = 100,
    steps: int = 30,
    seed: int,
) -> Convergence:
    """The top n, and the share of the majority's label, of the first t participants in `draws` random orders.

    labels: of the same participants as `picks`, where the study asks for them
    t takes at most `steps` values from 1 to all, evenly. Without a final selection, or a majority, the bands are None.
    Errors as for `bootstrap_top_n`, and ValueError for other than as many labels as participants.
    """
    table = checked_table(picks)
    people = len(table)
    if labels and len(labels) != people:
        raise ValueError("Give one label for each participant who has picked.")
    at = np.unique(np.linspace(1, people, min(people, steps)).round().astype(int))
    order = orders(np.random.PCG64(seed), checked_draws(draws), people)
    chosen = top_n_of_each(table.sum(axis=0)[None], n, ties, keys, tie_seed)[0]
    found = [top_n_of_each(np.cumsum(table[row], axis=0)[at - 1], n, ties, keys, tie_seed) for row in order if people]
    label = majority(labels).value
    shares = np.cumsum(np.array([one == label for one in labels])[order], axis=1)[:, at - 1] / at if label else None
    return Convergence(
        participants=tuple(at.tolist()),
        selections=tuple(tuple(map(chosen_indexes, one)) for one in found),
        chosen=chosen_indexes(chosen),
        jaccard=band([_jaccard(one, chosen) for one in found]) if chosen.any() else None,
        label=label,
        share=None if shares is None else band(shares),
        identical=_identical(found, chosen) if chosen.any() else (),
        seed=seed,
        count=people,
        reason="" if chosen.any() else NO_SELECTION,
    )


def band(values: ArrayLike) -> Band:
    """The band of values (orders, steps), such as the PSNR of the pictures of `Convergence.selections`."""
    found = np.asarray(values, dtype=np.float64)
    low, high = np.quantile(found, BAND, axis=0)
    return Band(*(tuple(row.tolist()) for row in (found.mean(axis=0), low, high)))


def middle(values: ArrayLike) -> Middle:
    """Medians by step, of the same values."""
    found = np.asarray(values, dtype=np.float64)
    low, median, high = np.quantile(found, (BAND[0], 0.5, BAND[1]), axis=0)
    return Middle(*(tuple(row.tolist()) for row in (median, low, high)))


def _identical(found: Sequence[NDArray[np.bool_]], chosen: NDArray[np.bool_]) -> tuple[float, ...]:
    """By step, over selections by order and step."""
    return tuple((np.array(found) == chosen).all(axis=2).mean(axis=0).tolist())


@estimator
def leave_one_participant_out(
    picks: ArrayLike, n: int, *, ties: Ties = "index", keys: ArrayLike | None = None, tie_seed: int | None = None
) -> LeaveOneOut:
    """What is chosen without each participant in turn. nan with a reason, and errors, as for `bootstrap_top_n`."""
    table = checked_table(picks)
    votes = table.sum(axis=0)
    chosen = top_n_of_each(votes[None], n, ties, keys, tie_seed)[0]
    if not chosen.any():
        return LeaveOneOut(math.nan, "leave_one_participant_out", VERSION, len(table), reason=NO_SELECTION)
    without = top_n_of_each(votes - table, n, ties, keys, tie_seed)
    changed = np.flatnonzero((without != chosen).any(axis=1))
    return LeaveOneOut(
        len(changed) / len(table), "leave_one_participant_out", VERSION, len(table), chosen=chosen_indexes(chosen),
        selections=tuple(map(chosen_indexes, without)), changed=tuple(changed.tolist()),
    )  # fmt: skip


def _jaccard(found: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Index of each row with the selection, which is not empty."""
    shared = found @ chosen.astype(np.float64)
    return shared / (found.sum(axis=1) + chosen.sum() - shared)


def nogueira(inclusion: NDArray[np.float64], resamples: int) -> float:
    """Stability of so many selections from the share that has each sample, see `Stability`.

    Undefined (nan) for a single selection, and where every sample is chosen or none.
    """
    size = inclusion.mean()
    if resamples < 2 or not 0 < size < 1:
        return math.nan
    return float(1 - resamples / (resamples - 1) * (inclusion * (1 - inclusion)).mean() / (size * (1 - size)))


def _spearman_brown(r: float) -> float:
    return 2 * float(r) / (1 + float(r)) if r > -1 else math.nan
