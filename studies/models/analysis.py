"""What was decided after the plan: analysis versions, and when the study took ballots."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from studies.models.study import Study, StudyState


class AnalysisVersion(models.Model):
    """Only ever added. Version 1 is what the protocol says, and has no row."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="analysis_versions")
    number = models.PositiveIntegerField(help_text="2, 3, ... within the study")
    changes = models.JSONField(help_text="what differs from the protocol: ensemble_size, tie_rule, fields of the plan")
    reason = models.TextField(help_text="why; it stands in the report")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    sha256 = models.CharField(max_length=64, help_text="of the whole analysis: services.versions")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="analysis_version_once"),
            models.CheckConstraint(condition=Q(number__gte=2), name="analysis_versions_from_two"),
        ]

    def __str__(self) -> str:
        return f"analysis version {self.number} of {self.study}"


class StateChange(models.Model):
    """Only ever added, each time a study was opened or closed: how far it was then by the rule of its plan."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="state_changes")
    state = models.CharField(max_length=10, choices=StudyState.choices, help_text="what it became")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    by_rule = models.BooleanField(default=False, help_text="closed by itself, as its plan says")
    finished = models.PositiveIntegerField(help_text="participants who were through and not left out")
    met = models.BooleanField(help_text="whether the rule said stop")
    why = models.TextField(help_text="in words")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=(StudyState.OPEN, StudyState.CLOSED)), name="study_became_open_or_closed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.study} became {self.state}"
