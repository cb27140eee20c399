"""The rules of the viewing check as plain fields, made from the rules themselves."""

from __future__ import annotations

from studies.forms.checked import CheckedForm
from studies.services.screens.viewing import SIZES, Rules


class ViewingForm(CheckedForm):
    prefix = "viewing"
    of = Rules
    ROWS = (
        SIZES[:2], SIZES[2:], ("least_ratio", "most_ratio"), ("whole_ratio", "no_zoom", "brightness"),
        ("plates", "plate_errors"), ("on_failure", "attempts"),
    )  # fmt: skip
