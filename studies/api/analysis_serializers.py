"""What the API says of the analysis of a study: its versions, how it goes while it runs, its evidence, its report."""

from __future__ import annotations

import math
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from studies.services.analysis.exclusions import Exclusion
from studies.services.analysis.stopping import ItemState
from studies.services.analysis.versions import MAX_REASON

STATES = "not made, being made, made or failed"


class NumberField(serializers.FloatField):
    """A number that may be undefined: then null, as in results.json."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def to_representation(self, value: float) -> float | None:  # type: ignore[override]
        return float(value) if math.isfinite(value) else None


class AnalysisVersionSerializer(serializers.Serializer[Any]):
    """How the ballots are read. Number 1 is what the protocol says; the last one is reported."""

    number = serializers.IntegerField()
    made_at = serializers.CharField(help_text="ISO 8601; of number 1: when the protocol was frozen, else empty")
    reason = serializers.CharField()
    changes = serializers.DictField(help_text="what differs from the protocol")
    analysis = serializers.DictField(help_text="ensemble_size, tie_rule and all rules of the plan that may change")
    sha256 = serializers.CharField()


class AnalysisVersionCreateSerializer(serializers.Serializer[Any]):
    """A further version: what differs from the present one, by the names of `analysis`, and why."""

    reason = serializers.CharField(max_length=MAX_REASON, help_text="it stands in every report")
    changes = serializers.DictField(help_text="such as ensemble_size: 3; what is left out stays as it is now")

    def validate_changes(self, changes: dict[str, Any]) -> dict[str, Any]:
        if "reason" in changes:  # the other names are judged by the service
            raise serializers.ValidationError("Give the reason beside the changes.")
        return changes


class LabelCountSerializer(serializers.Serializer[Any]):
    """The share of ballots with one label, with its Wilson interval."""

    label = serializers.CharField()  # type: ignore[assignment]
    count = serializers.IntegerField()
    share = NumberField()
    low = NumberField()
    high = NumberField()


class LiveItemSerializer(serializers.Serializer[ItemState]):
    """One image so far."""

    item_id = serializers.IntegerField(source="item.pk")
    name = serializers.CharField(source="item.name")
    ballots = serializers.IntegerField()
    labels = serializers.SerializerMethodField()
    leader = serializers.CharField(help_text="the leading label; empty for none or a tie")
    half_width = NumberField(help_text="of the interval of the leading label's share")
    e_value = NumberField(
        source="evidence.value",
        help_text="evidence that more than half see the leading label; 1 where at most half do, or cannot tell leads",
    )
    met = serializers.BooleanField(help_text="whether the rule to stop is met for this image")

    @extend_schema_field(LabelCountSerializer(many=True))
    def get_labels(self, item: ItemState) -> Any:
        rows = [
            {"label": label, "count": item.counts.get(label, 0), "share": of.value, "low": of.low, "high": of.high}
            for label, of in item.shares.items()
        ]
        return LabelCountSerializer(rows, many=True).data


class StopSerializer(serializers.Serializer[Any]):
    """The rule to stop, which was fixed in advance, and how far it is."""

    rule = serializers.CharField(source="plan.stopping", help_text="count, precision or consensus; empty for none")
    met = serializers.BooleanField()
    why = serializers.CharField(help_text="in words")
    closes = serializers.BooleanField(help_text="whether the study closes by itself once the rule is met")
    finished = serializers.IntegerField(help_text="participants who are through and not left out")
    most_participants = serializers.IntegerField(source="plan.most_participants", help_text="0 for no rule")
    simulated = serializers.IntegerField(help_text="participants counted here as if they were people: a rehearsal")
    left_out = serializers.IntegerField(source="excluded", help_text="participants that the plan leaves out")


class HourSerializer(serializers.Serializer[Any]):
    """How many came in and finished within the hour from `start`."""

    start = serializers.DateTimeField()
    came = serializers.IntegerField()
    finished = serializers.IntegerField()


class LeftOutSerializer(serializers.Serializer[Exclusion]):
    """A participant who is left out by what they have answered so far; they may come back."""

    participant = serializers.CharField(source="participant.code")
    simulated = serializers.BooleanField(source="participant.simulated")
    rules = serializers.SerializerMethodField()

    def get_rules(self, one: Exclusion) -> list[str]:
        return [failure.rule for failure in one.failures]


class LiveSerializer(serializers.Serializer[Any]):
    """What the live page shows. Votes are counted without those whom the plan leaves out."""

    participants = serializers.DictField(source="counts", child=serializers.IntegerField(), help_text="people by state")
    places_taken = serializers.IntegerField(source="taken")
    quota = serializers.IntegerField(allow_null=True)
    hours = HourSerializer(many=True, help_text="the last 48 before now, or before the study was closed")
    stop = StopSerializer()
    items = LiveItemSerializer(source="stop.items", many=True)
    left_out = LeftOutSerializer(many=True, help_text="the first of them")
    left_out_by_rule = serializers.DictField(child=serializers.IntegerField())


class EvidenceSerializer(serializers.Serializer[Any]):
    """How far a worker is with ensembles, variants and evidence of the present votes; the figures are in results."""

    state = serializers.CharField(help_text=STATES)
    error = serializers.CharField(help_text="what went wrong with the evidence, one sentence")
    being_made = serializers.IntegerField(help_text="parts that wait for a worker")
    to_make = serializers.IntegerField(help_text="parts that the votes allow and nobody has asked for, or that failed")
    parts = serializers.IntegerField(help_text="one for each item, and one for the evidence")


class ReportSerializer(serializers.Serializer[Any]):
    """How far the report is. Files that were made before stay until a later one is made."""

    state = serializers.CharField(help_text=STATES)
    current = serializers.BooleanField(help_text="whether the files tell the results as they are now")
    step = serializers.CharField(source="row.step", default="", help_text="at which a worker is")
    error = serializers.CharField(source="row.error", default="", help_text="one sentence")
    asked_at = serializers.DateTimeField(source="row.asked_at", default=None, allow_null=True)
    made_at = serializers.DateTimeField(source="row.made_at", default=None, allow_null=True)
    html_sha256 = serializers.CharField(source="row.html_sha256", default="", help_text="of report.html; empty: none")
    pdf_sha256 = serializers.CharField(source="row.pdf_sha256", default="", help_text="of report.pdf; empty: none")
