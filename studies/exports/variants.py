"""variants.csv: every ensemble of every item, the study's own first, with what it is made of and its figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studies.exports import layout
from studies.exports.cells import Value
from studies.exports.tables import Column

FILE = "variants.csv"
OWN = "top"

COLUMNS = (
    Column("item", "integer", "position of the item in the study"),
    Column("item_name", "text", "the researcher's name of the item"),
    Column(
        "variant",
        "text",
        f"{OWN}: the study's own ensemble, the mean of the top n; linear, median, geometric_median, medoid: the same "
        "samples by another rule; votes: the same, weighed by votes; all: every sample with a vote, weighed by votes; "
        "label-1 and so on: the top n of those who saw one label; regions: by parts of the picture; pool, consistent: "
        "chosen by nobody",
    ),
    Column("label", "text", "of whose votes alone it is made; else empty"),
    Column("rule", "text", "how samples become one picture: mean, linear, median, geometric_median, medoid, regions"),
    Column("samples", "integer", "how many samples it is made of"),
    Column("effective_n", "number", "(sum of weights)^2 / sum of squared weights; empty where weights differ by place"),
    Column("lr_consistency", "number", "PSNR between the downscaled picture and the LR image, capped at 100", "dB"),
    Column("psnr", "number", "against the hidden truth, capped at 100; empty without one", "dB"),
    Column("ssim", "number", "against the hidden truth; empty without one"),
    Column("sha256", "sha256", "of the picture's 8-bit PNG file"),
    Column("file", "text", "path of that file in this export"),
)


def ensembles(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and content of every made ensemble of an item in results.json; the study's own has the key ""."""
    if item["evaluation"]["ensemble"] is not None:
        yield "", item["evaluation"]["ensemble"]
    for variant in stated(item):
        yield variant["key"], variant["ensemble"]


def stated(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The variants in results.json; exports made before there were any have none."""
    return item["evaluation"].get("variants", {}).get("variants", [])


def rows(results: dict[str, Any]) -> Iterator[tuple[Value, ...]]:
    """From the content of results.json: items in their order, variants as planned."""
    for item in results["items"]:
        if item["evaluation"]["ensemble"] is not None:
            yield _row(item, _own(item))
        for variant in stated(item):
            yield _row(item, variant)


def _own(item: dict[str, Any]) -> dict[str, Any]:
    evaluation = item["evaluation"]
    values = {metric["name"]: metric["ensemble"] for metric in evaluation["metrics"]}
    chosen = item["selection"]["chosen"]
    return {"key": "", "label": "", "samples": chosen, "effective_n": len(chosen)} | {
        "ensemble": evaluation["ensemble"],
        **{name: values.get(name) for name in ("lr_consistency", "psnr", "ssim")},
    }


def _row(item: dict[str, Any], variant: dict[str, Any]) -> tuple[Value, ...]:
    ensemble = variant["ensemble"]
    return (
        item["position"],
        item["name"],
        variant["key"] or OWN,
        variant["label"],
        ensemble["rule"],
        len(variant["samples"]),
        variant["effective_n"],
        variant["lr_consistency"],
        variant["psnr"],
        variant["ssim"],
        ensemble["png8_sha256"],
        layout.ensemble(item["position"], "png8", variant["key"]),
    )
