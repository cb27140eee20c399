"""One ensemble, from its row to its files: the pixel-wise combination of stored samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from inference import store
from inference.core import ensembling, rules
from inference.core.images import encode_png, encode_tiff, read_image, read_uint8, to_uint8, to_uint16
from inference.core.metrics import lr_consistency, lr_residual
from inference.core.regions import Parts
from inference.models import Ensemble, Sample
from inference.store import StoreError
from inference.version import code_version


@dataclass(frozen=True)
class Fused:
    """combined: float64 (H, W, C) in [0, 1]; spread: standard deviation over members, None for a single one."""

    combined: NDArray[np.float64]
    spread: NDArray[np.float64] | None


class StoredPictures:
    """Stored samples as uint8 pictures, read anew, and verified, each time they are gone through.

    So the memory does not grow with their number: a tied group may be a whole pool.
    """

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples

    def __len__(self) -> int:
        return len(self._samples)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return map(pixels, self._samples)


def pixels(sample: Sample) -> NDArray[np.uint8]:
    """A stored sample as uint8 (H, W, C), verified by its hash; raises StoreError."""
    return read_uint8(store.get(sample.sha256, "samples", ".png"))


def build(pk: int) -> Ensemble:
    """Make the ensemble's files, unless they are made; any number of builders at once end in the same row.

    Raises StoreError, also noted on the row, when a sample's file is missing or changed or the disk is full.
    """
    ensemble = Ensemble.objects.select_related("low_res").get(pk=pk)
    if ensemble.made_at is not None:
        return ensemble
    try:
        results = _files(ensemble)
    except StoreError as error:
        Ensemble.objects.filter(pk=pk, made_at=None).update(error=str(error))
        raise
    unmade = Ensemble.objects.filter(pk=pk, made_at=None)
    unmade.update(**results, error="", made_at=timezone.now(), code_version=code_version())
    ensemble.refresh_from_db()
    return ensemble


def _files(ensemble: Ensemble) -> dict[str, str | float]:
    """Store the files; LR consistency and residual are those of the 8-bit picture, as for samples."""
    fused = _fused(ensemble)
    picture = to_uint8(fused.combined)
    low_res = read_image(store.get(ensemble.low_res.sha256, "low_res", ".png"))
    residual = lr_residual(picture, low_res, ensemble.scale)
    return {
        "png8_sha256": store.put(encode_png(picture), "ensembles", ".png"),
        "png16_sha256": store.put(encode_png(to_uint16(fused.combined)), "ensembles", ".png"),
        "tiff_sha256": store.put(encode_tiff(fused.combined), "ensembles", ".tiff"),
        "spread_sha256": "" if fused.spread is None else store.put(encode_tiff(fused.spread), "ensembles", ".tiff"),
        "residual_sha256": store.put(encode_tiff(residual), "ensembles", ".tiff"),
        "lr_consistency": float(lr_consistency(picture, low_res, ensemble.scale)),
    }


def _fused(ensemble: Ensemble) -> Fused:
    """Members in the order of their rows: where sums are not exact the order decides the last bits."""
    members = list(ensemble.members.select_related("sample").order_by("sample_id"))
    pictures = StoredPictures([member.sample for member in members])
    parts = parts_from(ensemble.parts, [member.sample.sha256 for member in members])
    weights = [member.weight for member in members]
    combined = rules.combine(ensemble.rule, pictures, weights=weights, parts=parts)
    return Fused(combined, ensembling.spread(pictures) if len(pictures) > 1 else None)


def parts_from(stored: dict[str, Any], sha256s: Sequence[str]) -> Parts | None:
    """The parts of an ensemble as indexes of its members, given by their hashes; None where it has none.

    Stored are places among the members' sorted hashes, so that the same recipe is the same ensemble whatever rows
    the samples have.
    """
    if not stored:
        return None
    order = sorted(range(len(sha256s)), key=lambda index: sha256s[index])
    cells = tuple(tuple(order[place] for place in cell) for cell in stored["cells"])
    return Parts(stored["columns"], stored["rows"], cells)


def parts_to(parts: Parts, sha256s: Sequence[str]) -> dict[str, Any]:
    """What `parts_from` reads."""
    order = sorted(range(len(sha256s)), key=lambda index: sha256s[index])
    place = {index: number for number, index in enumerate(order)}
    cells = [sorted(place[index] for index in cell) for cell in parts.cells]
    return {"columns": parts.columns, "rows": parts.rows, "cells": cells}
