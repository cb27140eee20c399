"""The form that gives a user a role on a study."""

from __future__ import annotations

from django import forms

from studies.models import Role


class MemberForm(forms.Form):
    username = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(choices=Role.choices, initial=Role.VIEWER)
