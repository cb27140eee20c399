"""A participant in one study, and the trials they face."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from studies.models.item import Item
from studies.models.study import Study, new_seed, new_slug


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def counted(self) -> ParticipantQuerySet:
        """Participants whose ballots count: those who have not withdrawn."""
        return self.filter(withdrawn_at=None)


class Source(models.TextChoices):
    """Which door a participant came in by."""

    LINK = "link", "open link"
    PERSONAL = "personal", "personal link"
    PROLIFIC = "prolific", "Prolific"
    MTURK = "mturk", "MTurk"


class Participant(models.Model):
    """A person, or a simulated one (always marked so), in one study. No name, no address."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="participants")
    code = models.CharField(max_length=32, unique=True, default=new_slug, help_text="pseudonym used in exports")
    token_sha256 = models.CharField(max_length=64, unique=True, help_text="of the secret in the participant's cookie")
    simulated = models.BooleanField(default=False)
    rates_only = models.BooleanField(default=False, help_text="came in for the rating phase, and does not vote")
    seed = models.BigIntegerField(default=new_seed, help_text="of the order of items and candidates")
    turn = models.PositiveIntegerField(
        null=True, blank=True, help_text="0, 1, ... by enrolment: balances pages over participants; see ordering"
    )
    language = models.CharField(max_length=10, default="en", help_text="in which the study was taken")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.LINK)
    consent_sha256 = models.CharField(max_length=64, help_text="of the consent text agreed to")
    consented_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True, blank=True, help_text="when the viewing check was passed")
    introduced_at = models.DateTimeField(null=True, blank=True, help_text="when the introduction had been read")
    last_seen_at = models.DateTimeField(default=timezone.now, help_text="last answer; an idle place is released")
    failed_at = models.DateTimeField(null=True, blank=True, help_text="when a blocking check was failed for good")
    finished_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "turn"], name="participant_turn_once"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="participant_source_known"),
        ]

    def __str__(self) -> str:
        return f"{'simulated ' if self.simulated else ''}participant {self.code[:8]}"


class Trial(models.Model):
    """One participant facing one item. `number` counts 1, 2, ... in the participant's own order.

    repeat: 0, and 1 where the same participant faces the item once more; only the first answer is a vote
    """

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="trials")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="trials")
    number = models.PositiveIntegerField()
    repeat = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    labelled_at = models.DateTimeField(null=True, blank=True)
    label = models.CharField(max_length=100, blank=True, help_text="perceived label; fixed once given")
    feedback_seen_at = models.DateTimeField(null=True, blank=True, help_text="of a practice item")
    draft = models.JSONField(default=list, blank=True, help_text="picks so far: positions in this trial's order")
    draft_confidence = models.PositiveSmallIntegerField(null=True, blank=True, help_text="so far, as in Ballot")
    draft_region = models.JSONField(default=dict, blank=True, help_text="so far, as in Ballot")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "item", "repeat"], name="one_trial_per_item_and_repeat"),
            models.UniqueConstraint(fields=["participant", "number"], name="trial_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="trial_numbers_from_one"),
        ]

    def __str__(self) -> str:
        return f"trial {self.number} of {self.participant}"
