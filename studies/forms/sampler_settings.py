"""A form made from a sampler family's own Settings, so that a new family needs no form of its own."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import Any

from django import forms

from inference import samplers

PREFIX = "settings"


class SamplerSettingsForm(forms.Form):
    """Base of the forms of all families; `family` is the registry name."""

    family = ""

    def clean(self) -> dict[str, Any]:
        """Judge the values as the family itself does; one sentence when they do not go together."""
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
        return forms.ChoiceField(choices=[(choice, choice) for choice in choices], **common)
    if isinstance(item.default, int):
        return forms.IntegerField(min_value=low, max_value=high, **common)
    if isinstance(item.default, float):
        return forms.FloatField(min_value=low, max_value=high, widget=_any_step(), **common)
    return forms.CharField(**common)


def _any_step() -> forms.NumberInput:
    return forms.NumberInput(attrs={"step": "any"})
