"""The study form of the admin: the same rules as the researcher's page, one sentence beside each field."""

from __future__ import annotations

from typing import Any

from django import forms

from studies.forms.fields import LinesField, QuestionsField
from studies.models import Study, StudyState
from studies.services import lifecycle
from studies.services.candidates import additions
from studies.services.design import items
from studies.services.design.protocol import normal_plan, normal_viewing

#: Fields of rules as JSON -> how they are stored.
_OF_RULES = {"viewing": normal_viewing, "plan": normal_plan}


class StudyAdminForm(forms.ModelForm):
    labels = LinesField(required=False, help_text="One per line; “cannot tell” is always offered beside them.")

    questionnaire = QuestionsField(required=False, help_text="Asked at the end, as on the study's own page.")

    class Meta:
        model = Study
        fields = (
            "name", "question", "ask_label", "labels", "instructions", "consent_text", "weights", "settings",
            "pool_size", "max_picks", "exact_picks", "ensemble_size", "tie_rule", "control_draws",
            "target_participants", "language", "page_size", "see_all_pages", "ask_confidence", "region", "repeats",
            "introduction", "viewing", "questionnaire", "plan",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Not the model's own constraints, whose sentences are about the database: the service says it better."""
        values = {name: getattr(self.instance, name, None) for name in self._meta.fields or () if name != "weights"}
        values["weights"] = self.instance.weights if self.instance.weights_id else None
        for name in _OF_RULES:
            self.cleaned_data[name] = self.cleaned_data.get(name) or {}
        values |= self.cleaned_data
        for name, sentence in lifecycle.validate_protocol(values).items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, sentence)
        self._check_pools()
        self._check_items()
        for name, normal in _OF_RULES.items():
            if name not in self.errors:
                self.cleaned_data[name] = normal(self.cleaned_data[name])
        return self.cleaned_data

    def _check_items(self) -> None:
        """What the images of an open study stand against."""
        if self.instance.pk and self.instance.state == StudyState.OPEN:
            changes = {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}
            if reason := items.conflict(self.instance, changes):
                self.add_error(None, reason)

    def _check_pools(self) -> None:
        """What of a study that is there already stands against another way to draw."""
        changed = lifecycle.POOL_FIELDS & set(self.changed_data)
        if not changed or not self.instance.pk:
            return
        if self.instance.state == StudyState.OPEN:
            self.add_error(None, "The study is open: close it before you change what is drawn.")
        changes = {name: self.cleaned_data[name] for name in changed if name in self.cleaned_data}
        if reason := additions.conflict(self.instance, changes):
            self.add_error(None, reason)
