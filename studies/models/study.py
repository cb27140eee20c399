"""A study: its protocol, its state, and who may work on it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from inference.models import Weights

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

CANNOT_TELL = "cannot tell"
MAX_POOL = 1000


class StudyState(models.TextChoices):
    DRAFT = "draft", "draft"
    OPEN = "open", "open"
    CLOSED = "closed", "closed"


class TieRule(models.TextChoices):
    """What happens to samples with equal votes at the cut; fixed before the first ballot."""

    INDEX = "index", "lowest sample index first"
    INCLUDE_ALL = "include_all", "take the whole tied group (the ensemble grows)"
    STRICT = "strict", "leave the whole tied group out (the ensemble shrinks)"
    RANDOM = "random", "draw among the tied, from the study's stored seed"
    SECONDARY = "secondary", "higher LR consistency first"


class Region(models.TextChoices):
    """How participants mark the part of the image that decided their picks."""

    NONE = "", "not asked"
    GRID = "grid", "squares of a grid"
    LASSO = "lasso", "an outline drawn freely"


class Role(models.TextChoices):
    OWNER = "owner", "owner"
    EDITOR = "editor", "editor"
    VIEWER = "viewer", "viewer"


RANKS = {Role.VIEWER: 0, Role.EDITOR: 1, Role.OWNER: 2}


def new_slug() -> str:
    """128 random bits, for participants' links and pseudonyms.

    In hex: a dash in front would be an option on a command line and a formula in a spreadsheet.
    """
    return secrets.token_hex(16)


def new_seed() -> int:
    """A stored seed below 2**63, so that every random choice of a study can be replayed."""
    return secrets.randbits(63)


class StudyQuerySet(models.QuerySet["Study"]):
    def for_user(self, user: User | AnonymousUser, role: Role = Role.VIEWER) -> StudyQuerySet:
        """Studies on which this user has at least `role`; superusers have every role everywhere."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser:
            return self
        enough = [name for name, rank in RANKS.items() if rank >= RANKS[role]]
        return self.filter(pk__in=StudyMembership.objects.filter(user=user, role__in=enough).values("study"))


class Study(models.Model):
    """A protocol with its items and participants. Frozen (protocol unchangeable) at the first ballot."""

    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=32, unique=True, default=new_slug, editable=False)
    state = models.CharField(max_length=10, choices=StudyState.choices, default=StudyState.DRAFT, editable=False)

    question = models.CharField(
        max_length=300, help_text="asked beside the LR image, for example: Which digit is this?"
    )
    ask_label = models.BooleanField(default=True, help_text="participants name what they see before they pick")
    labels = models.JSONField(default=list, blank=True, help_text="labels offered, beside “cannot tell”")
    instructions = models.TextField(blank=True, help_text="shown above the candidates")
    consent_text = models.TextField(help_text="what participants agree to before they start")
    pool_size = models.PositiveIntegerField(
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_POOL)],
        help_text="m: samples per item",
    )
    max_picks = models.PositiveIntegerField(
        default=5, validators=[MinValueValidator(1)], help_text="k: most picks per ballot"
    )
    exact_picks = models.BooleanField(default=False, help_text="exactly k picks instead of at most k")
    ensemble_size = models.PositiveIntegerField(
        default=5, validators=[MinValueValidator(1)], help_text="n: samples in the ensemble"
    )
    tie_rule = models.CharField(max_length=20, choices=TieRule.choices, default=TieRule.INDEX)
    page_size = models.PositiveIntegerField(
        default=40,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_POOL)],
        help_text="most candidates shown at once; larger pools come in pages of nearly equal size",
    )
    see_all_pages = models.BooleanField(default=True, help_text="picks are sent only after every page was looked at")
    ask_confidence = models.BooleanField(default=False, help_text="how sure of the picks, from 1 to 5")
    region = models.CharField(
        max_length=10, choices=Region.choices, default=Region.NONE, blank=True, help_text="the part that decided"
    )
    repeats = models.PositiveIntegerField(
        default=0, help_text="items that each participant answers once more at the end, unannounced"
    )
    language = models.CharField(max_length=10, default="en", help_text="of the texts here; others in StudyText")
    introduction = models.TextField(
        blank=True, help_text="Markdown; a page of its own before the first image; pictures as ![text](name)"
    )
    viewing = models.JSONField(default=dict, blank=True, help_text="what the screen must be like: services.viewing")
    questionnaire = models.JSONField(default=list, blank=True, help_text="asked at the end: services.questionnaire")
    plan = models.JSONField(
        default=dict, blank=True, help_text="who is left out, when to stop, how sure: services.plan"
    )
    control_draws = models.PositiveIntegerField(
        default=200,
        validators=[MinValueValidator(100), MaxValueValidator(10_000)],
        help_text="random selections of n samples in the control",
    )
    weights = models.ForeignKey(Weights, on_delete=models.PROTECT, related_name="studies")
    settings = models.JSONField(default=dict, blank=True, help_text="of the sampler")
    target_participants = models.PositiveIntegerField(default=30, validators=[MinValueValidator(1)])
    seed = models.BigIntegerField(default=new_seed, editable=False)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    opened_at = models.DateTimeField(null=True, blank=True, editable=False)
    frozen_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StudyQuerySet.as_manager()

    #: What the first ballot freezes.
    PROTOCOL = (
        "question", "ask_label", "labels", "instructions", "consent_text", "pool_size", "max_picks", "exact_picks",
        "ensemble_size", "tie_rule", "control_draws", "weights", "settings", "seed",
        "page_size", "see_all_pages", "ask_confidence", "region", "repeats", "language", "introduction", "viewing",
        "questionnaire", "plan",
    )  # fmt: skip

    class Meta:
        verbose_name_plural = "studies"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(pool_size__gte=1, pool_size__lte=MAX_POOL), name="study_pool_size"),
            models.CheckConstraint(
                condition=Q(max_picks__gte=1, max_picks__lte=F("pool_size")), name="study_k_at_most_m"
            ),
            models.CheckConstraint(
                condition=Q(ensemble_size__gte=1, ensemble_size__lte=F("pool_size")), name="study_n_at_most_m"
            ),
            models.CheckConstraint(condition=Q(page_size__gte=1, page_size__lte=MAX_POOL), name="study_page_size"),
            models.CheckConstraint(condition=Q(region__in=Region.values), name="study_region_known"),
            models.CheckConstraint(condition=Q(state__in=StudyState.values), name="study_state_known"),
            models.CheckConstraint(condition=Q(tie_rule__in=TieRule.values), name="study_tie_rule_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("studies:study", args=[self.pk])


class StudyMembership(models.Model):
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "user"], name="one_role_per_user"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"
