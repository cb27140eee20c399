"""The one form of a study's protocol, for the new and the edit page."""

from __future__ import annotations

from typing import Any

from django import forms

from inference import samplers
from inference.models import Weights
from studies.forms.fields import LinesField, QuestionsField, languages
from studies.forms.plan import PlanForm
from studies.forms.sampler_settings import SamplerForm
from studies.forms.viewing import ViewingForm
from studies.models import CANNOT_TELL, Region, Study, TieRule
from studies.models.study import MAX_POOL

CONSENT = (
    "You will look at small, unclear images and choose, among larger versions that a computer made, the ones that you "
    "find most likely. It takes a few minutes. We store your choices and the times at which you made them, and "
    "nothing that tells who you are. Taking part is voluntary: you may stop at any time, and withdraw your answers "
    "from the last page. The answers are used for research and may be published without names."
)


def _number(**attrs: int) -> forms.NumberInput:
    return forms.NumberInput(attrs={"inputmode": "numeric", **attrs})


class StudyForm(SamplerForm):
    """Values as the services take them in `protocol`; the settings of the sampler are a form of their own."""

    name = forms.CharField(max_length=200, help_text="Participants see it above the consent text.")
    question = forms.CharField(max_length=300, initial="Which digit is this?", help_text="Asked beside each image.")
    language = forms.ChoiceField(
        choices=languages,
        initial="en",
        help_text="Of the texts here. Buttons and notices come in each participant's language; so may these texts, "
        "see the study's page.",
    )
    ask_label = forms.BooleanField(
        required=False,
        initial=True,
        label="Ask what people see before they choose",
        help_text="The answer is fixed before the candidates appear, so that candidates cannot change it.",
    )
    labels = LinesField(
        required=False,
        initial=[str(digit) for digit in range(10)],
        help_text=f"One per line. “{CANNOT_TELL}” is always offered beside them.",
    )
    instructions = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        initial="Pick the images that you find most likely to be the true one.",
        help_text="Shown above the candidates. Markdown.",
    )
    ask_confidence = forms.BooleanField(
        required=False, label="Ask how sure people are", help_text="Of each image's picks, from 1 to 5."
    )
    region = forms.ChoiceField(
        choices=Region.choices,
        required=False,
        label="Ask which part decided",
        help_text="People mark it in the image before they send their picks.",
    )

    introduction = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="A page of its own before the first image; none when empty. Markdown; a picture that you have "
        "uploaded is shown by ![what it shows](its-name).",
    )

    pool_size = forms.IntegerField(
        min_value=1,
        max_value=MAX_POOL,
        initial=100,
        label="Pool size m",
        help_text=f"Candidates per image, 1 to {MAX_POOL:,}.",
        widget=_number(),
    )

    page_size = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_POOL,
        initial=40,
        label="Candidates on a page",
        help_text="Larger pools come in pages of nearly equal size, in an order that is balanced over people.",
        widget=_number(),
    )
    see_all_pages = forms.BooleanField(
        required=False,
        initial=True,
        label="Every page must be looked at",
        help_text="Picks can be sent only then, so that all candidates have the same chance.",
    )

    max_picks = forms.IntegerField(
        min_value=1, initial=5, label="Picks k", help_text="Most picks per person and image.", widget=_number()
    )
    exact_picks = forms.BooleanField(
        required=False, label="Exactly k picks", help_text="Otherwise people may pick 1 to k."
    )
    ensemble_size = forms.IntegerField(
        min_value=1, initial=5, label="Ensemble size n", help_text="The most chosen candidates that are averaged.",
        widget=_number(),
    )  # fmt: skip
    tie_rule = forms.ChoiceField(
        choices=TieRule.choices,
        initial=TieRule.INDEX,
        help_text="What happens to candidates with equal votes at the cut; fixed before the first vote.",
    )
    control_draws = forms.IntegerField(
        min_value=100,
        max_value=10_000,
        initial=200,
        label="Control draws",
        help_text="Random selections of n candidates that the ensemble is compared with, 100 to 10,000.",
        widget=_number(),
    )
    target_participants = forms.IntegerField(
        min_value=1,
        initial=30,
        help_text="A goal to watch; the analysis plan says when the study stops.",
        widget=_number(),
    )

    repeats = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=1000,
        initial=0,
        label="Repeated images",
        help_text="So many main images come once more at the end, unannounced; only first answers are votes.",
        widget=_number(),
    )

    questionnaire = QuestionsField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Asked after the last image; none when empty.",
    )

    consent_text = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 8}),
        initial=CONSENT,
        help_text="What people agree to before they start. Add who you are and how to reach you.",
    )

    #: Legend, sentence under it, names of fields, and of those that are folded away; the sampler's settings follow
    #: the candidates, the rules for screens the introduction; the analysis plan is a form of its own.
    GROUPS = (
        ("asked", "What people are asked", "", ("name", "language", "question", "ask_label", "labels", "instructions"),
         ("ask_confidence", "region")),
        ("before", "Before the images", "", ("introduction",), ()),
        ("candidates", "Candidates", "Drawn once per image, before the study opens.", ("weights", "pool_size"),
         ("page_size", "see_all_pages")),
        ("votes", "Votes and ensemble", "Frozen, with all the rest of the protocol, at the first vote.",
         ("max_picks", "exact_picks", "ensemble_size", "tie_rule", "target_participants"),
         ("control_draws", "repeats")),
        ("analysis", "Analysis plan", "Fixed before there are votes, so that it cannot follow from them.", (), ()),
        ("after", "After the images", "", ("questionnaire",), ()),
        ("consent", "Consent", "", ("consent_text",), ()),
    )  # fmt: skip
    #: What stands for a field that was not sent, as by programs that do not know it.
    UNSENT = ("page_size", "repeats")

    def __init__(self, data: Any = None, *, catalogue: list[Weights], study: Study | None = None) -> None:
        self.study = study
        initial = {name: getattr(study, name) for name in self.base_fields} if study else {}
        super().__init__(data, offered=[*catalogue, study.weights] if study else catalogue, initial=initial)
        self.viewing_form = ViewingForm(data, initial=study.viewing if study else None)
        self.plan_form = PlanForm(data, initial=study.plan if study else None)

    def is_valid(self) -> bool:
        own = super().is_valid()
        return own and all(not form.is_bound or form.is_valid() for form in (self.viewing_form, self.plan_form))

    def clean(self) -> dict[str, Any]:
        for name in self.UNSENT:
            if name in self.cleaned_data and self.cleaned_data[name] is None:
                self.cleaned_data[name] = self.fields[name].initial
        return self.cleaned_data

    def stored_settings(self, sampler: str) -> dict[str, Any] | None:
        return self.study.settings if self.study and self.study.weights.sampler == sampler else None

    def protocol(self) -> dict[str, Any]:
        """The cleaned fields that may change, as the lifecycle service takes them, with the sampler's settings."""
        values = {name: value for name, value in self.cleaned_data.items() if not self.fields[name].disabled}
        if "weights" not in values:
            return values
        return {
            **values,
            "settings": self._settings(values["weights"]),
            "viewing": self.viewing_form.mapping(),
            "plan": self.plan_form.mapping(),
        }

    def stored(self) -> dict[str, Any]:
        """The study as it is; empty for a new one."""
        names = (*self.base_fields, "settings", "viewing", "plan")
        return {name: getattr(self.study, name) for name in names} if self.study else {}

    def _settings(self, weights: Weights) -> dict[str, Any]:
        """Complete settings; those stored, where they mean the same, so that drawn pools stay valid."""
        form = self.settings_form
        if form is None:
            return self.study.settings if self.study else {}
        known, sent = samplers.settings_class(weights.sampler), form.cleaned_data if form.is_bound else {}
        stored = self.stored_settings(weights.sampler)
        if stored is not None and known.from_mapping(stored) == known.from_mapping(sent):
            return stored
        return known.from_mapping(sent).as_mapping()

    def add_problems(self, problems: dict[str, str]) -> None:
        """Show what the service found beside the field it concerns; the rest above the form."""
        if sentence := problems.pop("plan", ""):
            self.plan_form.add_error(None, sentence)
        for name, sentence in problems.items():
            self.add_error(name if name in self.fields else None, sentence)

    def groups(self) -> list[dict[str, Any]]:
        """The fieldsets of the page."""
        return [
            {
                "key": key,
                "legend": legend,
                "text": text,
                "fields": [self[name] for name in names],
                "folded": [self[name] for name in folded],
                "unfold": any(self._unusual(name) for name in folded),
            }
            for key, legend, text, names, folded in self.GROUPS
        ]

    def _unusual(self, name: str) -> bool:
        """Whether a field must not be folded away: it has an error, or is not as it comes."""
        field = self.fields[name]
        return bool(self.errors.get(name)) or str(self[name].value() or "") != str(field.initial or "")

    def freeze(self) -> None:
        """Make the protocol read-only; what is sent for it is ignored, name and target stay open."""
        for name, field in self.fields.items():
            field.disabled = name in Study.PROTOCOL
        for form in (self.settings_form, self.viewing_form, self.plan_form):
            for field in form.fields.values() if form is not None else ():
                field.disabled = True
