"""What estimators return: a number or an interval, with the estimator's name and version and what it rests on."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import json
import math
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Estimate:
    """One number. It is nan when undefined, and then `reason` says why. count: of observations behind it.

    inputs: digest of all that the estimator was given, see `inputs_sha256`
    """

    value: float
    name: str
    version: str
    count: int
    reason: str = ""
    inputs: str = ""

    @property
    def defined(self) -> bool:
        return not math.isnan(self.value)


@dataclass(frozen=True)
class Interval(Estimate):
    """A number with its confidence limits; all three are nan when undefined."""

    low: float = math.nan
    high: float = math.nan
    confidence: float = 0.95


@dataclass(frozen=True)
class Probability(Estimate):
    """A p-value. statistic: what was measured;  method: in words;  draws and seed: where it was simulated."""

    statistic: float = math.nan
    method: str = ""
    draws: int = 0
    seed: int | None = None


def estimator(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function whose frozen result, or each of several, keeps the digest of the arguments, defaults included."""
    signature = inspect.signature(function)

    @wraps(function)
    def with_digest(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        for name, value in bound.arguments.items():
            if isinstance(value, Iterator):
                bound.arguments[name] = list(value)  # it can be read once only
        return _marked(function(*bound.args, **bound.kwargs), inputs_sha256(bound.arguments))

    return with_digest


def _marked(result: Any, digest: str) -> Any:
    if type(result) is tuple:
        return tuple(_marked(one, digest) for one in result)
    return dataclasses.replace(result, inputs=digest)


def inputs_sha256(arguments: Mapping[str, Any]) -> str:
    """sha256 of arguments as JSON: sorted names and sets, no blanks, whole numbers without a point, undefined as null.

    So a list, a tuple and an array of the same numbers have the same digest.
    """
    return hashlib.sha256(json.dumps(_plain(arguments), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind in "biu":
        return value.astype(np.int64).tolist()  # large tables of votes, at once
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, Set):
        return sorted(map(_plain, value), key=lambda entry: (isinstance(entry, str), entry))
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return None if math.isnan(value) else int(value) if value.is_integer() else value
    return int(value) if isinstance(value, bool) else value
