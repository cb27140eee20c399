"""A ballot: the answer to a trial, the perceived label first, then up to k picks.

A ballot is written once and never changed. That is why its picks may carry its label, and it their number: by these
two a million ballots are counted without joining them with their picks.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inference.models import Sample
from studies.models.item import Kind
from studies.models.participant import Trial


def are_votes(prefix: str = "") -> Q:
    """Ballots that count: first answers to main items by participants who have not withdrawn.

    prefix: how a query reaches them, as "ballot__"
    """
    counted = {"item__kind": Kind.MAIN, "repeat": 0, "participant__withdrawn_at": None}
    return Q(**{f"{prefix}trial__{name}": value for name, value in counted.items()})


class BallotQuerySet(models.QuerySet["Ballot"]):
    def votes(self, without: Collection[int] = ()) -> BallotQuerySet:
        """Those that count, see `are_votes`. without: ids of participants who are left out, see services.exclusions"""
        counted = self.filter(are_votes())
        return counted.exclude(trial__participant__in=without) if without else counted


class Ballot(models.Model):
    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="ballot")
    submission_id = models.UUIDField(unique=True, help_text="made by the page, so that a repeat is harmless")
    body_sha256 = models.CharField(max_length=64, help_text="tells a repeat from another answer")
    label = models.CharField(max_length=100, blank=True)
    confidence = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="how sure of the picks: 1 guessed to 5 certain"
    )
    region = models.JSONField(default=dict, blank=True, help_text="the part that decided; see services.regions")
    picked = models.PositiveIntegerField(help_text="number of picks")
    cast_at = models.DateTimeField(default=timezone.now)

    objects = BallotQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["trial"], condition=Q(picked=0), name="ballots_without_picks")]
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence=None) | Q(confidence__gte=1, confidence__lte=5), name="confidence_one_to_five"
            ),
        ]

    def __str__(self) -> str:
        return f"ballot of {self.trial}"


class Pick(models.Model):
    ballot = models.ForeignKey(Ballot, on_delete=models.CASCADE, related_name="picks")
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveIntegerField(help_text="1 for the first pick made")
    label = models.CharField(max_length=100, blank=True, help_text="of the ballot")
    position = models.PositiveIntegerField(help_text="where the sample stood in the participant's order, from 0")

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["ballot", "sample"], name="no_sample_twice_in_a_ballot"),
            models.UniqueConstraint(fields=["ballot", "rank"], name="pick_rank_once"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="pick_ranks_from_one"),
        ]

    def __str__(self) -> str:
        return f"pick {self.rank} of {self.ballot_id}"
