"""A study while it runs: who takes part, when they came, and how far its rule to stop is. A few grouped queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncHour
from django.utils import timezone

from studies.models import Study
from studies.services.analysis import exclusions, stopping
from studies.services.analysis import plan as plans
from studies.services.analysis.exclusions import Exclusion
from studies.services.analysis.stopping import Stop
from studies.services.people import places, recruiting, roster

HOURS = 48
#: Participants that are listed as left out; all of them are counted.
MOST_LISTED = 50


@dataclass(frozen=True)
class Hour:
    """People, and simulated ones, who came in and who finished within one hour from `start`, in UTC."""

    start: datetime
    came: int
    finished: int


@dataclass(frozen=True)
class Live:
    """hours: the last 48 before now, or before the study was closed. left_out: the first of them."""

    counts: dict[str, int]
    taken: int
    quota: int | None
    hours: tuple[Hour, ...]
    stop: Stop
    left_out: tuple[Exclusion, ...]
    left_out_by_rule: dict[str, int]


def live(study: Study) -> Live:
    plan = plans.of(study)
    failing = exclusions.failing(study, plan)
    left_out = frozenset[int]().union(*failing.values())
    return Live(
        counts=roster.counts(study),
        taken=places.taken(study).count(),
        quota=recruiting.of(study).quota,
        hours=_hours(study),
        stop=stopping.state(study, left_out),
        left_out=tuple(exclusions.excluded(study, plan, sorted(left_out)[:MOST_LISTED])),
        left_out_by_rule={rule: len(people) for rule, people in failing.items()},
    )


def _hours(study: Study) -> tuple[Hour, ...]:
    last = (study.closed_at or timezone.now()).replace(minute=0, second=0, microsecond=0)
    starts = [last - timedelta(hours=back) for back in reversed(range(HOURS))]
    came, finished = (_by_hour(study, name, starts[0]) for name in ("consented_at", "finished_at"))
    return tuple(Hour(start, came.get(start, 0), finished.get(start, 0)) for start in starts)


def _by_hour(study: Study, name: str, since: datetime) -> dict[datetime, int]:
    rows = study.participants.filter(withdrawn_at=None, rates_only=False, **{f"{name}__gte": since}).order_by()
    return dict(rows.annotate(hour=TruncHour(name)).values_list("hour").annotate(n=Count("pk")))
