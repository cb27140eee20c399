"""The forms of a study's doors and of personal links."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms

from studies.models import Recruiting
from studies.services.people.invitations import MOST_AT_ONCE
from studies.services.people.recruiting import LEAST_RELEASE, OUTCOMES

ANYBODY, SENT, PERSONAL = "anybody", "sent", "personal"
WHO = (
    (ANYBODY, "whoever has the study’s address"),
    (SENT, "people sent by Prolific or MTurk, and those with a personal link"),
    (PERSONAL, "only people with a personal link"),
)


class DoorsForm(forms.Form):
    """Who may come in, how many, and what people take back to whoever sent them."""

    who = forms.ChoiceField(choices=WHO, widget=forms.RadioSelect, label="Who may take part")
    quota = forms.IntegerField(
        required=False, label="Places", help_text="Empty: as many as come.", widget=forms.NumberInput({"min": 1})
    )
    release_minutes = forms.IntegerField(
        label="Minutes until an abandoned place is free again",
        help_text=f"Since the last sign of life; at least {LEAST_RELEASE}. Who comes back goes on if there is room.",
        widget=forms.NumberInput({"min": LEAST_RELEASE}),
    )

    def __init__(self, data: Any = None, *, doors: Recruiting) -> None:
        super().__init__(data, initial=_initial(doors))
        for outcome in OUTCOMES:
            self.fields[f"codes.{outcome}"] = forms.CharField(required=False, max_length=100, label="Code")
            address = forms.CharField(required=False, max_length=500, label="Address to return to")
            address.widget.attrs |= {"placeholder": "https://", "inputmode": "url"}
            self.fields[f"addresses.{outcome}"] = address
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def outcomes(self) -> list[dict[str, Any]]:
        """For the page: how people may leave, each with its two fields."""
        return [
            {"label": label, "code": self[f"codes.{outcome}"], "address": self[f"addresses.{outcome}"]}
            for outcome, label in OUTCOMES.items()
        ]

    def values(self) -> dict[str, Any]:
        """What `recruiting.update` takes."""
        cleaned = self.cleaned_data
        return {
            "open_link": cleaned["who"] == ANYBODY,
            "platforms": cleaned["who"] != PERSONAL,
            "quota": cleaned["quota"],
            "release_minutes": cleaned["release_minutes"],
            **{
                kind: {outcome: cleaned[f"{kind}.{outcome}"].strip() for outcome in OUTCOMES}
                for kind in ("codes", "addresses")
            },
        }

    def add_problems(self, problems: dict[str, str]) -> None:
        """Show what the service found beside the field it concerns."""
        for name, sentence in problems.items():
            self.add_error(name, sentence)


def _initial(doors: Recruiting) -> dict[str, Any]:
    who = ANYBODY if doors.open_link else SENT if doors.platforms else PERSONAL
    kinds = {"codes": doors.codes, "addresses": doors.addresses}
    return {
        "who": who,
        "quota": doors.quota,
        "release_minutes": doors.release_minutes,
        **{f"{kind}.{outcome}": kinds[kind].get(outcome, "") for kind in kinds for outcome in OUTCOMES},
    }


class LinksForm(forms.Form):
    """A batch of personal links."""

    count = forms.IntegerField(
        label="How many",
        min_value=1,
        max_value=MOST_AT_ONCE,
        initial=30,
        widget=forms.NumberInput({"inputmode": "numeric"}),
    )
    note = forms.CharField(
        required=False,
        max_length=200,
        help_text="For you, such as “class 7b”.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    expires = forms.DateField(
        required=False,
        label="Last day",
        help_text="To begin; who has begun may go on. Empty: no end.",
        widget=forms.DateInput({"type": "date"}),
    )

    def expires_at(self) -> datetime | None:
        """The end of the last day, UTC."""
        day = self.cleaned_data["expires"]
        return datetime.combine(day, time.max, tzinfo=UTC) if day else None
