"""An analysis in words, for researchers: what a version changes, name by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from studies.models import TieRule
from studies.results import Excluded
from studies.services.analysis.plan import Plan

#: Rule of exclusion -> short, for counts.
RULES = {
    "attention": "attention checks",
    "least_seconds": "too fast",
    "same_place": "same place",
    "retest": "repeated images",
    "ratio_change": "zoom or screen changed",
}

_LABELS = {"ensemble_size": "Ensemble size n", "tie_rule": "Tie rule"} | {
    item.name: item.metadata["label"] for item in fields(Plan)
}


def tie_rule(name: str) -> str:
    """What the rule does."""
    return str(TieRule(name).label)


def differences(changes: Mapping[str, Any]) -> list[str]:
    """“Ensemble size n: 3”, in the order in which the form asks."""
    return [f"{label}: {_value(name, changes[name])}" for name, label in _LABELS.items() if name in changes]


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return tie_rule(value) if name == "tie_rule" else f"{value:g}"


def by_rule(excluded: Iterable[Excluded]) -> list[tuple[str, int]]:
    """(rule, how many fail it), of those rules that somebody fails."""
    counts = Counter(rule for one in excluded for rule in one.rules)
    return [(words, counts[rule]) for rule, words in RULES.items() if counts[rule]]
