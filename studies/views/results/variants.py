"""The pictures, maps and rows of an item's variants, ready for the template."""

from __future__ import annotations

import math
from dataclasses import dataclass

from studies.reports import sentences, variants
from studies.results import MADE, ItemResults, VariantResult


@dataclass(frozen=True)
class Shown:
    """A picture or a map. pk: of its ensemble."""

    name: str
    pk: int


@dataclass(frozen=True)
class VariantRow:
    """One line of the table. reaches: whether its LR consistency reaches the mark; people: whether votes decided it."""

    name: str
    pk: int
    consistency: str
    reaches: bool
    psnr: str
    ssim: str
    random: str
    effective_n: str
    people: bool
    own: bool = False


@dataclass(frozen=True)
class Variants:
    """state, reason: as in VariantsResult. readings: whether two labels are both supported, and that in words."""

    state: str
    reason: str
    labelled: list[Shown]
    regions: list[Shown]
    spread_pool: int | None
    rows: list[VariantRow]
    readings: list[tuple[bool, str]]
    compared: str = variants.COMPARED

    @property
    def made(self) -> bool:
        return self.state == MADE


def shown(item: ItemResults) -> Variants:
    """Of an item whose evaluation is made."""
    found = item.evaluation.variants
    by_key = {variant.key: variant for variant in found.variants}
    pool = by_key.get("pool")
    return Variants(
        state=found.state,
        reason=found.reason,
        labelled=[Shown(f"If “{variant.label}”", variant.ensemble.pk) for variant in found.variants if variant.label],
        regions=[Shown("By part of the image", by_key["regions"].ensemble.pk)] if "regions" in by_key else [],
        spread_pool=pool.ensemble.pk if pool is not None and pool.ensemble.spread_sha256 else None,
        rows=[_own(item), *(_row(item, variant) for variant in found.variants)] if found.variants else [],
        readings=variants.readings(item),
    )


def _own(item: ItemResults) -> VariantRow:
    """The study's own ensemble, for comparison."""
    ensemble, n = item.evaluation.ensemble, len(item.selection.chosen)
    assert ensemble is not None  # the evaluation is made
    values = {metric.name: metric.ensemble for metric in item.evaluation.metrics}
    return VariantRow(
        name=f"Top {n}, mean: the study’s ensemble",
        pk=ensemble.pk,
        **_figures(ensemble.lr_consistency, values.get("psnr", math.nan), values.get("ssim", math.nan)),  # type: ignore[arg-type]
        random=_share(variants.random_as_good(item)),
        effective_n=f"{n:.1f}",
        people=True,
        own=True,
    )


def _row(item: ItemResults, variant: VariantResult) -> VariantRow:
    return VariantRow(
        name=variants.name(variant),
        pk=variant.ensemble.pk,
        **_figures(variant.lr_consistency, variant.psnr, variant.ssim),  # type: ignore[arg-type]
        random=_share(variants.random_as_good(item, variant)),
        effective_n=_text(variant.effective_n, 1),
        people=variants.of_people(variant),
    )


def _figures(consistency: float, psnr: float, ssim: float) -> dict[str, str | bool]:
    return {
        "consistency": _text(consistency, 2),
        "reaches": consistency >= sentences.CONSISTENCY_MARK,
        "psnr": _text(psnr, sentences.DIGITS["psnr"]),
        "ssim": _text(ssim, sentences.DIGITS["ssim"]),
    }


def _share(value: float) -> str:
    return f"{100 * value:.1f} %" if math.isfinite(value) else "–"


def _text(value: float, digits: int) -> str:
    """A dash for what is undefined: the table's words say why."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"
