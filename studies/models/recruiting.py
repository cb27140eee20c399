"""How participants come in: which doors are open, how many places there are, and who they are elsewhere."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from studies.models.participant import Participant, Source
from studies.models.study import Study


class Recruiting(models.Model):
    """The doors of one study. No part of the protocol: may change while the study is open.

    codes: completion codes, and addresses to return to, by outcome: complete, failed_check, no_consent, full
    """

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="recruiting")
    open_link = models.BooleanField(default=True, help_text="whoever has the study's address may take part")
    platforms = models.BooleanField(default=True, help_text="so may who is sent by Prolific or MTurk with an id there")
    quota = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="places; empty for no limit"
    )
    release_minutes = models.PositiveIntegerField(
        default=120, validators=[MinValueValidator(1)], help_text="after so long without an answer a place is free"
    )
    codes = models.JSONField(default=dict, blank=True, help_text="outcome: code")
    addresses = models.JSONField(default=dict, blank=True, help_text="outcome: https address to return to")

    def __str__(self) -> str:
        return f"recruiting of {self.study}"


class Invitation(models.Model):
    """A personal link, for one person. The link is signed and not stored."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="invitations")
    number = models.PositiveIntegerField(help_text="1, 2, ... within the study")
    note = models.CharField(max_length=200, blank=True, help_text="for the researcher; participants never see it")
    participant = models.OneToOneField(
        Participant, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitation"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["study", "number"], name="invitation_number_once")]

    def __str__(self) -> str:
        return f"invitation {self.number} to {self.study}"


class RecruiterIdentity(models.Model):
    """Who a participant is to a recruiter. Apart from the answers, and erased on its own."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="+")
    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="identity")
    source = models.CharField(max_length=10, choices=Source.choices)
    external_id = models.CharField(max_length=100, help_text="PROLIFIC_PID or workerId")
    references = models.JSONField(default=dict, blank=True, help_text="STUDY_ID, SESSION_ID; hitId, assignmentId")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "recruiter identities"
        constraints = [
            models.UniqueConstraint(fields=["study", "source", "external_id"], name="recruited_person_once"),
            models.CheckConstraint(
                condition=Q(source__in=[Source.PROLIFIC, Source.MTURK]), name="identity_source_known"
            ),
        ]

    def __str__(self) -> str:
        return f"identity of {self.participant}"
