"""An addition: other weights that draw candidates for every item of a study, beside the study's own."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from inference.models import Weights
from studies.models.study import MAX_POOL, Study


class Addition(models.Model):
    """Part of the protocol: fixed, like all the rest of it, as soon as people may vote."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="additions")
    weights = models.ForeignKey(Weights, on_delete=models.PROTECT, related_name="+")
    settings = models.JSONField(default=dict, blank=True, help_text="of the sampler")
    count = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MAX_POOL)], help_text="samples per item"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "weights"], name="addition_weights_once"),
            models.CheckConstraint(condition=Q(count__gte=1, count__lte=MAX_POOL), name="addition_count_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.count} of {self.weights}"
