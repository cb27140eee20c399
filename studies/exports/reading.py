"""results.json as StudyResults again, for whatever is written from these alone."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from studies.results import StudyResults

#: What stands for a part that an older export does not have.
_OF_NOTHING: dict[Any, Any] = {str: "", int: 0, bool: False, float: math.nan, tuple: (), dict: {}}


def results_of(document: Mapping[str, Any]) -> StudyResults:
    """The results that a document was built from; what `document.build` leaves out is empty.

    Raises LookupError, TypeError or ValueError for a document of another shape.
    """
    found: StudyResults = _read(StudyResults, {**document, "code_version": document["versions"]["code"]})
    return found


def _read(kind: Any, value: Any) -> Any:
    """`results.to_jsonable` the other way round, by the types of the fields."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{field.name: _field(field, hints[field.name], value) for field in dataclasses.fields(kind)})
    if kind is float:
        return math.nan if value is None else float(value)
    arguments = get_args(kind)
    if get_origin(kind) in (Union, types.UnionType):
        return None if value is None else _read(arguments[0], value)
    if get_origin(kind) is tuple:
        kinds = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        return tuple(_read(one, entry) for one, entry in zip(kinds, value, strict=True))
    if get_origin(kind) is dict:
        return {name: _read(arguments[1], entry) for name, entry in value.items()}
    return value


def _field(field: dataclasses.Field[Any], kind: Any, value: Mapping[str, Any]) -> Any:
    if field.name in value:
        return _read(kind, value[field.name])
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return _OF_NOTHING.get(get_origin(kind) or kind)
