"""The form of a further analysis version: what may still be decided otherwise, and why."""

from __future__ import annotations

from typing import Any

from django import forms

from studies.forms.plan import PlanForm
from studies.models import Study, TieRule
from studies.services.analysis import versions
from studies.services.analysis.plan import ANALYSIS

_NUMBER = {"inputmode": "numeric"}


class AnalysisForm(PlanForm):
    """Filled with the analysis as it is now; rules to stop are no part of it."""

    prefix = None
    PARTS = tuple(part for part in PlanForm.PARTS if set(part[2][0]) <= set(ANALYSIS))

    ensemble_size = forms.IntegerField(min_value=1, label="Ensemble size n", widget=forms.NumberInput(attrs=_NUMBER))
    tie_rule = forms.ChoiceField(choices=TieRule.choices)
    reason = forms.CharField(
        label="Why",
        max_length=versions.MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stands beside every result of this version: what was found, and why that calls for a change.",
    )

    def __init__(self, data: Any = None, *, study: Study) -> None:
        super().__init__(data, initial=versions.current(study).as_mapping())
        for name in set(self.fields) - {"ensemble_size", "tie_rule", "reason", *ANALYSIS}:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """The service judges the whole."""
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """What the service takes; an empty field stands for its default, as in the plan."""
        usual = {name: self.fields[name].initial for name in ANALYSIS}
        return usual | self._sent()
