"""The form that mixes candidates of further weights into the pools of a study."""

from __future__ import annotations

from typing import Any

from django import forms

from inference.models import Weights
from studies.forms.sampler_settings import SamplerForm
from studies.models import Study
from studies.models.study import MAX_POOL


class AdditionForm(SamplerForm):
    """Offers what fits the study: other weights of its scale, in colour where its images are."""

    count = forms.IntegerField(
        min_value=1,
        max_value=MAX_POOL,
        label="Candidates per image",
        help_text="They come on top of those that the study has.",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, data: Any = None, *, catalogue: list[Weights], study: Study) -> None:
        taken = {study.weights_id, *study.additions.values_list("weights", flat=True)}
        fitting = [
            row
            for row in catalogue
            if row.pk not in taken and row.scale == study.weights.scale and row.channels >= study.weights.channels
        ]
        super().__init__(data, offered=fitting, initial={"count": study.pool_size})

    def settings(self) -> dict[str, Any]:
        """As sent; none where another family's fields were on the page, so that defaults count."""
        form = self.settings_form
        return form.cleaned_data if form is not None and form.is_bound else {}

    def first_problem(self) -> str:
        """One sentence on what is wrong, with the field it is about."""
        forms_here = [self, *([self.settings_form] if self.settings_form is not None else [])]
        for form in forms_here:
            for name, sentences in form.errors.items():
                label = form.fields[name].label or name.capitalize() if name in form.fields else ""
                return f"{label}: {sentences[0]}" if label else str(sentences[0])
        return ""
