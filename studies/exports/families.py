"""families.csv: votes by family of candidates, for each item and for the whole study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studies.exports.cells import Value
from studies.exports.tables import Column

FILE = "families.csv"
_WILSON = "95 % limit of its Wilson interval, each pick taken as an observation of its own"

COLUMNS = (
    Column("item", "integer", "position of the item in the study; empty for all items together"),
    Column("item_name", "text", "the researcher's name of the item; empty for all items together"),
    Column("family", "text", "the weights that drew these samples; those made from other samples are a family apart"),
    Column("sampler", "text", "the kind of model"),
    Column("weights", "text", "name of its weights"),
    Column("weights_sha256", "sha256", "of the file of the weights"),
    Column("derivation", "text", "interpolation or fusion, where samples were made from others; else empty"),
    Column("candidates", "integer", "samples of the family in the pool", "samples"),
    Column(
        "shown", "integer", "how often one of them was on screen before somebody who answered: sum of their exposures"
    ),
    Column("votes", "integer", "picks of these samples", "picks"),
    Column("chosen", "integer", "samples of the family in the selection", "samples"),
    Column("share", "number", "votes / all picks; empty without picks"),
    Column("share_low", "number", f"lower {_WILSON}"),
    Column("share_high", "number", f"upper {_WILSON}"),
    Column(
        "expected", "number", "the share if people picked without preference: the family's part of what was on screen"
    ),
    Column("rate", "number", "votes / shown, by which families of different numbers compare; empty without ballots"),
    Column("rate_low", "number", f"lower {_WILSON}"),
    Column("rate_high", "number", f"upper {_WILSON}"),
)


def rows(results: dict[str, Any]) -> Iterator[tuple[Value, ...]]:
    """From the content of results.json: all items together, then item by item."""
    for family in results["families"]:
        yield _row(None, None, family)
    for item in results["items"]:
        for family in item["families"]:
            yield _row(item["position"], item["name"], family)


def _row(number: int | None, name: str | None, family: dict[str, Any]) -> tuple[Value, ...]:
    plain = ("name", "sampler", "weights", "weights_sha256", "derivation", "candidates", "shown", "votes", "chosen")
    share, rate = ([family[part][limit] for limit in ("value", "low", "high")] for part in ("share", "rate"))
    return (number, name, *(family[column] for column in plain), *share, family["expected"], *rate)
