"""Headings and captions stay with the beginning of what they stand above."""

from __future__ import annotations

from reportlab.platypus import Flowable, KeepTogether
from reportlab.platypus.doctemplate import FrameBreak

HIGH = 850.0  # points, more than a page
LEAST = 60.0  # points: of what follows, where it goes on on the next page; the head of a table and two rows


class Kept(KeepTogether):
    """Flowables of which all but the last lead to the last: on one page with all of it, or with a good part.

    reportlab's own breaks the page wherever the whole does not fit, also before a table of many pages.
    """

    def split(self, width: float, height: float) -> list[Flowable]:
        *leading, last = self._content
        room = height - sum(_height(one, width) for one in leading)
        if self._frame._atTop or _begins(last, width, room):
            return list(self._content)
        return [FrameBreak(), *self._content]


def _height(one: Flowable, width: float) -> float:
    return float(one.wrap(width, HIGH)[1] + one.getSpaceBefore() + one.getSpaceAfter())


def _begins(one: Flowable, width: float, room: float) -> bool:
    """Whether it has place in this room, or enough of it."""
    if _height(one, width) - one.getSpaceAfter() <= room:
        return True
    return room >= LEAST and bool(one.split(width, room))
