"""What people saw in one image: shares, tests, evidence that holds while watched."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from studies.reports.blocks import Block, Drawing, Facts, Heading, Text
from studies.reports.drawings.intervals import Point, label_shares
from studies.reports.source import Source, percent, percents, probability, real, text
from studies.results import ItemResults


def blocks(source: Source, item: ItemResults) -> Iterator[Block]:
    if not source.results.protocol.ask_label:
        return
    yield Heading("What people saw", 3)
    shares = [share for share in item.label_shares if share.count]
    confidence = f"{100 * item.label_shares[0].share.confidence:g} %" if item.label_shares else "95 %"
    points = [
        Point(one.label, one.share.value, one.share.low, one.share.high, one.count, item.ballots) for one in shares
    ]
    title = f"Labels that people gave to {item.name}: shares of ballots with Wilson {confidence} intervals"
    yield Drawing(label_shares(f"item-{item.position}-labels", title, points), _majority(item))
    tests = item.evidence.get("labels", {})
    if tests:
        yield Facts(tuple(_tests(tests, item)))
    elif item.ballots:
        yield Text("Tests of shares and the e-value are not worked out.")


def _majority(item: ItemResults) -> str:
    """What is named most often, and what nobody does."""
    most = f"Named most often: “{item.majority}”."
    told = most if item.majority is not None else f"No majority: {item.majority_reason or 'undefined'}."
    return f"{told} {_never(item)}".strip()


def _never(item: ItemResults) -> str:
    unused = [share for share in item.label_shares if not share.count]
    if not unused or not unused[0].share.defined:
        return ""
    return f"Nobody said {', '.join(row.label for row in unused)} (each 0 to {percent(unused[0].share.high)})."


def _tests(tests: Mapping[str, Any], item: ItemResults) -> Iterator[tuple[str, str]]:
    counts = [share.count for share in item.named_shares]
    leading = counts.index(max(counts))
    label = item.named_shares[leading].label
    if leading < len(tests["simultaneous"]):
        one = tests["simultaneous"][leading]
        yield (f"“{label}”, interval for all labels at once", percents(one["low"], one["high"]) + " (Goodman)")
    side = _side(max(counts), item.ballots)
    yield f"“{label}” against one half", f"{side}; {_test(tests['leading_against_half'])}"
    yield "All labels equally likely?", _test(tests["goodness_of_fit"])
    ambiguity = tests["ambiguity"]
    if math.isfinite(real(ambiguity["value"])):
        index = text(ambiguity["normalised"])
        yield "Ambiguity", f"entropy {text(ambiguity['value'])} bits, {index} of the most that these labels allow"
    else:
        yield "Ambiguity", ambiguity["reason"] or "undefined"
    e_value = tests["e_value"]
    reached = f"reaches 20: evidence at 5 % for {side}, whenever one looked"
    told = reached if real(e_value["value"]) >= 20 else "below 20"
    yield "e-value against one half", f"{_large(real(e_value['value']))}, {told}"


def _side(count: int, ballots: int) -> str:
    """Tests see both sides of one half."""
    return "just half" if 2 * count == ballots else "more than half" if 2 * count > ballots else "less than half"


def _test(test: Mapping[str, Any]) -> str:
    if not math.isfinite(real(test["value"])):
        return str(test["reason"] or "undefined")
    return f"{probability(test['value'])} ({test['method']})"


def _large(value: float) -> str:
    return f"{value:.1f}" if value < 1e7 else f"{value:.3g}"
