"""What one image of a study is for, and pictures for the study's texts."""

from __future__ import annotations

from typing import Any

from django import forms

from studies.models import Item, Kind


class ItemForm(forms.Form):
    """The rules are those of `services.items`."""

    kind = forms.ChoiceField(
        choices=[(Kind.MAIN, "to be voted on"), (Kind.PRACTICE, "practice"), (Kind.ATTENTION, "attention check")],
        label="This image is for",
        help_text="Practice comes first, with feedback. Attention checks come among the others; their votes do not "
        "count.",
    )
    expected_label = forms.ChoiceField(
        required=False,
        label="The label that is right",
        help_text="Needed for attention checks. After a practice image people are told it. Of an image to be voted on "
        "it stays hidden like the truth: results tell how many named it rightly.",
    )
    feedback = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Shown after a practice image was answered. Markdown; pictures as in the introduction.",
    )

    def __init__(self, data: Any = None, *, item: Item) -> None:
        stored = {name: getattr(item, name) for name in self.base_fields}
        super().__init__(data, initial=stored)
        labels = item.study.labels if item.study.ask_label else []
        # A label that the study no longer has is shown, so that it can be taken away.
        gone = [item.expected_label] if item.expected_label and item.expected_label not in labels else []
        field: Any = self.fields["expected_label"]
        field.choices = [("", "none"), *((label, label) for label in (*labels, *gone))]


class PictureForm(forms.Form):
    file = forms.FileField(
        label="Picture", help_text="PNG, JPEG, TIFF, BMP or WebP, at most 2,000 × 2,000 pixels, without transparency."
    )
    name = forms.CharField(
        required=False,
        max_length=50,
        help_text="Small letters, digits, “-” and “_”; by default as the file is called. "
        "A picture of the same name is replaced.",
    )
