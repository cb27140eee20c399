"""Until when a study's pools may change, and how large they may become."""

from __future__ import annotations

from studies.errors import LifecycleError
from studies.models import Study
from studies.models.study import MAX_POOL
from studies.services.candidates import drawing


def refuse_change(study: Study) -> None:
    """Raises LifecycleError once people may vote on the pools."""
    if not drawing.may_change(study):
        raise LifecycleError("People may already vote on these samples: the pools stay as they are.")


def refuse_too_many(study: Study, more: int) -> None:
    """Raises LifecycleError (400) when the largest pool would get more than MAX_POOL samples."""
    drawn_by = sum(source.count for source in drawing.sources(study))
    largest = max((pool.total for pool in drawing.pools(study)), default=drawn_by)
    if largest + more > MAX_POOL:
        room = max(MAX_POOL - largest, 0)
        raise LifecycleError(f"A pool has at most {MAX_POOL:,} samples: there is room for {room:,} more.", status=400)
