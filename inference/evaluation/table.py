"""Results as a table: a row per figure, a column per sampler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Summary = dict[str, Any]
Row = tuple[str, Callable[[Summary], str]]


def table(results: dict[str, Any]) -> list[list[str]]:
    """Rows of text, the first with the samplers' names; rows that say nothing of any sampler are left out."""
    every = results["samplers"]
    found = [one["summary"] for one in every]
    rows = [*_fidelity(results), *(_labels() if any("labels" in one for one in found) else ())]
    body = [[name, *(value(one) for one in found)] for name, value in rows]
    faults = ["samples drawn again / still suspect", *(f"{one['replaced']} / {one['suspect']}" for one in every)]
    drawn = ["seconds per sample", *(f"{one['seconds_per_sample']:.3g}" for one in every)]
    head = ["", *(one["name"] for one in every)]
    return [head, *(row for row in body if any(cell.strip("– /") for cell in row[1:])), faults, drawn]


def plain(rows: Sequence[Sequence[str]]) -> str:
    """For a terminal: columns aligned by spaces."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """For a document."""
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


def _fidelity(results: dict[str, Any]) -> list[Row]:
    count, distance = results["samples_per_image"], results["distance"]["name"]
    three = ("sample", "mean", "bicubic")
    return [
        ("images", lambda one: str(one["images"])),
        ("LR consistency, mean / worst, dB", lambda one: _pair(one["lr_consistency"], "mean", "worst", digits=1)),
        (
            "after projection, mean / worst, dB",
            lambda one: _pair(one["lr_consistency_projected"], "mean", "worst", digits=1),
        ),
        (f"diversity S, M = {count}", lambda one: _number(one["diversity"]["score"], 2)),
        (f"{distance}: sample / pool mean / bicubic", lambda one: _of(one, three, "distance", 3)),
        (f"{distance}: best of {count}", lambda one: _number(one["best_of"]["distance"][-1], 3)),
        ("PSNR Y, dB: sample / pool mean / bicubic", lambda one: _of(one, three, "psnr_y", 2)),
        (f"PSNR Y, dB: best of {count}", lambda one: _number(one["best_of"]["psnr_y"][-1], 2)),
        ("PSNR RGB, dB: sample / pool mean / bicubic", lambda one: _of(one, three, "psnr_rgb", 2)),
        ("SSIM Y: sample / pool mean / bicubic", lambda one: _of(one, three, "ssim_y", 4)),
        ("LR consistency, dB: pool mean / bicubic", lambda one: _of(one, three[1:], "lr_consistency", 1)),
        ("pixel std of 255", lambda one: _number(one["pixel_std"]["mean"], 2)),
        ("pixel std: detail lost / elsewhere", lambda one: _pair(one["pixel_std"], "lost", "elsewhere", digits=2)),
        (
            "gradient energy: truth / sample / pool mean / bicubic",
            lambda one: _pair(one["gradient_energy"], "truth", *three, digits=0),
        ),
        (
            "images whose samples are nearer in sharpness than the mean",
            lambda one: _percent(one["gradient_energy"]["sample_nearer"]),
        ),
    ]


def _labels() -> list[Row]:
    def of(group: str, value: Callable[[Summary], str]) -> Callable[[Summary], str]:
        def found(one: Summary) -> str:
            labels = one.get("labels", {}).get(group, {"images": 0})
            return value(labels) if labels["images"] else "–"

        return found

    def error(kind: str) -> Callable[[Summary], str]:
        def found(one: Summary) -> str:
            known = one.get(kind)  # results from before it was measured have none
            return f"{_number(known['error'], 3)} ({_number(known['by_chance'], 3)})" if known else "–"

        return found

    return [
        ("read right: truth", of("all", lambda one: _share(one["truth_right"]))),
        ("read right: LR image, by its own classifier", of("all", lambda one: _share(one["low_right"]))),
        ("read right: first sample", of("all", lambda one: _share(one["first_sample_right"]))),
        ("read right: all samples", of("all", lambda one: _percent(one["all_samples_right"]))),
        ("read right: majority of the pool", of("all", lambda one: _share(one["majority_right"]))),
        ("read right: pool mean", of("all", lambda one: _share(one["mean_right"]))),
        ("true label in the pool (coverage)", of("all", lambda one: _share(one["coverage"]))),
        ("calibration error (of exact shares), most frequent label", of("all", error("top_label"))),
        ("calibration error (of exact shares), every label", of("all", error("every_share"))),
        ("the same, against what the reader sees in the truth", of("all", error("top_as_read"))),
        ("digits that are hard to read", of("hard", lambda one: str(one["images"]))),
        ("hard: all samples read right", of("hard", lambda one: _percent(one["all_samples_right"]))),
        ("hard: majority read right", of("hard", lambda one: _share(one["majority_right"]))),
        ("hard: true label in the pool", of("hard", lambda one: _share(one["coverage"]))),
        ("hard: calibration error (of exact shares), most frequent label", of("hard", error("top_label"))),
        ("hard: calibration error (of exact shares), every label", of("hard", error("every_share"))),
        ("hard: truth read right", of("hard", lambda one: _share(one["truth_right"]))),
        ("hard: calibration error, against what the reader sees in the truth", of("hard", error("top_as_read"))),
        ("label entropy, bits: hard", of("hard", lambda one: _number(one["entropy_bits"], 3))),
        ("label entropy, bits: the others", of("easy", lambda one: _number(one["entropy_bits"], 3))),
        ("pixel std of 255: hard", of("hard", lambda one: _number(one["pixel_std"], 2))),
        ("pixel std of 255: the others", of("easy", lambda one: _number(one["pixel_std"], 2))),
    ]


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _share(value: dict[str, float] | None) -> str:
    """Percent with its interval."""
    if value is None or value["value"] is None:
        return "–"
    return f"{100 * value['value']:.1f} % ({100 * value['low']:.1f} to {100 * value['high']:.1f})"


def _pair(part: dict[str, float | None], *names: str, digits: int) -> str:
    return " / ".join(_number(part[name], digits) for name in names)


def _of(one: Summary, parts: Sequence[str], name: str, digits: int) -> str:
    return " / ".join(_number(one[part][name], digits) for part in parts)
