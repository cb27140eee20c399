"""The form that makes more candidates from two of one job."""

from __future__ import annotations

from typing import Any

from django import forms

from inference.models import Sample
from inference.samplers.mixtures import FUSION, INTERPOLATION
from studies.models.study import MAX_POOL

WORDS = {INTERPOLATION: "On the way from A to B", FUSION: "A part of B inside A"}


def _number(label: str, low: int, high: int, initial: int | None = None, **options: Any) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=low, max_value=high, initial=initial, widget=widget, **options)


class MixForm(forms.Form):
    """Two samples of one pool, and what to make of them. The region, in pixels of the candidates, is for a fusion."""

    kind = forms.ChoiceField(label="What to make", widget=forms.RadioSelect)
    first = forms.ModelChoiceField(Sample.objects.none(), label="A")
    second = forms.ModelChoiceField(Sample.objects.none(), label="B")
    count = _number("How many", 1, MAX_POOL, 5, help_text="They join the pool.")
    step = _number(
        "How far back", 1, 99, 50, required=False,
        help_text="Per cent of the chain: few keep the part as it is, many fit it to A.",
    )  # fmt: skip
    seed = _number("Seed", 0, 2**31, 1, required=False, help_text="Another seed makes other candidates.")

    REGION = ("left", "top", "width", "height")
    OF_FUSION = (*REGION, "step", "seed")

    def __init__(
        self, data: Any = None, *, samples: list[Sample], kinds: tuple[str, ...], size: tuple[int, int]
    ) -> None:
        """samples: at least two;  kinds: that their sampler knows;  size: width and height of the candidates."""
        super().__init__(data)
        fields: dict[str, Any] = self.fields
        fields["kind"].choices = [(kind, WORDS[kind]) for kind in kinds]
        fields["kind"].initial = kinds[0]
        for name, sample in zip(("first", "second"), samples, strict=False):
            fields[name].queryset = Sample.objects.filter(pk__in=[one.pk for one in samples])
            fields[name].initial = sample.pk
        for name, side in zip(self.REGION, size * 2, strict=True):
            place = name in ("left", "top")
            low, high, initial = (0, side - 1, side // 4) if place else (1, side, max(side // 2, 1))
            fields[name] = _number(name.capitalize(), low, high, initial, required=False)
        fusion = data is not None and data.get("kind") == FUSION
        for name in self.OF_FUSION:
            fields[name].required = fusion
        if data is not None and not fusion:
            self._ignore_fusion(data)

    def _ignore_fusion(self, data: Any) -> None:
        """Fields that the page hides hold nobody back: whatever was sent, they stand as at the beginning."""
        sent = data.copy()
        for name in self.OF_FUSION:
            sent[name] = self.fields[name].initial
        self.data = sent

    @property
    def region(self) -> list[forms.BoundField]:
        return [self[name] for name in self.REGION]

    def box(self) -> tuple[int, int, int, int]:
        """left, top, right, bottom, the latter two exclusive; of a valid fusion."""
        left, top, width, height = (self.cleaned_data[name] for name in self.REGION)
        return left, top, left + width, top + height
