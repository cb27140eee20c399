"""A study while it runs, on one page that asks for itself again: participation, shares, screening, when to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studies.access import get_study_or_404, has_role
from studies.models import Role, Study, StudyState
from studies.reports.figures import share_bar
from studies.reports.hours import hour_bars
from studies.services.analysis.analysis_words import RULES
from studies.services.analysis.live import MOST_LISTED, Hour, live
from studies.services.analysis.plan import CONSENSUS, COUNT, PRECISION
from studies.services.analysis.stopping import ItemState, Stop


@dataclass(frozen=True)
class ShareRow:
    label: str
    count: int
    percent: str
    interval: str
    bar: SafeString


@dataclass(frozen=True)
class ItemRow:
    """One image. precision and evidence: in words, empty without ballots."""

    state: ItemState
    shares: list[ShareRow]
    precision: str
    evidence: str


@login_required
@never_cache
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    return render(request, "studies/researcher/live.html", _context(request, study))


@login_required
@never_cache
@require_safe
def numbers(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that changes; once the study is not open it asks no more."""
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    return render(request, "studies/researcher/_live.html", _context(request, study))


def _context(request: HttpRequest, study: Study) -> dict[str, Any]:
    found, is_open = live(study), study.state == StudyState.OPEN
    return {
        "study": study,
        "live": found,
        "stop": found.stop,
        "polled": is_open,
        "can_close": is_open and found.stop.met and has_role(request.user, study, Role.EDITOR),
        "confidence": f"{100 * found.stop.plan.confidence:g}",
        "hours": _hours(found.hours),
        "items": [_item_row(item, found.stop) for item in found.stop.items],
        "by_rule": {RULES[rule]: count for rule, count in found.left_out_by_rule.items()},
        "left_out": found.left_out,
        "more_left_out": found.stop.excluded - MOST_LISTED,
        "about_items": found.stop.plan.stopping in (PRECISION, CONSENSUS),
        "about_count": found.stop.plan.stopping in (COUNT, PRECISION, CONSENSUS),
    }


def _hours(hours: tuple[Hour, ...]) -> SafeString:
    came, finished = [hour.came for hour in hours], [hour.finished for hour in hours]
    title = (
        f"From {hours[0].start:%d %b, %H:%M} to {hours[-1].start:%d %b, %H:%M} UTC: {sum(came)} came in, "
        f"{sum(finished)} finished; in the busiest hour {max(came)} and {max(finished)}"
    )
    return hour_bars(title, came, finished)


def _item_row(item: ItemState, stop: Stop) -> ItemRow:
    if not item.ballots or not item.shares:
        return ItemRow(item, [], "", "")
    rows = [_share_row(label, item) for label in item.shares if item.counts.get(label)]
    wanted = f", {stop.plan.half_width:.2g} wanted" if stop.plan.stopping == PRECISION else ""
    enough = f", {stop.wanted_evidence:.4g} wanted" if stop.plan.stopping == CONSENSUS else ""
    return ItemRow(
        item, rows, f"known within ±{item.half_width:.2g}{wanted}", f"e-value {_size(item.evidence.value)}{enough}"
    )


def _size(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}" if value < 1e6 else f"{value:.1e}"


def _share_row(label: str, item: ItemState) -> ShareRow:
    share, count = item.shares[label], item.counts[label]
    interval = f"{100 * share.low:.0f}–{100 * share.high:.0f} %"
    title = f"{label}: {count} of {item.ballots} ballots, {100 * share.value:.0f} % (interval {interval})"
    bar = share_bar(title, share.value, share.low, share.high)
    return ShareRow(label, count, f"{100 * share.value:.0f} %", interval, bar)
