"""The form of a study's texts in one further language: beside each field stands what the study says itself."""

from __future__ import annotations

from typing import Any

from django import forms

from studies.forms.fields import LinesField, QuestionsField
from studies.models import Item, Kind, Study, StudyText
from studies.services.design import question_text


class TextsForm(forms.Form):
    """Every field may stay empty: then the study's own words are shown."""

    question = forms.CharField(required=False, max_length=300)
    labels = LinesField(required=False, widget=forms.Textarea, help_text="One per line, in the order of the study's.")
    instructions = forms.CharField(required=False, widget=forms.Textarea)
    introduction = forms.CharField(required=False, widget=forms.Textarea, help_text="Markdown, as in the study.")
    consent_text = forms.CharField(required=False, widget=forms.Textarea)
    questionnaire = QuestionsField(
        required=False,
        widget=forms.Textarea,
        help_text="Translate the words; keep names in brackets, kinds and numbers.",
    )

    def __init__(self, data: Any = None, *, study: Study, texts: StudyText) -> None:
        self.study, self.practice = study, list(study.items.filter(kind=Kind.PRACTICE).exclude(feedback=""))
        initial = {name: getattr(texts, name) for name in self.base_fields}
        initial["questionnaire"] = texts.questionnaire or study.questionnaire
        initial |= {_name(item): texts.feedback.get(str(item.position), "") for item in self.practice}
        super().__init__(data, initial=initial)
        for item in self.practice:
            self.fields[_name(item)] = forms.CharField(
                required=False, widget=forms.Textarea, label=f"Feedback of the practice image “{item.name}”"
            )
        for name in [name for name in self.base_fields if not self._asked(name)]:
            del self.fields[name]
        for field, own in self.rows():
            if isinstance(field.field.widget, forms.Textarea):
                field.field.widget.attrs["rows"] = min(14, 2 + own.count("\n") + len(own) // 60)

    def _asked(self, name: str) -> bool:
        """What the study does not say need not be translated."""
        return bool(getattr(self.study, name)) and (name != "labels" or self.study.ask_label)

    def rows(self) -> list[tuple[forms.BoundField, str]]:
        """Each field, and what the study says itself."""
        own = {_name(item): item.feedback for item in self.practice}
        return [(self[name], own.get(name) or self._own(name)) for name in self.fields]

    def _own(self, name: str) -> str:
        value = getattr(self.study, name)
        if name == "questionnaire":
            return question_text.as_text(value)
        return "\n".join(value) if name == "labels" else value

    def texts(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        values = {name: value for name, value in self.cleaned_data.items() if name in self.base_fields}
        if values.get("questionnaire") == self.study.questionnaire:
            values["questionnaire"] = []  # its own words are no translation
        if self.practice:
            given = {str(item.position): self.cleaned_data[_name(item)] for item in self.practice}
            values["feedback"] = {position: text for position, text in given.items() if text.strip()}
        return values


def _name(item: Item) -> str:
    return f"feedback_{item.position}"
