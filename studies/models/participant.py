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


class Participant(models.Model):
    """A person, or a simulated one (always marked so), in one study. No name, no address."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="participants")
    code = models.CharField(max_length=32, unique=True, default=new_slug, help_text="pseudonym used in exports")
    token_sha256 = models.CharField(max_length=64, unique=True, help_text="of the secret in the participant's cookie")
    simulated = models.BooleanField(default=False)
    seed = models.BigIntegerField(default=new_seed, help_text="of the order of items and candidates")
    consent_sha256 = models.CharField(max_length=64, help_text="of the consent text agreed to")
    consented_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{'simulated ' if self.simulated else ''}participant {self.code[:8]}"


class Trial(models.Model):
    """One participant facing one item. `number` counts 1, 2, ... in the participant's own order."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="trials")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="trials")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField(null=True, blank=True)
    labelled_at = models.DateTimeField(null=True, blank=True)
    label = models.CharField(max_length=100, blank=True, help_text="perceived label; fixed once given")
    draft = models.JSONField(default=list, blank=True, help_text="picks so far: positions in this trial's order")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "item"], name="one_trial_per_participant_and_item"),
            models.UniqueConstraint(fields=["participant", "number"], name="trial_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="trial_numbers_from_one"),
        ]

    def __str__(self) -> str:
        return f"trial {self.number} of {self.participant}"
