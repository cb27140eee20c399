"""What participants do beside voting: viewing checks, and the questionnaire at the end."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from studies.models.participant import Participant


class ViewingCheck(models.Model):
    """One look at a participant's screen: what was measured, and which of the study's rules it failed."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="viewing_checks")
    measured = models.JSONField(help_text="ratio, zoom, screen and window in CSS pixels, answers to the patterns")
    failed = models.JSONField(default=list, blank=True, help_text="names of the rules that failed")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"viewing check of {self.participant}"


class QuestionnaireAnswers(models.Model):
    """The answers at the end, by the keys of the study's questions."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="questionnaire")
    values = models.JSONField(default=dict)
    given_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"questionnaire of {self.participant}"
