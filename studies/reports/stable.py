"""How far a choice depends on who voted, in a few sentences for the results page; the report has all figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.reports.sentences import LEVEL
from studies.results import ItemResults


def stable(item: ItemResults) -> list[str]:
    """Of one item; empty where nothing is worked out, or nobody has voted."""
    found = item.evidence.get("picks")
    return [sentence for sentence in _sentences(found) if sentence] if found else []


def _sentences(found: Mapping[str, Any]) -> Iterator[str]:
    yield _agreement(found["jaccard"])
    yield _resamples(found["bootstrap"])
    yield _one_less(found["leave_one_out"], found["picture"])


def _agreement(test: Mapping[str, Any]) -> str:
    if test["value"] is None:
        return f"Agreement of picks is {test['reason']}."
    shown = "agree more than random ones do" if test["value"] <= LEVEL else "are not shown to agree beyond chance"
    return (
        f"People's picks {shown} (mean Jaccard index {test['statistic']:.2f}, at random "
        f"{test['null_mean']:.2f}, p = {test['value']:.2g})."
    )


def _resamples(test: Mapping[str, Any]) -> str:
    if test["value"] is None:
        return f"How stable the choice is, is {test['reason']}." if test["reason"] else ""
    chosen = [test["inclusion"][index] for index in test["chosen"]]
    each = (
        f"{100 * min(chosen):.0f}"
        if min(chosen) == max(chosen)
        else f"{100 * min(chosen):.0f} to {100 * max(chosen):.0f}"
    )
    return (
        f"As many people drawn anew choose just the same samples in {100 * test['identical']:.0f}\u00a0% of "
        f"{test['resamples']:,} resamples, and each of these in {each}\u00a0%."
    )


def _one_less(left_out: Mapping[str, Any], picture: Mapping[str, Any]) -> str:
    if left_out["value"] is None:
        return ""
    if not left_out["changed"]:
        return "Without any one participant, the same samples are chosen."
    change = picture.get("largest_change")
    told = f"Without any one participant, the selection changes for {len(left_out['changed'])} of {left_out['count']}"
    return f"{told}." if change is None else f"{told}, and no pixel by more than {change} of 255."
