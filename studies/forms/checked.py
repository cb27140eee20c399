"""Forms of parts of the protocol that check themselves: a field for each of theirs, with its words and its range."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import Field, fields
from typing import Any, ClassVar

from django import forms

from studies.services.design.checked import Checked


class CheckedForm(forms.Form):
    """Every field may be left empty, which stands for its default.

    of: what it makes;  ROWS: names of fields that stand in one row
    """

    of: ClassVar[type[Checked]]
    ROWS: ClassVar[Sequence[Sequence[str]]] = ()

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields.update({item.name: _form_field(item) for item in fields(self.of)})

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            try:
                self.of.from_mapping(self._sent())
            except self.of.error as error:
                raise forms.ValidationError(str(error)) from None
        return self.cleaned_data

    def _sent(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def mapping(self) -> dict[str, Any]:
        """As the study stores it."""
        return self.of.from_mapping(self._sent()).as_mapping()

    def rows(self) -> list[list[forms.BoundField]]:
        return self.bound(self.ROWS)

    def bound(self, rows: Iterable[Iterable[str]]) -> list[list[forms.BoundField]]:
        return [[self[name] for name in names] for names in rows]

    @property
    def asks(self) -> bool:
        """Whether the form opens unfolded: something is asked, or something is wrong."""
        return bool(self.errors) or bool(self.initial)


class _NumberField(forms.FloatField):
    """Shows whole numbers as such."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value:g}" if isinstance(value, float) else value


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
    return _NumberField(**limits, widget=forms.NumberInput(attrs={"step": "any"}), **common)
