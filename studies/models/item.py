"""An item: one LR image in a study, the jobs that draw its pool, and its hidden truth."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from inference.models import GenerationJob, LowResImage, Sample
from studies.models.study import Study


class Kind(models.TextChoices):
    """What an item is for: only the votes on main items count."""

    MAIN = "main", "main"
    PRACTICE = "practice", "practice: before the others, with feedback"
    ATTENTION = "attention", "attention check: among the others, with a known answer"


class ItemQuerySet(models.QuerySet["Item"]):
    def main(self) -> ItemQuerySet:
        """Those whose votes count."""
        return self.filter(kind=Kind.MAIN)


class Item(models.Model):
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200, help_text="for researchers; participants never see it")
    low_res = models.ForeignKey(LowResImage, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.MAIN)
    expected_label = models.CharField(max_length=100, blank=True, help_text="the known answer, where there is one")
    feedback = models.TextField(blank=True, help_text="Markdown; shown after a practice item is answered")
    jobs = models.ManyToManyField(GenerationJob, related_name="+", blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["study", "position"], name="item_position_once"),
            models.UniqueConstraint(fields=["study", "low_res"], name="item_low_res_once"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="item_kind_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def pool(self) -> QuerySet[Sample]:
        """Every sample of the item's jobs, in the order that numbers them: job, then index."""
        return Sample.objects.filter(job__in=self.jobs.all()).order_by("job_id", "index")


class GroundTruth(models.Model):
    """The hidden HR image of an item: its own table and its own storage, read only for metrics."""

    item = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="truth")
    sha256 = models.CharField(max_length=64, help_text="of the stored PNG file")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"truth of {self.item}"
