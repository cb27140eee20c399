"""The table of votes by family, of one item or of the whole study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from studies.reports import figures
from studies.results import FamilyResult


@dataclass(frozen=True)
class FamilyRow:
    """One family in words. share: of all picks; expected: its share under no preference; rate: per candidate shown."""

    name: str
    bar: SafeString
    share: str
    interval: str
    expected: str
    rate: str
    rate_interval: str
    votes: int
    candidates: int
    chosen: int


def family_rows(families: Sequence[FamilyResult]) -> list[FamilyRow]:
    """Rows where families can be compared: more than one of them, and votes."""
    compared = len(families) > 1 and all(family.share.defined for family in families)
    return [_row(family) for family in families] if compared else []


def _row(family: FamilyResult) -> FamilyRow:
    share, rate = family.share, family.rate
    interval = f"{100 * share.low:.0f}–{100 * share.high:.0f} %"
    title = (
        f"{family.name}: {family.votes} of {share.count} picks, {100 * share.value:.0f} % (95 % interval {interval}); "
        f"without preference {100 * family.expected:.0f} %"
    )
    return FamilyRow(
        name=family.name,
        bar=figures.share_bar(title, share.value, share.low, share.high, mark=family.expected),
        share=f"{100 * share.value:.0f} %",
        interval=interval,
        expected=f"{100 * family.expected:.0f} %",
        rate=f"{100 * rate.value:.1f}",
        rate_interval=f"{100 * rate.low:.1f}–{100 * rate.high:.1f}",
        votes=family.votes,
        candidates=family.candidates,
        chosen=family.chosen,
    )
