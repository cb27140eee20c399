"""The part of an image that decided somebody's picks, in coordinates of the LR image.

    {"kind": "grid", "columns": c, "rows": r, "cells": [0, ...]}       cells counted along the rows, from the top
    {"kind": "lasso", "points": [[x, y], ...]}                         corners of an outline, x and y in [0, 1]

Empty, {}, means that no part in particular decided.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from inference.models import LowResImage
from studies.errors import VotingError
from studies.models import Region

SQUARES = 8  # along the longer side
POINTS = range(3, 501)
DIGITS = 4


def grid(low_res: LowResImage) -> tuple[int, int]:
    """Columns and rows of squares, as nearly square as whole numbers allow."""
    longest = max(low_res.width, low_res.height)
    columns, rows = (max(1, round(SQUARES * side / longest)) for side in (low_res.width, low_res.height))
    return columns, rows


def checked(kind: str, low_res: LowResImage, region: Any) -> dict[str, Any]:
    """What is stored: of the kind the study asks for, or {}. Raises VotingError."""
    if not region:
        return {}
    if not isinstance(region, dict) or kind not in (Region.GRID, Region.LASSO) or region.get("kind") != kind:
        raise VotingError(_("The part that you marked is not of the kind asked for: reload the page."))
    return _cells(low_res, region) if kind == Region.GRID else _outline(region)


def _cells(low_res: LowResImage, region: dict[str, Any]) -> dict[str, Any]:
    columns, rows = grid(low_res)
    cells = region.get("cells")
    if (region.get("columns"), region.get("rows")) != (columns, rows) or not isinstance(cells, list):
        raise VotingError(_("The squares that you marked are not those of this image: reload the page."))
    if not all(type(cell) is int and 0 <= cell < columns * rows for cell in cells):
        raise VotingError(_("The squares that you marked are not those of this image: reload the page."))
    if not cells:
        return {}
    return {"kind": Region.GRID.value, "columns": columns, "rows": rows, "cells": sorted(set(cells))}


def _outline(region: dict[str, Any]) -> dict[str, Any]:
    points = region.get("points")
    if not isinstance(points, list) or len(points) not in POINTS:
        raise VotingError(_("The outline that you drew needs at least three corners: draw it again."))
    if not all(_is_point(point) for point in points):
        raise VotingError(_("The outline that you drew leaves the image: draw it again."))
    return {"kind": Region.LASSO.value, "points": [[round(value, DIGITS) for value in point] for point in points]}


def _is_point(point: Any) -> bool:
    return isinstance(point, list) and len(point) == 2 and all(_is_share(value) for value in point)


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1  # also no NaN
