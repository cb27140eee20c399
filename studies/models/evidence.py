"""What a worker has worked out of all answers of a study: how stable, how agreed upon, how the methods compare."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from studies.models.study import Study


class Evidence(models.Model):
    """Figures of one state of the answers. A later state takes the place of an earlier one: all follows from the rows.

    What ratings tell is valid for one state of the ratings, all else for one of the votes: a rating changes no vote.
    """

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="evidence")
    digest = models.CharField(max_length=64, blank=True, help_text="of the votes that the figures rest on")
    ratings = models.CharField(max_length=64, blank=True, help_text="digest of the ratings that the figures rest on")
    figures = models.JSONField(
        default=dict, help_text="of the study, and by position of each item; see services.evidence"
    )
    error = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True, blank=True, help_text="empty while it is asked for and not made")

    class Meta:
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return f"evidence of {self.study}"
