"""What the API takes and gives. The rules are the services'; here are only shapes and types."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inference.models import Sample, Weights
from inference.services import catalogue
from studies.models import Addition, Ballot, Item, Kind, Participant, Pick, Region, Study, StudyText, TieRule


class AdditionSerializer(serializers.ModelSerializer[Addition]):
    """Further weights whose candidates are mixed into every pool of a study, `count` per item."""

    weights = serializers.CharField(help_text="sampler/name")
    weights_sha256 = serializers.CharField(source="weights.sha256")
    settings = serializers.DictField(help_text="of the sampler")

    class Meta:
        model = Addition
        fields = ["id", "weights", "weights_sha256", "settings", "count"]
        read_only_fields = fields


class StudyTextSerializer(serializers.ModelSerializer[StudyText]):
    """A study's texts in a further language; what is empty is shown in the study's own. Labels: in the same order."""

    labels = serializers.ListField(child=serializers.CharField())
    questionnaire = serializers.ListField(child=serializers.DictField())
    feedback = serializers.DictField(child=serializers.CharField(), help_text="position of a practice item: text")

    class Meta:
        model = StudyText
        fields = [
            "language", "question", "labels", "instructions", "introduction", "consent_text", "questionnaire",
            "feedback",
        ]  # fmt: skip
        read_only_fields = fields


class StudySerializer(serializers.ModelSerializer[Study]):
    """A study with its protocol. `frozen_at` is the time of the first ballot, from which it can not change."""

    additions = AdditionSerializer(many=True)
    texts = StudyTextSerializer(many=True)
    weights = serializers.CharField(help_text="sampler/name")
    weights_sha256 = serializers.CharField(source="weights.sha256")
    settings = serializers.DictField(help_text="of the sampler")
    labels = serializers.ListField(child=serializers.CharField())
    viewing = serializers.DictField(help_text="rules for screens; {} asks nothing")
    questionnaire = serializers.ListField(child=serializers.DictField(), help_text="asked at the end")
    plan = serializers.DictField(help_text="of the analysis; {} leaves nobody out and stops nothing")

    class Meta:
        model = Study
        fields = [
            "id", "name", "slug", "state", "question", "ask_label", "labels", "instructions", "consent_text",
            "pool_size", "max_picks", "exact_picks", "ensemble_size", "tie_rule", "control_draws", "weights",
            "weights_sha256", "settings", "seed", "target_participants", "created_at", "opened_at", "frozen_at",
            "closed_at", "page_size", "see_all_pages", "ask_confidence", "region", "repeats", "introduction", "viewing",
            "questionnaire", "language", "texts", "additions", "plan",
        ]  # fmt: skip
        read_only_fields = fields


class StudyCreateSerializer(serializers.Serializer[Study]):
    """The fields of a new study; what is left out takes the model's default."""

    name = serializers.CharField(max_length=200)
    question = serializers.CharField(max_length=300)
    ask_label = serializers.BooleanField(required=False)
    labels = serializers.ListField(child=serializers.CharField(max_length=100), required=False)
    instructions = serializers.CharField(required=False, allow_blank=True)
    consent_text = serializers.CharField()
    language = serializers.CharField(required=False, max_length=10, help_text="of the texts, such as de")
    pool_size = serializers.IntegerField(required=False)
    max_picks = serializers.IntegerField(required=False)
    exact_picks = serializers.BooleanField(required=False)
    ensemble_size = serializers.IntegerField(required=False)
    tie_rule = serializers.ChoiceField(choices=TieRule.choices, required=False)
    control_draws = serializers.IntegerField(required=False)
    weights = serializers.CharField(help_text="sampler/name, such as ldm/digits")
    settings = serializers.DictField(required=False, help_text="of the sampler")
    target_participants = serializers.IntegerField(required=False)
    page_size = serializers.IntegerField(required=False, help_text="most candidates shown at once")
    see_all_pages = serializers.BooleanField(required=False)
    ask_confidence = serializers.BooleanField(required=False)
    region = serializers.ChoiceField(choices=Region.choices, required=False, allow_blank=True)
    repeats = serializers.IntegerField(required=False, help_text="main items that come once more at the end")
    introduction = serializers.CharField(required=False, allow_blank=True, max_length=20_000, help_text="Markdown")
    viewing = serializers.DictField(required=False, help_text="rules for screens, as window_width: 1024")
    questionnaire = serializers.ListField(
        child=serializers.DictField(), required=False, help_text="of key, kind, text, options, required, low, high"
    )
    plan = serializers.DictField(required=False, help_text="of the analysis, as attention: 0.8")

    def validate_weights(self, text: str) -> Weights:
        return _known_weights(text)


class AdditionCreateSerializer(serializers.Serializer[Addition]):
    """Which further weights shall draw, and how many candidates per item."""

    weights = serializers.CharField(help_text="sampler/name, of the scale of the study's own")
    count = serializers.IntegerField()
    settings = serializers.DictField(required=False, help_text="of the sampler")

    def validate_weights(self, text: str) -> Weights:
        return _known_weights(text)


def _known_weights(text: str) -> Weights:
    known = {str(weights): weights for weights in catalogue()}
    if text not in known:
        raise serializers.ValidationError(f"There are no weights {text!r}: choose one of {', '.join(known)}.")
    return known[text]


class ItemSerializer(serializers.ModelSerializer[Item]):
    """An item: one low-resolution image of a study."""

    low_res_sha256 = serializers.CharField(source="low_res.sha256")
    width = serializers.IntegerField(source="low_res.width")
    height = serializers.IntegerField(source="low_res.height")
    channels = serializers.IntegerField(source="low_res.channels")
    has_truth = serializers.SerializerMethodField()

    class Meta:
        model = Item
        fields = [
            "id", "position", "name", "kind", "expected_label", "feedback", "low_res_sha256", "width", "height",
            "channels", "has_truth",
        ]  # fmt: skip
        read_only_fields = fields

    def get_has_truth(self, item: Item) -> bool:
        return hasattr(item, "truth")


class ItemCreateSerializer(serializers.Serializer[Item]):
    """An upload of one item."""

    file = serializers.FileField(help_text="the low-resolution image")
    name = serializers.CharField(max_length=200, default="", allow_blank=True)
    truth = serializers.FileField(default=None, help_text="the hidden high-resolution image, if there is one")
    kind = serializers.ChoiceField(choices=Kind.choices, default=Kind.MAIN)
    expected_label = serializers.CharField(max_length=100, default="", allow_blank=True, help_text="the one right")
    feedback = serializers.CharField(default="", allow_blank=True, help_text="after a practice item; Markdown")


class SampleSerializer(serializers.ModelSerializer[Sample]):
    """One candidate. `lr_consistency` is in dB, capped at 100; `derivation` is empty unless it was made from others."""

    weights = serializers.CharField(source="job.weights", help_text="sampler/name")
    index = serializers.IntegerField(help_text="in its job; results number the samples of all jobs of an item")
    derivation = serializers.DictField(source="job.derivation")

    class Meta:
        model = Sample
        fields = [
            "id", "weights", "index", "seed", "sha256", "lr_consistency", "attempt", "fault", "suspect", "derivation",
        ]  # fmt: skip
        read_only_fields = fields


class PickSerializer(serializers.ModelSerializer[Pick]):
    """One pick: rank from 1, position in the participant's own order from 0."""

    sample_id = serializers.IntegerField()
    sample_sha256 = serializers.CharField(source="sample.sha256")

    class Meta:
        model = Pick
        fields = ["rank", "position", "sample_id", "sample_sha256"]
        read_only_fields = fields


class BallotSerializer(serializers.ModelSerializer[Ballot]):
    """One ballot of a participant, who is known by a pseudonym."""

    participant = serializers.CharField(source="trial.participant.code")
    simulated = serializers.BooleanField(source="trial.participant.simulated")
    trial = serializers.IntegerField(source="trial.number", help_text="in this participant's own order, from 1")
    item_id = serializers.IntegerField(source="trial.item_id")
    picks = PickSerializer(many=True)

    class Meta:
        model = Ballot
        fields = ["participant", "simulated", "trial", "item_id", "label", "cast_at", "picks"]
        read_only_fields = fields


class ParticipantSerializer(serializers.ModelSerializer[Participant]):
    """A participant, by pseudonym. Who they are to a recruiter is not told here."""

    state = serializers.CharField(help_text="in progress, finished, abandoned, failed check or withdrawn")
    answers = serializers.IntegerField(source="given")
    trials = serializers.IntegerField(source="asked")

    class Meta:
        model = Participant
        fields = [
            "code", "simulated", "source", "language", "state", "answers", "trials", "consent_sha256", "consented_at",
            "last_seen_at", "finished_at", "withdrawn_at",
        ]  # fmt: skip
        read_only_fields = fields


class ItemProgressSerializer(serializers.Serializer[Any]):
    """How far the pool of one item is. `state`: "not asked for" or that of its generation job."""

    item_id = serializers.IntegerField(source="item.pk")
    name = serializers.CharField(source="item.name")
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    state = serializers.CharField()
    error = serializers.CharField(help_text="of a failed job, one sentence")


class ProgressSerializer(serializers.Serializer[Any]):
    """How far drawing is, for the study and for each item."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()
    running = serializers.BooleanField()
    samples_per_second = serializers.FloatField(allow_null=True)
    seconds_left = serializers.FloatField(allow_null=True)
    items = ItemProgressSerializer(many=True)
