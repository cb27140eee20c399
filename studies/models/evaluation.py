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


class VariantSet(models.Model):
    """What else could be made of the votes, beside an evaluation's ensemble. Made anew when votes change.

    Votes may change and the selection stay: then the evaluation stays too, and only its variants are made again.
    """

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="variant_sets")
    digest = models.CharField(max_length=64, help_text="of votes, labels, marks, tie rule and version")
    plan = models.JSONField(default=list, help_text="recipes; see aggregation.variants")
    figures = models.JSONField(default=dict, blank=True, help_text="readings compared; see services.variants")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["evaluation", "digest"], name="variant_set_once")]

    def __str__(self) -> str:
        return f"variants {self.digest[:8]} of {self.evaluation}"


class Variant(models.Model):
    """One made variant: its ensemble and what was measured of it."""

    variant_set = models.ForeignKey(VariantSet, on_delete=models.CASCADE, related_name="variants")
    key = models.CharField(max_length=50, help_text="which of the plan")
    ensemble = models.ForeignKey(Ensemble, on_delete=models.PROTECT, related_name="+")
    figures = models.JSONField(default=dict, blank=True, help_text="measures of the 8-bit picture")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["variant_set", "key"], name="variant_once")]

    def __str__(self) -> str:
        return f"{self.key} of {self.variant_set_id}"
