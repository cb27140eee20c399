"""The report of a study: one HTML file and the same as PDF, made by a worker."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from studies.models.study import Study


class Step(models.TextChoices):
    """What a worker does, one after the other."""

    EVIDENCE = "evidence", "working out the evidence"
    HTML = "html", "writing the HTML file"
    PDF = "pdf", "writing the PDF file"


class Report(models.Model):
    """Files of one state of the results. A later state takes the place of an earlier one."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="report")
    digest = models.CharField(max_length=64, blank=True, help_text="of the results that the files tell")
    html_sha256 = models.CharField(max_length=64, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    step = models.CharField(max_length=20, choices=Step.choices, blank=True, help_text="at which a worker is")
    error = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True, blank=True, help_text="empty while it is asked for and not made")

    def __str__(self) -> str:
        return f"report of {self.study}"
