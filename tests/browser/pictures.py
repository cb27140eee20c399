"""Studies whose pictures tell where they are looked at, and what a canvas shows of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.sync_api import Locator

from inference import store
from inference.core.images import encode_png
from inference.models import LowResImage
from studies.models import Study, StudyState
from tests.studies import factories


def open_study(candidates: list[np.ndarray], low_res: np.ndarray, **fields: Any) -> Study:
    """An open study of one item with these pictures (uint8, height x width x channels)."""
    height, width, channels = low_res.shape
    asked: dict[str, Any] = {"ask_label": False, "pool_size": len(candidates), "weights": factories.weights(channels)}
    study = factories.study(**asked | fields)
    item = factories.item(study)
    item.low_res, _ = LowResImage.objects.get_or_create(
        sha256=store.put(encode_png(low_res), "low_res", ".png"),
        defaults={"width": width, "height": height, "channels": channels, "bit_depth": 8},
    )
    item.save(update_fields=["low_res"])
    factories.pool(item, images=candidates)
    Study.objects.filter(pk=study.pk).update(state=StudyState.OPEN)
    study.refresh_from_db()
    return study


def board(side: int) -> np.ndarray:
    """A checkerboard of single pixels: any smoothing or uneven scaling shows as grey or as stripes."""
    return (np.indices((side, side)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None]


def ramp(side: int, blue: int = 0) -> np.ndarray:
    """Red tells the column and green the row, as a share of 256."""
    rows, columns = np.indices((side, side)) * 256 // side
    return np.stack([columns, rows, np.full_like(rows, blue)], axis=-1).astype(np.uint8)


def ramps(side: int = 32, count: int = 12, **fields: Any) -> Study:
    """Candidates that all tell the place; the image in question does too, but for its bicubic enlargement."""
    return open_study([ramp(side, 5 * index) for index in range(count)], ramp(side // factories.SCALE), **fields)


@dataclass(frozen=True)
class Seen:
    """left, top, right, bottom: shares of the whole picture; multiple: device pixels per pixel of it."""

    place: tuple[float, float, float, float]
    multiple: float


CORNERS = """canvas => {
  const [context, right, bottom] = [canvas.getContext("2d"), canvas.width - 1, canvas.height - 1];
  const [first, last] = [[0, 0], [right, bottom]].map(([x, y]) => context.getImageData(x, y, 1, 1).data);
  return [first[0], first[1], last[0], last[1], canvas.width, canvas.height];
}"""


def seen(canvas: Locator, side: int) -> Seen:
    """What a canvas shows of a `ramp(side)`, read from its pixels."""
    left, top, right, bottom, width, height = canvas.evaluate(CORNERS)
    place = (left / 256, top / 256, right / 256 + 1 / side, bottom / 256 + 1 / side)
    multiple = width / (place[2] - place[0]) / side
    assert multiple == height / (place[3] - place[1]) / side
    return Seen(place, multiple)
