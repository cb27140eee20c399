"""samples.csv: the pools, one row per sample, with its votes and where its file stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studies.exports import layout
from studies.exports.cells import Value
from studies.exports.tables import Column

FILE = "samples.csv"

COLUMNS = (
    Column("item", "integer", "position of the item in the study"),
    Column("item_name", "text", "the researcher's name of the item"),
    Column("sample", "integer", "index in the item's pool, from 0"),
    Column("family", "text", "the weights that drew the sample, and how, see families.csv"),
    Column("derivation", "text", "how it was made from other samples: interpolation or fusion; else empty"),
    Column("parents", "text", "sha256 of the samples of this pool it was made from, first or base first; else empty"),
    Column("seed", "integer", "from which the sampler drew the sample"),
    Column("attempt", "integer", "how often it was drawn again because of a fault, each time from other noise"),
    Column("fault", "text", "why it was drawn again, or what is still wrong with it; else empty"),
    Column("sha256", "sha256", "of the sample's PNG file"),
    Column("lr_consistency", "number", "PSNR between the downscaled sample and the LR image, capped at 100", "dB"),
    Column("votes", "integer", "distinct participants who picked the sample", "participants"),
    Column("exposures", "integer", "voters who had the sample on screen, see exposures.csv", "participants"),
    Column("seconds", "number", "how long it was on screen, over all of them", "s"),
    Column("rate", "number", "votes / exposures; empty without exposures"),
    Column("chosen", "boolean", "true where the sample is in the selection"),
    Column("file", "text", "path of the PNG file in this export"),
)


def rows(results: dict[str, Any]) -> Iterator[tuple[Value, ...]]:
    """From the content of results.json: items in their order, samples by index."""
    for item in results["items"]:
        number, chosen = item["position"], set(item["selection"]["chosen"])
        for sample in item["samples"]:
            index = sample["index"]
            yield (
                number,
                item["name"],
                index,
                sample["family"],
                sample["derivation"],
                " ".join(sample["parents"]),
                sample["seed"],
                sample["attempt"],
                sample["fault"],
                sample["sha256"],
                sample["lr_consistency"],
                sample["votes"],
                sample["exposures"],
                sample["seconds"],
                sample["rate"],
                index in chosen,
                layout.sample(number, index),
            )
