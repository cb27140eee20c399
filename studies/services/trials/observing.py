"""What a page observed of a trial: checked, stored beside the answer, and given back to the page after a reload.

Nothing here refuses an answer: what does not make sense is left out, and the log says so.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from studies.models import Observation, Trial
from studies.services.trials import paging

log = logging.getLogger(__name__)

MOST_EVENTS = 2000
LONGEST = 2**31 - 1  # milliseconds: 24 days
_COUNTS = ("label_ms", "picking_ms", "hidden_ms", "focus_losses", "ratio_changes")
_STORED = (
    "exposure_ms", "pages", "events", *_COUNTS, "pixel_ratio", "window_width", "window_height", "updated_at",
)  # fmt: skip


def read(trial: Trial, text: str, pool: int = 0) -> Observation | None:
    """What the page sent, not yet stored; None where there is nothing to store.

    pool: candidates of the trial; 0 before they are shown
    """
    if not text:
        return None
    try:
        sent = json.loads(text)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        log.warning("An observation of %s is no JSON object: dropped.", trial)
        return None
    pages = paging.page_count(pool, trial.participant.study.page_size) if pool else 0
    fields = _fields(sent, pool, pages)
    dropped = [name for name in fields if fields[name] is _NOTHING]
    if dropped:
        log.warning("An observation of %s makes no sense in part, dropped: %s.", trial, ", ".join(dropped))
    return Observation(trial=trial, **{name: value for name, value in fields.items() if value is not _NOTHING})


def store(observation: Observation | None) -> None:
    """Insert, or take the place of what was stored before. One query, safe inside the ballot's transaction."""
    if observation is None:
        return
    observation.updated_at = timezone.now()
    Observation.objects.bulk_create(
        [observation], update_conflicts=True, unique_fields=["trial"], update_fields=list(_STORED)
    )


def pages_seen(observation: Observation | None) -> set[int]:
    """Pages of candidates that were on screen for some time, from 0."""
    return {page for page, ms in enumerate(observation.pages) if ms} if observation else set()


def last_ratio(observation: Observation | None) -> float | None:
    """Device pixels per CSS pixel when the page sent this; None where it did not tell."""
    if observation is None:
        return None
    changes = [value for _ms, kind, value in observation.events if kind == "ratio" and isinstance(value, int | float)]
    return changes[-1] if changes else observation.pixel_ratio


def as_json(observation: Observation | None) -> str:
    """What is stored, as the page sends it: "{}" at first."""
    names = ("exposure_ms", "pages", "events", *_COUNTS, "pixel_ratio") if observation else ()
    return json.dumps({name: getattr(observation, name) for name in names}, separators=(",", ":"))


_NOTHING: Any = object()


def _fields(sent: dict[str, Any], pool: int, pages: int) -> dict[str, Any]:
    """Fields of the model, _NOTHING for those that are there but make no sense; absent ones keep their defaults."""
    width, height = _window(sent.get("window"))
    fields = {name: _take(sent, name, _whole) for name in _COUNTS}
    fields |= {
        "exposure_ms": _take(sent, "exposure_ms", lambda value: _times(value, pool)),
        "pages": _take(sent, "pages", lambda value: _times(value, pages)),
        "events": _take(sent, "events", _events),
        "pixel_ratio": _take(sent, "pixel_ratio", _ratio),
        "window_width": width,
        "window_height": height,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _take(sent: dict[str, Any], name: str, read: Callable[[Any], Any]) -> Any:
    value = sent.get(name)
    return None if value is None else read(value)


def _whole(value: Any) -> Any:
    if type(value) not in (int, float) or not 0 <= value <= LONGEST:  # also no NaN
        return _NOTHING
    return round(value)


def _ratio(value: Any) -> Any:
    return float(value) if type(value) in (int, float) and 0 < value < 100 else _NOTHING


def _times(value: Any, count: int) -> Any:
    """One time for each of `count`, or none at all before they are shown."""
    if not isinstance(value, list) or len(value) not in (0, count):
        return _NOTHING
    times = [_whole(one) for one in value]
    return _NOTHING if _NOTHING in times else times


def _window(value: Any) -> tuple[Any, Any]:
    if value is None:
        return None, None
    if not isinstance(value, list) or len(value) != 2:
        return _NOTHING, _NOTHING
    return _whole(value[0]), _whole(value[1])


def _events(value: Any) -> Any:
    """The latest that fit; each [ms, kind, value] with a short value."""
    if not isinstance(value, list):
        return _NOTHING
    events = [_event(one) for one in value[-MOST_EVENTS:]]
    return _NOTHING if _NOTHING in events else events


def _event(value: Any) -> Any:
    if not isinstance(value, list) or len(value) != 3:
        return _NOTHING
    ms, kind, detail = _whole(value[0]), value[1], value[2]
    if ms is _NOTHING or not isinstance(kind, str) or not kind.isalpha() or len(kind) > 20:
        return _NOTHING
    # Printable: a database may refuse other characters.
    if detail is None or (isinstance(detail, str) and len(detail) <= 40 and detail.isprintable()):
        return [ms, kind, detail]
    return [ms, kind, detail] if type(detail) in (int, float) and abs(detail) <= LONGEST else _NOTHING
