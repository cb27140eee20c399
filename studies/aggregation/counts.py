"""Votes for samples: the top n under a tie rule fixed beforehand, and how many votes chance alone explains."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from studies.aggregation.estimates import Estimate, estimator

VERSION = "2"
Ties = Literal["index", "include_all", "strict", "random", "secondary"]


@dataclass(frozen=True)
class Selection:
    """What the votes choose, by sample index, most votes first, then by index.

    tied_at_cut: the whole group of equal votes that the cut divides, whatever the rule did with it; else empty
    """

    chosen: tuple[int, ...]
    tied_at_cut: tuple[int, ...]
    ties: str = "index"
    name: str = "top_n"
    version: str = VERSION
    reason: str = ""
    inputs: str = ""


@estimator
def top_n(
    votes: ArrayLike,
    n: int,
    *,
    ties: Ties = "index",
    keys: ArrayLike | None = None,
    seed: int | None = None,
) -> Selection:
    """The n samples with the most votes. Samples without a vote never enter, even if fewer than n are chosen.

    votes: (m,) whole numbers, of distinct participants
    ties: what happens to equal votes at the cut: "index" takes the lowest indexes, "include_all" the whole group
        (more than n), "strict" none of it (fewer than n), "random" draws by `seed`, "secondary" takes the highest
        of `keys` (m,), such as LR consistency, then the lowest index; nan keys come last
    seed: for "random": the stable argsort of the first m raw outputs of PCG64(seed) orders the samples

    Raises ValueError for votes or n that make no sense, and for a rule without what it needs.
    """
    counts = _checked(votes, n)
    first = tie_keys(len(counts), ties, keys, seed)
    voted = np.flatnonzero(counts > 0)
    order = voted[np.lexsort((voted, first[voted], -counts[voted]))]
    if len(order) == 0:
        return Selection((), (), ties, reason="undefined: no sample has a vote yet")
    if len(order) <= n:
        return Selection(_ordered(order, counts), (), ties)
    cut = counts[order[n - 1]]
    group = voted[counts[voted] == cut]
    above = order[counts[order] > cut]
    if len(above) + len(group) == n:
        return Selection(_ordered(order[:n], counts), (), ties)
    chosen = {"include_all": order[counts[order] >= cut], "strict": above}.get(ties, order[:n])
    reason = "" if len(chosen) else "all samples at the top have equal votes, and the tie rule leaves them out"
    return Selection(_ordered(chosen, counts), _ordered(group, counts), ties, reason=reason)


@estimator
def chance_threshold(
    participants: int, picks: int | Sequence[int] | Mapping[int, int], pool_size: int, *, alpha: float = 0.05
) -> Estimate:
    """Votes that a sample needs to be more than chance, whatever the other samples have got.

    participants: P;  picks: k of everybody, or k_i of each, or how many people have picked each k;  pool_size: m

    If all picked at random, one sample's votes would be Poisson-binomial with probabilities k_i / m (binomial for
    equal k). The threshold is the least v with P(votes >= v) <= alpha / m: the first step of Holm's procedure
    over the m samples. nan, with a reason, when no number of votes is enough, and where nothing is left to chance:
    nobody picked a sample, or who did picked them all.
    """
    people = _people_by_picks(participants, picks)
    if sum(people.values()) != participants or pool_size < 1 or not 0 < alpha < 1:
        raise ValueError("Give as many numbers of picks as participants, a pool of at least 1 and 0 < alpha < 1.")
    if any(not 0 <= k <= pool_size for k in people):
        raise ValueError(f"Nobody can pick fewer than 0 or more than {pool_size} samples.")
    reason = _without_chance(set(people), pool_size)
    enough = [] if reason else np.flatnonzero(_tails(people, pool_size) <= alpha / pool_size).tolist()
    if not enough:
        reason = reason or "undefined: so few ballots cannot beat chance"
        return Estimate(math.nan, "chance_threshold", VERSION, participants, reason=reason)
    return Estimate(float(enough[0]), "chance_threshold", VERSION, participants)


def _without_chance(picks: set[int], pool_size: int) -> str:
    """Why these numbers of picks leave nothing to chance, or nothing."""
    if not picks:
        return "undefined: there are no ballots yet"
    if picks == {0}:
        return "undefined: nobody picked a sample"
    return "undefined: everybody who picked took the whole pool" if picks <= {0, pool_size} else ""


def _people_by_picks(participants: int, picks: int | Sequence[int] | Mapping[int, int]) -> dict[int, int]:
    found = {picks: participants} if isinstance(picks, int) else Counter(picks)
    return {k: people for k, people in found.items() if people}


def _tails(people: Mapping[int, int], pool_size: int) -> NDArray[np.float64]:
    """P(votes >= v) for v = 0 .. P. Sums of positive terms, so that small tails stay accurate."""
    mass = np.ones(1)
    for k, count in sorted(people.items()):
        mass = np.convolve(mass, binom.pmf(np.arange(count + 1), count, k / pool_size))
    return np.cumsum(mass[::-1])[::-1]


def _checked(votes: ArrayLike, n: int) -> NDArray[np.int64]:
    counts = np.asarray(votes)
    if counts.ndim != 1:
        raise ValueError(f"Votes are one number per sample, not an array of shape {counts.shape}.")
    if (counts.size and (counts != np.floor(counts)).any()) or (counts < 0).any():
        raise ValueError("Votes are whole numbers that are not negative.")
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}.")
    return counts.astype(np.int64)


def tie_keys(m: int, ties: str, keys: ArrayLike | None, seed: int | None) -> NDArray:
    """One key for each of m samples by the tie rule, see `top_n`: lower comes first among equal votes."""
    if ties in ("index", "include_all", "strict"):
        return np.arange(m)
    if ties == "random":
        if seed is None:
            raise ValueError("The tie rule 'random' needs a stored seed.")
        return np.argsort(np.argsort(np.random.PCG64(seed).random_raw(m), kind="stable"))
    if ties == "secondary":
        values = np.full(m, np.nan) if keys is None else np.asarray(keys, dtype=np.float64)
        if keys is None or values.shape != (m,):
            raise ValueError("The tie rule 'secondary' needs one key per sample.")
        return np.where(np.isnan(values), np.inf, -values)
    raise ValueError(f"There is no tie rule {ties!r}: use index, include_all, strict, random or secondary.")


def _ordered(indexes: NDArray, counts: NDArray) -> tuple[int, ...]:
    return tuple(int(index) for index in indexes[np.lexsort((indexes, -counts[indexes]))])
