"""The analysis plan as plain fields, and the form of a further analysis version."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from studies.forms.checked import CheckedForm
from studies.services.analysis.plan import Plan

Rows = tuple[tuple[str, ...], ...]

_EXCLUSIONS: Rows = (("attention", "retest"), ("least_seconds", "same_place"), ("ratio_change",))
_STOPPING: Rows = (("stopping", "most_participants"), ("half_width", "alpha"), ("close_when_reached",))
_SURE: Rows = (("confidence", "resamples"),)


class PlanForm(CheckedForm):
    prefix: str | None = "plan"
    of = Plan
    ROWS = (*_EXCLUSIONS, *_STOPPING, *_SURE)
    #: What is folded away apart: summary, sentence, rows.
    PARTS: ClassVar[tuple[tuple[str, str, Rows], ...]] = (
        ("Whose answers are left out",
         "Rules are judged by each person’s own answers. Results show what comes out with and without them.",
         _EXCLUSIONS),
        ("When the study stops",
         "Looking at votes while they come in, and stopping when they look good, makes chance look like evidence. "
         "These rules may be watched all the time.", _STOPPING),
        ("How sure", "", _SURE),
    )  # fmt: skip

    def parts(self) -> list[dict[str, Any]]:
        return [
            {"title": title, "text": text, "rows": self.bound(rows), "open": self._unusual(rows)}
            for title, text, rows in self.PARTS
        ]

    def _unusual(self, rows: Rows) -> bool:
        """Whether a part must not be folded away: it has an error, or is not as it comes."""
        names = [name for row in rows for name in row]
        return any(self.errors.get(name) or self._differs(self[name]) for name in names)

    @staticmethod
    def _differs(field: forms.BoundField) -> bool:
        usual = field.field.prepare_value(field.field.initial)
        return field.value() not in (None, "") and str(field.value()) != str(usual)
