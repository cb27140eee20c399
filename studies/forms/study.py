"""The one form of a study's protocol, for the new and the edit page."""

from __future__ import annotations

from typing import Any

from django import forms

from inference import samplers
from inference.models import Weights
from studies.forms.fields import LinesField
from studies.forms.sampler_settings import SamplerForm
from studies.models import CANNOT_TELL, Study, TieRule
from studies.models.study import MAX_POOL

CONSENT = (
    "You will look at small, unclear images and choose, among larger versions that a computer made, the ones that you "
    "find most likely. It takes a few minutes. We store your choices and the times at which you made them, and "
    "nothing that tells who you are. Taking part is voluntary: you may stop at any time, and withdraw your answers "
    "from the last page. The answers are used for research and may be published without names."
)


def _number(**attrs: int) -> forms.NumberInput:
    return forms.NumberInput(attrs={"inputmode": "numeric", **attrs})


class StudyForm(SamplerForm):
    """Values as the services take them in `protocol`; the settings of the sampler are a form of their own."""

    name = forms.CharField(max_length=200, help_text="For you and your colleagues; participants do not see it.")
    question = forms.CharField(max_length=300, initial="Which digit is this?", help_text="Asked beside each image.")
    ask_label = forms.BooleanField(
        required=False,
        initial=True,
        label="Ask what people see before they choose",
        help_text="The answer is fixed before the candidates appear, so that candidates cannot change it.",
    )
    labels = LinesField(
        required=False,
        initial=[str(digit) for digit in range(10)],
        help_text=f"One per line. “{CANNOT_TELL}” is always offered beside them.",
    )
    instructions = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        initial="Pick the images that you find most likely to be the true one.",
        help_text="Shown above the candidates.",
    )

    pool_size = forms.IntegerField(
        min_value=1,
        max_value=MAX_POOL,
        initial=100,
        label="Pool size m",
        help_text=f"Candidates per image, 1 to {MAX_POOL:,}.",
        widget=_number(),
    )

    max_picks = forms.IntegerField(
        min_value=1, initial=5, label="Picks k", help_text="Most picks per person and image.", widget=_number()
    )
    exact_picks = forms.BooleanField(
        required=False, label="Exactly k picks", help_text="Otherwise people may pick 1 to k."
    )
    ensemble_size = forms.IntegerField(
        min_value=1, initial=5, label="Ensemble size n", help_text="The most chosen candidates that are averaged.",
        widget=_number(),
    )  # fmt: skip
    tie_rule = forms.ChoiceField(
        choices=TieRule.choices,
        initial=TieRule.INDEX,
        help_text="What happens to candidates with equal votes at the cut; fixed before the first vote.",
    )
    control_draws = forms.IntegerField(
        min_value=100,
        max_value=10_000,
        initial=200,
        label="Control draws",
        help_text="Random selections of n candidates that the ensemble is compared with, 100 to 10,000.",
        widget=_number(),
    )
    target_participants = forms.IntegerField(
        min_value=1, initial=30, help_text="A goal to watch; the study does not close by itself.", widget=_number()
    )

    consent_text = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 8}),
        initial=CONSENT,
        help_text="What people agree to before they start. Add who you are and how to reach you.",
    )

    #: Legend, sentence under it, names of fields; the sampler's settings follow the candidates.
    GROUPS = (
        ("asked", "What people are asked", "", ("name", "question", "ask_label", "labels", "instructions")),
        ("candidates", "Candidates", "Drawn once per image, before the study opens.", ("weights", "pool_size")),
        ("votes", "Votes and ensemble", "Frozen, with all the rest of the protocol, at the first vote.",
         ("max_picks", "exact_picks", "ensemble_size", "tie_rule", "control_draws", "target_participants")),
        ("consent", "Consent", "", ("consent_text",)),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, catalogue: list[Weights], study: Study | None = None) -> None:
        self.study = study
        initial = {name: getattr(study, name) for name in self.base_fields} if study else {}
        super().__init__(data, offered=[*catalogue, study.weights] if study else catalogue, initial=initial)

    def stored_settings(self, sampler: str) -> dict[str, Any] | None:
        return self.study.settings if self.study and self.study.weights.sampler == sampler else None

    def protocol(self) -> dict[str, Any]:
        """The cleaned fields that may change, as the lifecycle service takes them, with the sampler's settings."""
        values = {name: value for name, value in self.cleaned_data.items() if not self.fields[name].disabled}
        return {**values, "settings": self._settings(values["weights"])} if "weights" in values else values

    def stored(self) -> dict[str, Any]:
        """The study as it is; empty for a new one."""
        names = (*self.base_fields, "settings")
        return {name: getattr(self.study, name) for name in names} if self.study else {}

    def _settings(self, weights: Weights) -> dict[str, Any]:
        """Complete settings; those stored, where they mean the same, so that drawn pools stay valid."""
        form = self.settings_form
        if form is None:
            return self.study.settings if self.study else {}
        known, sent = samplers.settings_class(weights.sampler), form.cleaned_data if form.is_bound else {}
        stored = self.stored_settings(weights.sampler)
        if stored is not None and known.from_mapping(stored) == known.from_mapping(sent):
            return stored
        return known.from_mapping(sent).as_mapping()

    def add_problems(self, problems: dict[str, str]) -> None:
        """Show what the service found beside the field it concerns; the rest above the form."""
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, sentence)

    def groups(self) -> list[dict[str, Any]]:
        """The fieldsets of the page."""
        return [
            {"key": key, "legend": legend, "text": text, "fields": [self[name] for name in names]}
            for key, legend, text, names in self.GROUPS
        ]

    def freeze(self) -> None:
        """Make the protocol read-only; what is sent for it is ignored, name and target stay open."""
        for name, field in self.fields.items():
            field.disabled = name in Study.PROTOCOL
        for field in self.settings_form.fields.values() if self.settings_form is not None else ():
            field.disabled = True
