"""Form fields that several forms share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms


class LinesField(forms.CharField):
    """A list of strings, one per line; blank lines and spaces at the ends are dropped, repeats are kept."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else "\n".join(map(str, value))

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        lines = (value or "").splitlines() if isinstance(value, str) or value is None else value
        return [line.strip() for line in lines if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)

    def run_validators(self, value: Any) -> None:
        """None: the validators of text do not fit a list, and the service judges the list."""


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Any number of uploaded files, as a list in the order in which the browser sends them."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        files: Sequence[Any] = data if isinstance(data, list | tuple) else [data] if data else []
        if self.required and not files:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return [super(ManyFilesField, self).clean(file, initial) for file in files]
