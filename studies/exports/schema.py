"""results.schema.json: what results.json looks like, as a JSON Schema (draft 2020-12) made from the dataclasses.

The published schema stands beside this file. After a change of the results: python -m studies.exports.schema
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from functools import cache
from pathlib import Path
from typing import Any

from studies import results

FILE = "results.schema.json"
PUBLISHED = Path(__file__).with_name(FILE)

_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": ["number", "null"], "description": "null where it is undefined"},
    type(None): {"type": "null"},
    Any: {},
}
_JOB = {
    "type": "object",
    "description": "The request that drew samples: what has to be asked for to have them drawn again.",
    "properties": {
        **{name: {"type": "string"} for name in ("digest", "sampler", "weights_name", "weights_sha256")},
        **{name: {"type": "integer"} for name in ("first_seed", "count")},
        **{name: {"type": "object"} for name in ("settings", "derivation")},
        **{name: {"type": "string"} for name in ("code_version", "arithmetic")},
    },
}
_MEMBER = {
    "type": "object",
    "properties": {"index": {"type": "integer"}, "sha256": {"type": "string"}, "weight": {"type": "number"}},
    "required": ["index", "sha256", "weight"],
    "additionalProperties": False,
}
#: What `document.build` adds to the results, by dataclass; a part that may be missing is not required.
_ADDED: dict[str, dict[str, dict[str, Any]]] = {
    "ItemResults": {"jobs": {"type": "array", "items": _JOB}},
    "SelectionResult": {"tie_seed": {"type": "integer"}},
    "EvaluationResult": {"figures": {"type": ["object", "null"]}},
    "EnsembleResult": {
        "members": {"type": "array", "items": _MEMBER},
        "parts": {"type": ["object", "null"]},
    },
}
#: Of ensembles by place; of selections that are the study's own.
_OPTIONAL = {"parts", "tie_seed"}
_LEFT_OUT = {"StudyResults": {"collected_at", "slug", "code_version"}}


def build() -> dict[str, Any]:
    """The schema."""
    definitions: dict[str, Any] = {}
    _define(results.StudyResults, definitions)
    whole = definitions.pop("StudyResults")
    first = {
        "format": {"const": "trustsr-export"},
        "format_version": {"const": 1},
        "versions": {
            "type": "object",
            "properties": {"code": {"type": "string"}, "packages": {"type": "object"}},
            "required": ["code", "packages"],
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:trustsr:results:1",
        "title": "Results of a TrustSR study",
        **whole,
        "properties": {**first, **whole["properties"]},
        "required": [*first, *whole["required"]],
        "$defs": dict(sorted(definitions.items())),
    }


@cache
def text() -> str:
    """The published schema."""
    return PUBLISHED.read_text(encoding="utf-8")


def _define(kind: type, definitions: dict[str, Any]) -> None:
    """A dataclass as an object whose parts are all there, and no others."""
    definitions[kind.__name__] = {}  # so that a kind which names itself ends
    hints = typing.get_type_hints(kind)
    left_out, added = _LEFT_OUT.get(kind.__name__, set()), _ADDED.get(kind.__name__, {})
    names = [field.name for field in dataclasses.fields(kind) if field.name not in left_out]
    properties = {name: _of(hints[name], definitions) for name in names} | added
    definitions[kind.__name__] = {
        "description": " ".join((kind.__doc__ or "").split()),
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in _OPTIONAL],
        "additionalProperties": False,
    }


def _of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of one type as annotations say it."""
    if dataclasses.is_dataclass(hint):
        if hint.__name__ not in definitions:  # type: ignore[union-attr]
            _define(hint, definitions)  # type: ignore[arg-type]
        return {"$ref": f"#/$defs/{hint.__name__}"}  # type: ignore[union-attr]
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_of(one, definitions) for one in inner]}
    if origin is tuple and inner[-1] is not Ellipsis:
        parts = [_of(one, definitions) for one in inner]
        return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}
    if origin in (tuple, list):
        return {"type": "array", "items": _of(inner[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(inner[1], definitions)}
    if origin is typing.Literal:
        return {"enum": list(inner)}
    raise TypeError(f"There is no schema for {hint}: add it to {__name__}.")


if __name__ == "__main__":
    PUBLISHED.write_text(json.dumps(build(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
