"""Samples by their number in a pool, as exports name them."""

from __future__ import annotations

from studies.models import Study


def pool_numbers(study: Study) -> dict[tuple[int, int], int]:
    """(item position, primary key of a sample) -> index of the sample in that item's pool."""
    return {
        (item.position, pk): index
        for item in study.items.all()
        for index, pk in enumerate(item.pool.values_list("pk", flat=True))
    }


def pool_sizes(study: Study) -> dict[int, int]:
    """Item position -> candidates in its pool."""
    return {item.position: item.pool.count() for item in study.items.all()}


def numbered_samples(study: Study) -> dict[tuple[int, int], tuple[int, str]]:
    """(item, sample), by primary key -> index in that item's pool and sha256."""
    return {
        (item.pk, pk): (index, sha256)
        for item in study.items.all()
        for index, (pk, sha256) in enumerate(item.pool.values_list("pk", "sha256"))
    }
