"""Form fields that several forms share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.conf.locale import LANG_INFO

from studies.services.design import question_text


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


class QuestionsField(forms.CharField):
    """A questionnaire, written in blocks of lines or as JSON; see `question_text`."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return question_text.as_text(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[dict[str, Any]]:  # type: ignore[override]
        if isinstance(value, list):
            return value
        try:
            return question_text.parse(value or "")
        except question_text.QuestionError as error:
            raise forms.ValidationError(str(error)) from None

    def run_validators(self, value: Any) -> None:
        """None: the parser has judged the text."""


def languages() -> list[Any]:
    """Choices of a study's own language: those that our pages speak first, then all others that we know to name."""
    spoken = [code for code, _ in settings.LANGUAGES]
    others = sorted((info["name"], code) for code, info in LANG_INFO.items() if "name" in info and code not in spoken)
    return [
        ("Texts, buttons and notices", [(code, LANG_INFO[code]["name"]) for code in spoken]),
        ("The texts only", [(code, name) for name, code in others]),
    ]


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
