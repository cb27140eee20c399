"""An evaluation: the ensemble of one item's selection beside its random control, computed by a worker."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from inference.models import Ensemble
from studies.models.item import Item


class Evaluation(models.Model):
    """Figures of one selection of one item. Made anew, as a new row, when votes change the selection."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="evaluations")
    digest = models.CharField(max_length=64, help_text="of pool, selection, n, draws, seed, truth and versions")
    ensemble = models.ForeignKey(Ensemble, on_delete=models.PROTECT, related_name="+")
    control_draws = models.PositiveIntegerField()
    control_seed = models.BigIntegerField()
    figures = models.JSONField(default=dict, help_text="per metric: ensemble, controls, pool; see services.evaluation")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "digest"], name="evaluation_once")]

    def __str__(self) -> str:
        return f"evaluation {self.digest[:8]} of {self.item}"
