"""Agreement among people who pick samples."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence

import numpy as np

from studies.aggregation.estimates import Estimate

VERSION = "1"


def mean_jaccard(selections: Sequence[Collection[Hashable]]) -> Estimate:
    """Mean Jaccard index, |A and B| / |A or B|, over all pairs of participants' sets of picks.

    Empty sets (ballots without a pick) are left out. Fewer than two sets: nan with a reason.
    """
    sets = [set(selection) for selection in selections if len(selection) > 0]
    if len(sets) < 2:
        reason = "undefined: fewer than two participants have picked"
        return Estimate(math.nan, "mean_jaccard", VERSION, len(sets), reason=reason)
    columns = {pick: index for index, pick in enumerate(dict.fromkeys(pick for picks in sets for pick in picks))}
    table = np.zeros((len(sets), len(columns)))
    for row, picks in enumerate(sets):
        table[row, [columns[pick] for pick in picks]] = 1
    sizes = table.sum(axis=1)
    total = 0.0
    for row in range(len(sets) - 1):  # one against all that follow: the table of all pairs would grow with its square
        shared = table[row + 1 :] @ table[row]
        total += float((shared / (sizes[row + 1 :] + sizes[row] - shared)).sum())
    return Estimate(total / math.comb(len(sets), 2), "mean_jaccard", VERSION, len(sets))
