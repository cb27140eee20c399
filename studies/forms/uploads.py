"""The form that takes LR images, and their hidden truths paired by file name."""

from __future__ import annotations

from pathlib import PurePath
from typing import NamedTuple

from django import forms
from django.core.files.uploadedfile import UploadedFile

from studies.forms.fields import ManyFilesField
from studies.services.design.archives import TRUTH_ENDING

#: Below DATA_UPLOAD_MAX_NUMBER_FILES, above which Django answers before any form is asked.
MAX_FILES = 100


class Upload(NamedTuple):
    """One file to take in: an archive, or an LR image with its truth where one was sent."""

    name: str
    file: UploadedFile
    truth: UploadedFile | None
    is_archive: bool


class ItemsForm(forms.Form):
    images = ManyFilesField(
        label="Low-resolution images",
        allow_empty_file=True,  # refused like any other file that is no image: by name, without the ones beside it
        help_text=(
            f"PNG, TIFF, JPEG, BMP or WebP; up to {MAX_FILES} files at once, or one zip. To add the hidden truth of "
            "7.png, send 7_truth.png beside it; in a zip, a folder truth/ with the same names does as well. "
            "Participants never see truths or file names."
        ),
        error_messages={"required": "Choose at least one image or one zip file."},
    )

    def clean_images(self) -> list[Upload]:
        """Pair LR images with truths by name; a truth without its LR image is refused."""
        files: list[UploadedFile] = self.cleaned_data["images"]
        if len(files) > MAX_FILES:
            raise forms.ValidationError(f"Send at most {MAX_FILES} files at once: put more into one zip.")
        truths = {_stem(file).removesuffix(TRUTH_ENDING): file for file in files if _stem(file).endswith(TRUTH_ENDING)}
        shown = [file for file in files if not _stem(file).endswith(TRUTH_ENDING)]
        left = set(truths) - {_stem(file) for file in shown}
        if left:
            name = truths[min(left)].name
            raise forms.ValidationError(f"{name} has no low-resolution image: send {min(left)} with it, in one go.")
        return [Upload(_stem(file), file, truths.get(_stem(file)), _is_archive(file)) for file in shown]


def _stem(file: UploadedFile) -> str:
    return PurePath(file.name or "").stem


def _is_archive(file: UploadedFile) -> bool:
    return PurePath(file.name or "").suffix.lower() == ".zip"
