"""One ensemble, from its row to its files: the pixel-wise combination of stored samples, exact in whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from inference import store
from inference.core import ensembling
from inference.core.images import decode, encode_png, encode_tiff, read_image, to_uint8, to_uint16
from inference.core.metrics import lr_consistency
from inference.models import Ensemble, EnsembleMember, Sample
from inference.store import StoreError
from inference.version import code_version

RULES: dict[str, Callable[..., NDArray[np.float64]]] = {"mean": ensembling.mean}


@dataclass(frozen=True)
class Fused:
    """combined: float64 (H, W, C) in [0, 1]; spread: standard deviation over members, None for a single one."""

    combined: NDArray[np.float64]
    spread: NDArray[np.float64] | None


def pixels(sample: Sample) -> NDArray[np.uint8]:
    """A stored sample as uint8 (H, W, C), verified by its hash; raises StoreError."""
    return to_uint8(decode(store.get(sample.sha256, "samples", ".png")).pixels)


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
    """Store the files; the LR consistency is that of the 8-bit picture, as for samples."""
    fused = _fused(ensemble)
    picture = to_uint8(fused.combined)
    low_res = read_image(store.get(ensemble.low_res.sha256, "low_res", ".png"))
    return {
        "png8_sha256": store.put(encode_png(picture), "ensembles", ".png"),
        "png16_sha256": store.put(encode_png(to_uint16(fused.combined)), "ensembles", ".png"),
        "tiff_sha256": store.put(encode_tiff(fused.combined), "ensembles", ".tiff"),
        "spread_sha256": "" if fused.spread is None else store.put(encode_tiff(fused.spread), "ensembles", ".tiff"),
        "lr_consistency": float(lr_consistency(picture, low_res, ensemble.scale)),
    }


def _fused(ensemble: Ensemble) -> Fused:
    """Members in the order of their rows: with weights that are not whole numbers the order decides the last bits.

    They are read twice, one at a time: a tied group may be the whole pool, too large for the memory.
    """
    members = list(ensemble.members.select_related("sample").order_by("sample_id"))
    combined = RULES[ensemble.rule](_images(members), [member.weight for member in members])
    return Fused(combined, ensembling.spread(_images(members)) if len(members) > 1 else None)


def _images(members: list[EnsembleMember]) -> Iterator[NDArray[np.uint8]]:
    return (pixels(member.sample) for member in members)
