"""Forms of the rating phase: its settings, and results of other networks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from studies.forms.fields import ManyFilesField
from studies.models import Mode, RatingPhase, Who
from studies.models.rating import MAX_PER_PERSON, MAX_REPEATS
from studies.services.design import texts, translations
from studies.services.opinions.methods import Named
from studies.services.opinions.rating_phase import MAX_INSTRUCTIONS

MAX_FILES = 200


class RatingPhaseForm(forms.Form):
    mode = forms.ChoiceField(
        choices=Mode.choices,
        label="What people see and say",
        help_text="Naming asks for a label once more, of each picture: do people see something else in the ensembles, "
        "and rightly so? Before and after are compared where those who voted name the pictures, too.",
    )
    who = forms.ChoiceField(choices=Who.choices, label="Who rates", widget=forms.RadioSelect)
    instructions = forms.CharField(
        required=False,
        max_length=MAX_INSTRUCTIONS,
        label="Instructions",
        help_text="Markdown, in the study’s own language. How to answer is explained on the page anyway.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    hidden_reference = forms.BooleanField(
        required=False,
        label="Hidden reference",
        help_text="The true picture is rated among the others, unannounced, where an image has one.",
    )
    anchors = forms.BooleanField(
        required=False, label="Bicubic as a low anchor", help_text="The plainly enlarged image is rated as well."
    )
    repeats = forms.IntegerField(
        min_value=0,
        max_value=MAX_REPEATS,
        label="Ratings asked once more at the end",
        help_text="They tell how steady each person’s answers are; 0 for none.",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    per_person = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_PER_PERSON,
        label="Ratings of each person, at most",
        help_text="Everybody then gets a part of their own, and over people all come equally often. "
        "Empty: all, or as many as fit into half an hour.",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, data: Any = None, *, phase: RatingPhase) -> None:
        languages = [*texts.languages(phase.study)[1:], *phase.translations]
        self._languages = list(dict.fromkeys(languages))
        initial = {name: getattr(phase, name) for name in self.base_fields}
        super().__init__(data, initial=initial | {_name(code): phase.translations.get(code, "") for code in languages})
        for code in self._languages:
            self.fields[_name(code)] = forms.CharField(
                required=False,
                max_length=MAX_INSTRUCTIONS,
                label=f"Instructions in {translations.name(code)}",
                help_text="Empty: those in the study’s own language are shown.",
                widget=forms.Textarea(attrs={"rows": 5}),
            )

    def translated(self) -> list[forms.BoundField]:
        """The instructions in each further language of the study."""
        return [self[_name(code)] for code in self._languages]

    def values(self) -> dict[str, Any]:
        """What `rating_phase.update` takes."""
        sent = self.cleaned_data
        said = {code: sent[_name(code)] for code in self._languages if sent[_name(code)].strip()}
        return {name: sent[name] for name in self.base_fields} | {"translations": said}


def _name(language: str) -> str:
    return f"instructions.{language}"


class MethodForm(forms.Form):
    name = forms.CharField(max_length=80, label="Method", help_text="Such as EDSR. Participants never see it.")
    pattern = forms.CharField(
        max_length=100,
        initial="{item}.png",
        label="What the files are called",
        help_text=(
            "{item} stands for the name of an image, {position} for its position as exports count it: 000, 001, … "
            "Endings do not matter."
        ),
    )
    pictures = ManyFilesField(
        label="Files",
        help_text=f"A picture for each image, of its full size; up to {MAX_FILES} at once. The rest may follow later.",
        allow_empty_file=True,  # refused like any other file that is no image: by name
        error_messages={"required": "Choose at least one file."},
    )

    def clean_pictures(self) -> list[Named]:
        files: list[UploadedFile] = self.cleaned_data["pictures"]
        if len(files) > MAX_FILES:
            raise forms.ValidationError(f"Send at most {MAX_FILES} files at once.")
        return [Named(file.name or "", file) for file in files]
