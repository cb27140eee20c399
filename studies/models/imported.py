"""A study that was made elsewhere and came here as an export."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from studies.models.study import Study


class Imported(models.Model):
    """Where an imported study is from. It is evidence: it stays closed."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="imported")
    digest = models.CharField(max_length=64, unique=True, help_text="sha256 of the export's manifest.json")
    code_version = models.CharField(max_length=50, blank=True, help_text="of the installation that exported it")
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "imported studies"

    def __str__(self) -> str:
        return f"import {self.digest[:8]} of {self.study}"
