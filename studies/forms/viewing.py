"""The rules of the viewing check as plain fields, made from the rules themselves."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import Any

from django import forms

from studies.services.viewing import SIZES, Rules, RulesError

PREFIX = "viewing"


def _form_field(item: Field[Any]) -> forms.Field:
    label, help_text, low, high, choices = (item.metadata[key] for key in ("label", "help", "low", "high", "choices"))
    common: dict[str, Any] = {"label": label, "help_text": help_text, "initial": item.default, "required": False}
    if choices:
        return forms.ChoiceField(choices=choices, **common)
    if isinstance(item.default, bool):
        return forms.BooleanField(**common)
    limits: dict[str, Any] = {"min_value": low, "max_value": high}
    if isinstance(item.default, int):
        return forms.IntegerField(**limits, widget=forms.NumberInput(attrs={"inputmode": "numeric"}), **common)
    return forms.FloatField(**limits, widget=forms.NumberInput(attrs={"step": "any"}), **common)


class ViewingForm(forms.Form):
    """Every field may be left empty, which asks nothing."""

    #: Names of fields that stand in one row.
    ROWS = (
        SIZES[:2], SIZES[2:], ("least_ratio", "most_ratio"), ("whole_ratio", "no_zoom", "brightness"),
        ("plates", "plate_errors"), ("on_failure", "attempts"),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, prefix=PREFIX)
        self.fields.update({item.name: _form_field(item) for item in fields(Rules)})

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            try:
                Rules.from_mapping(self._sent())
            except RulesError as error:
                raise forms.ValidationError(str(error)) from None
        return self.cleaned_data

    def _sent(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def rules(self) -> dict[str, Any]:
        """As the study stores them."""
        return Rules.from_mapping(self._sent()).as_mapping()

    def rows(self) -> list[list[forms.BoundField]]:
        return [[self[name] for name in names] for names in self.ROWS]

    @property
    def asks(self) -> bool:
        """Whether the form opens unfolded: something is asked, or something is wrong."""
        return bool(self.errors) or bool(self.initial)
