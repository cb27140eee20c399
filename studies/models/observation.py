"""What a page observed of one trial: what was on screen and for how long, how, and how the picks came about."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from studies.models.participant import Trial


class Observation(models.Model):
    """All times by the clock of the page, in milliseconds; `Trial` and `Ballot` have the server's.

    The page sends it with each draft and with the ballot; a reload goes on from what is stored.
    """

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="observation")
    exposure_ms = models.JSONField(default=list, blank=True, help_text="per position: how long it was on screen")
    pages = models.JSONField(default=list, blank=True, help_text="per page: how long it was the page shown")
    events = models.JSONField(
        default=list, blank=True, help_text="[ms, kind, value]: pick, unpick, page, ratio, blur, focus, resize, ..."
    )
    label_ms = models.PositiveIntegerField(null=True, blank=True, help_text="from LR image on screen to the label")
    picking_ms = models.PositiveIntegerField(null=True, blank=True, help_text="from candidates on screen to sending")
    hidden_ms = models.PositiveIntegerField(default=0, help_text="while the page was in the background")
    focus_losses = models.PositiveIntegerField(default=0)
    pixel_ratio = models.FloatField(null=True, blank=True, help_text="device pixels per CSS pixel at the start")
    ratio_changes = models.PositiveIntegerField(default=0)
    window_width = models.PositiveIntegerField(null=True, blank=True, help_text="CSS pixels, at the end")
    window_height = models.PositiveIntegerField(null=True, blank=True, help_text="CSS pixels, at the end")
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"observation of {self.trial}"
