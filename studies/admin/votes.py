"""Votes in the admin, and what was on screen meanwhile."""

from __future__ import annotations

from django.contrib import admin

from inference.admin import ReadOnly
from studies.admin.base import OfMyStudies
from studies.models import Ballot, Observation, Pick, Study


@admin.register(Observation)
class ObservationAdmin(OfMyStudies):
    to_study = "trial__participant__study"
    list_display = ("trial", "pixel_ratio", "label_ms", "picking_ms", "focus_losses", "updated_at")
    list_select_related = ("trial__participant",)
    fields = (
        "trial",
        "exposure_ms",
        "pages",
        "events",
        "label_ms",
        "picking_ms",
        "hidden_ms",
        "focus_losses",
        "pixel_ratio",
        "ratio_changes",
        "window_width",
        "window_height",
        "updated_at",
    )


class PickInline(ReadOnly, admin.TabularInline):
    model = Pick
    fields = ("rank", "sample", "position")
    extra = 0


@admin.register(Ballot)
class BallotAdmin(OfMyStudies):
    to_study = "trial__participant__study"
    list_display = ("trial", "study", "simulated", "label", "cast_at")
    list_filter = ("trial__participant__simulated", "trial__participant__study")
    list_select_related = ("trial__participant__study", "trial__item")
    fields = ("trial", "study", "simulated", "label", "cast_at")
    inlines = (PickInline,)

    @admin.display
    def study(self, ballot: Ballot) -> Study:
        return ballot.trial.participant.study

    @admin.display(boolean=True)
    def simulated(self, ballot: Ballot) -> bool:
        return ballot.trial.participant.simulated
