"""One picture of a study: a row per item with LR, bicubic, a random sample, the control, the ensemble, the spread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inference import services as inference
from inference.core.degradation import upscale
from inference.core.images import read_image, to_uint8
from studies.models import Evaluation, Item, Study
from studies.results import ItemResults, StudyResults
from studies.services.analysis import evaluation as evaluations

COLUMNS = ("LR", "bicubic", "random sample", "control", "ensemble", "spread")
TILE, GAP, HEAD, NOTE = 160, 16, 28, 34
PAPER, INK, FAINT = 255, 20, 110


def write(study: Study, results: StudyResults, path: Path) -> Path:
    """Draw the sheet as a PNG file. Items without an evaluation show what there is of them."""
    width = GAP + len(COLUMNS) * (TILE + GAP)
    sheet = Image.new("RGB", (width, HEAD + len(results.items) * (TILE + NOTE) + GAP + HEAD), (PAPER,) * 3)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for column, title in enumerate(COLUMNS):
        draw.text((GAP + column * (TILE + GAP), 8), title, fill=(INK,) * 3, font=font)
    items = {item.pk: item for item in study.items.select_related("low_res", "study__weights")}
    for row, found in enumerate(results.items):
        top = HEAD + row * (TILE + NOTE)
        for column, image in enumerate(_pictures(items[found.pk], found)):
            if image is not None:
                sheet.paste(_tile(image), (GAP + column * (TILE + GAP), top))
        draw.text((GAP, top + TILE + 6), _note(found), fill=(FAINT,) * 3, font=font)
    if results.has_simulated:
        draw.text((GAP, sheet.height - HEAD), "SIMULATED PARTICIPANTS: a rehearsal, no evidence.", (160, 40, 40), font)
    sheet.save(path)
    return path


def _pictures(item: Item, found: ItemResults) -> list[NDArray[np.uint8] | None]:
    """uint8 (H, W, C) per column; None where there is nothing yet."""
    low_res = inference.read_low_res(item.low_res)
    pool = list(item.pool)
    first = to_uint8(low_res)
    bicubic = to_uint8(upscale(low_res, item.study.weights.scale))
    if found.evaluation.pk is None or found.evaluation.ensemble is None:
        return [first, bicubic, inference.read_sample(pool[0]) if pool else None, None, None, None]
    made = Evaluation.objects.select_related("item", "ensemble").get(pk=found.evaluation.pk)
    example = evaluations.controls(made, pool_size=len(pool), n=1)[0][0]
    ensemble = read_image(inference.ensemble_file(made.ensemble, "png8"))
    spread = read_image(inference.ensemble_file(made.ensemble, "spread"))
    return [
        first,
        bicubic,
        inference.read_sample(pool[int(example)]),
        evaluations.control_image(made),
        to_uint8(ensemble),
        to_uint8(spread / max(float(spread.max()), 1e-6)),
    ]


def _tile(image: NDArray[np.uint8]) -> Image.Image:
    """Enlarged to the tile without smoothing, by a whole factor where it fits, else reduced."""
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).convert("RGB")
    longest = max(picture.size)
    factor = TILE // longest if longest <= TILE else TILE / longest
    size = (max(1, int(picture.width * factor)), max(1, int(picture.height * factor)))
    return picture.resize(size, Image.Resampling.NEAREST if factor >= 1 else Image.Resampling.BOX)


def _note(found: ItemResults) -> str:
    """Majority, its share and the LR consistency in words."""
    share = next((s for s in found.label_shares if s.label == found.majority), None)
    label = f"“{found.majority}” {share.share.value:.0%} of {found.ballots}" if share else f"{found.ballots} ballots"
    metric = found.metric("lr_consistency")
    if metric is None:
        return f"{found.name}: {label}"
    band = f"control {metric.control.low:.1f} to {metric.control.high:.1f}"
    return f"{found.name}: {label};  LR consistency {metric.ensemble:.1f} dB ({band})"
