"""Pages of candidates: which groups of samples stand on which page for whom.

A pool larger than the study's page size comes in pages of nearly equal size. Participants take turns (0, 1, ... by
enrolment). The samples are dealt into groups, one for each page, by an order of the study's own; the order in which a
participant sees the groups is a row of a Williams design (Williams 1949): over as many consecutive turns as the design
has rows, every group stands equally often on every page, and every group equally often just before every other.
Then the samples are dealt anew. Within a page the order is the participant's own.
"""

from __future__ import annotations

import math


def page_count(m: int, page_size: int) -> int:
    """How many pages m candidates need, at most `page_size` on each."""
    return max(1, math.ceil(m / page_size))


def page_sizes(m: int, pages: int) -> list[int]:
    """m candidates on so many pages, as equal as can be, the larger ones first."""
    least, over = divmod(m, pages)
    return [least + (page < over) for page in range(pages)]


def williams(n: int) -> list[list[int]]:
    """Rows that balance n conditions over places and over predecessors: n of them for even n, 2n for odd n > 1."""
    zigzag = [(place // 2 if place % 2 else n - place // 2) % n for place in range(1, n + 1)]
    rows = [[(group + shift) % n for group in zigzag] for shift in range(n)]
    return rows if n % 2 == 0 or n == 1 else [*rows, *(row[::-1] for row in rows)]
