"""What inference stores: images by content, jobs whose row is the truth, samples, ensembles."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

LEASE = timedelta(seconds=90)
MAX_ATTEMPTS = 5
MAX_SEED = 2**63 - 1


class LowResImage(models.Model):
    """One LR image; the same pixels are the same row. Its file is PNG, re-encoded from pixels."""

    sha256 = models.CharField(max_length=64, unique=True, help_text="of the stored PNG file")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    channels = models.PositiveSmallIntegerField()
    bit_depth = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(channels__in=[1, 3]), name="low_res_grey_or_rgb"),
            models.CheckConstraint(condition=Q(bit_depth__in=[8, 16]), name="low_res_8_or_16_bit"),
        ]

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {self.sha256[:8]}"


class Weights(models.Model):
    """One trained set of parameters, known by sampler, name and the sha256 of its safetensors file."""

    sampler = models.CharField(max_length=50)
    name = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    scale = models.PositiveSmallIntegerField()
    channels = models.PositiveSmallIntegerField()
    licence = models.TextField(blank=True, help_text="of imported weights, as it was shown")
    source = models.TextField(blank=True, help_text="of imported weights: the file, its sha256 and where it is from")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "weights"
        constraints = [
            models.UniqueConstraint(fields=["sampler", "name", "sha256"], name="weights_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sampler}/{self.name}"


class JobState(models.TextChoices):
    QUEUED = "queued", "waiting for a worker"
    RUNNING = "running", "drawing"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


class GenerationJobQuerySet(models.QuerySet["GenerationJob"]):
    def settled(self) -> GenerationJobQuerySet:
        """Jobs that no worker will touch again."""
        return self.filter(state__in=[JobState.DONE, JobState.FAILED, JobState.CANCELLED])

    def claimable(self) -> GenerationJobQuerySet:
        """Queued jobs, and running ones whose worker has stopped extending its lease."""
        expired = Q(state=JobState.RUNNING, lease_until__lt=timezone.now())
        return self.filter(Q(state=JobState.QUEUED) | expired)

    def claim(self, pk: int) -> uuid.UUID | None:
        """Take one job by a single conditional UPDATE; the lease token when it is ours, else None."""
        token = uuid.uuid4()
        now = timezone.now()
        changed = (
            self.claimable()
            .filter(pk=pk, cancel_requested=False, attempts__lt=MAX_ATTEMPTS)
            .update(
                state=JobState.RUNNING,
                lease_token=token,
                lease_until=now + LEASE,
                attempts=F("attempts") + 1,
                started_at=Coalesce("started_at", now),
            )
        )
        return token if changed else None

    def held(self, pk: int, token: uuid.UUID) -> GenerationJobQuerySet:
        """The job as its present worker may change it: running under this very lease."""
        return self.filter(pk=pk, state=JobState.RUNNING, lease_token=token)


class GenerationJob(models.Model):
    """One request for N samples of one LR image. The row, not the message, is the truth."""

    low_res = models.ForeignKey(LowResImage, on_delete=models.PROTECT, related_name="jobs")
    sampler = models.CharField(max_length=50)
    weights = models.ForeignKey(Weights, on_delete=models.PROTECT, related_name="jobs")
    first_seed = models.BigIntegerField()
    count = models.PositiveIntegerField()
    settings = models.JSONField(default=dict)
    derivation = models.JSONField(default=dict, blank=True, help_text="kind and parents, where samples were mixed")
    digest = models.CharField(max_length=64, unique=True, help_text="of all that decides the samples")
    imported_digest = models.CharField(
        max_length=64, blank=True, help_text="of the request that drew the samples elsewhere; nobody asked for it here"
    )

    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    seconds = models.FloatField(default=0, help_text="spent drawing, all attempts together")
    code_version = models.CharField(max_length=50, blank=True)
    arithmetic = models.CharField(max_length=50, blank=True, help_text="device and precision, such as cpu bfloat16")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = GenerationJobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(count__gte=1, count__lte=100_000), name="job_count_in_range"),
            models.CheckConstraint(condition=Q(first_seed__gte=0), name="job_seed_not_negative"),
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_known"),
        ]
        indexes = [models.Index(fields=["state", "lease_until"])]

    def __str__(self) -> str:
        return f"{self.count} x {self.sampler} of {self.low_res}"

    @property
    def request_digest(self) -> str:
        """Of the request that drew the samples, here or elsewhere: what exports name it by."""
        return self.imported_digest or self.digest

    @property
    def seeds(self) -> Sequence[int]:
        """Sample i is drawn from seed `first_seed + i`."""
        return range(self.first_seed, self.first_seed + self.count)


class Sample(models.Model):
    """One candidate SR image. What people vote on is this stored file, never a re-drawn one."""

    job = models.ForeignKey(GenerationJob, on_delete=models.PROTECT, related_name="samples")
    index = models.PositiveIntegerField()
    seed = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True, help_text="of the stored PNG file")
    lr_consistency = models.FloatField(help_text="dB, capped at 100")
    attempt = models.PositiveSmallIntegerField(default=0, help_text="redraws after a faulty picture")
    fault = models.CharField(max_length=50, blank=True, help_text="why it was drawn again, or is suspect")
    suspect = models.BooleanField(default=False, help_text="kept in spite of its fault after all attempts")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["job_id", "index"]
        constraints = [models.UniqueConstraint(fields=["job", "index"], name="sample_index_once")]

    def __str__(self) -> str:
        return f"sample {self.index} of job {self.job_id}"


class Ensemble(models.Model):
    """The pixel-wise combination of samples. The row keeps what it was made of."""

    digest = models.CharField(max_length=64, unique=True, help_text="of rule, members and their weights")
    rule = models.CharField(max_length=20, default="mean")
    low_res = models.ForeignKey(LowResImage, on_delete=models.PROTECT, related_name="ensembles")
    scale = models.PositiveSmallIntegerField()
    samples = models.ManyToManyField(Sample, through="EnsembleMember", related_name="ensembles")
    parts = models.JSONField(default=dict, blank=True, help_text="which member shows where; see inference.ensembles")

    png8_sha256 = models.CharField(max_length=64, blank=True)
    png16_sha256 = models.CharField(max_length=64, blank=True)
    tiff_sha256 = models.CharField(max_length=64, blank=True)
    spread_sha256 = models.CharField(max_length=64, blank=True, help_text="float32 TIFF, std over members")
    residual_sha256 = models.CharField(max_length=64, blank=True, help_text="float32 TIFF, |downscaled - LR|")
    lr_consistency = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)
    code_version = models.CharField(max_length=50, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.rule} {self.digest[:8]}"


class EnsembleMember(models.Model):
    ensemble = models.ForeignKey(Ensemble, on_delete=models.CASCADE, related_name="members")
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT)
    weight = models.FloatField(default=1)

    class Meta:
        ordering = ["sample_id"]
        constraints = [
            models.UniqueConstraint(fields=["ensemble", "sample"], name="ensemble_member_once"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="ensemble_weight_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.sample_id} in {self.ensemble_id}"
