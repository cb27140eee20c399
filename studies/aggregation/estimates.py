"""What estimators return: a number or an interval, with the estimator's name and version and what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """One number. It is nan when undefined, and then `reason` says why. count: of observations behind it."""

    value: float
    name: str
    version: str
    count: int
    reason: str = ""

    @property
    def defined(self) -> bool:
        return not math.isnan(self.value)


@dataclass(frozen=True)
class Interval(Estimate):
    """A number with its confidence limits; all three are nan when undefined."""

    low: float = math.nan
    high: float = math.nan
    confidence: float = 0.95
