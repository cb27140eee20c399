"""Forms made from a sampler family's own Settings, so that a new family needs no form of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import Field, fields
from typing import Any

from django import forms
from django.db.models import Case, IntegerField, When
from django.urls import reverse_lazy

from inference import samplers
from inference.models import Weights

PREFIX = "settings"


class SamplerSettingsForm(forms.Form):
    """Base of the forms of all families; `family` is the registry name."""

    family = ""

    def clean(self) -> dict[str, Any]:
        """Judge the values as the family itself does; one sentence when they do not go together.

        A choice that was not sent, as by programs that do not know it, counts with its default.
        """
        self.cleaned_data = {name: value for name, value in self.cleaned_data.items() if value != ""}
        if not self.errors:
            try:
                samplers.settings_class(self.family).from_mapping(self.cleaned_data)
            except samplers.SettingsError as error:
                raise forms.ValidationError(str(error)) from None
        return self.cleaned_data


def settings_form_class(family: str) -> type[SamplerSettingsForm]:
    """The form class of one family: a field per setting, with its default, range and help text.

    What every family has comes after what is the family's own.
    """
    shared = {item.name for item in fields(samplers.SamplerSettings)}
    own_first = sorted(fields(samplers.settings_class(family)), key=lambda item: item.name in shared)
    made = {item.name: _form_field(item) for item in own_first}
    return type("SettingsForm", (SamplerSettingsForm,), {**made, "family": family})


def settings_form(family: str, data: Any = None, initial: dict[str, Any] | None = None) -> SamplerSettingsForm:
    """The form of a family, filled with `initial` or bound to what was sent."""
    return settings_form_class(family)(data, initial=initial, prefix=PREFIX)


def _form_field(item: Field[Any]) -> forms.Field:
    low, high, choices = (item.metadata.get(key) for key in ("low", "high", "choices"))
    common: dict[str, Any] = {
        "initial": item.default,
        "help_text": item.metadata.get("help", ""),
        "label": item.name.replace("_", " ").capitalize(),
    }
    if isinstance(item.default, bool):
        return forms.BooleanField(required=False, **common)
    if choices is not None:
        return forms.ChoiceField(choices=[(choice, choice) for choice in choices], required=False, **common)
    if isinstance(item.default, int):
        return forms.IntegerField(min_value=low, max_value=high, **common)
    if isinstance(item.default, float):
        return forms.FloatField(min_value=low, max_value=high, widget=_any_step(), **common)
    return forms.CharField(**common)


def _any_step() -> forms.NumberInput:
    return forms.NumberInput(attrs={"step": "any"})


class WeightsField(forms.ModelChoiceField):
    """Weights with what decides whether they fit an image; choosing some brings their family's settings."""

    def __init__(self, **options: Any) -> None:
        fetch = {
            "hx-get": reverse_lazy("studies:sampler-settings"),
            "hx-target": "#sampler-settings",
            "hx-swap": "outerHTML",
        }
        super().__init__(Weights.objects.none(), empty_label=None, widget=forms.Select(attrs=fetch), **options)

    def label_from_instance(self, weights: Any) -> str:
        return f"{weights} (x{weights.scale}, {'grey' if weights.channels == 1 else 'colour'})"


class SamplerForm(forms.Form):
    """Weights, and the settings of their sampler as a form of its own: `settings_form`."""

    weights = WeightsField(label="Sampler and weights", help_text="The model that draws the candidates.")

    def __init__(self, data: Any = None, *, offered: Iterable[Weights], initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        rows = list(offered)
        field: Any = self.fields["weights"]
        place = Case(*(When(pk=row.pk, then=number) for number, row in enumerate(rows)), output_field=IntegerField())
        field.queryset = Weights.objects.filter(pk__in=[row.pk for row in rows]).order_by(place if rows else "pk")
        if rows and not (initial and initial.get("weights")):
            field.initial = rows[0].pk
        self.settings_form = self._settings_form()

    def stored_settings(self, sampler: str) -> dict[str, Any] | None:
        """What is kept already of this sampler's settings; None for nothing."""
        return None

    def chosen_weights(self) -> Weights | None:
        """The weights that the form shows: as sent, else as stored, else the first of those offered."""
        field: Any = self.fields["weights"]
        try:
            return field.to_python(self["weights"].value())
        except forms.ValidationError:
            return None

    def _settings_form(self) -> SamplerSettingsForm | None:
        weights = self.chosen_weights()
        if weights is None or weights.sampler not in samplers.names():
            return None
        # Values of another family, sent before its fields could change, are not this family's.
        same = self.is_bound and self.data.get("settings-family") == weights.sampler
        return settings_form(weights.sampler, self.data if same else None, self.stored_settings(weights.sampler))

    def is_valid(self) -> bool:
        own = super().is_valid()
        settings = self.settings_form
        return own and (settings is None or not settings.is_bound or settings.is_valid())

    @property
    def has_weights(self) -> bool:
        """False where there are no weights to choose from."""
        field: Any = self.fields["weights"]
        return bool(field.queryset)
