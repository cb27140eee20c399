"""The rating phase in the admin: its pictures, raters and ratings, and uploaded methods."""

from __future__ import annotations

from django.contrib import admin

from inference.admin import ReadOnly
from studies.admin.base import OfMyStudies
from studies.models import Method, MethodImage, Rater, Rating, RatingPhase, Stimulus


@admin.register(RatingPhase)
class RatingPhaseAdmin(OfMyStudies):
    """Set up, opened and closed on the study's own page of it."""

    list_display = ("study", "mode", "who", "opened_at", "closed_at")
    fields = (
        "study",
        "mode",
        "who",
        "instructions",
        "translations",
        "hidden_reference",
        "anchors",
        "repeats",
        "per_person",
        "created_at",
        "asked_at",
        "error",
        "opened_at",
        "closed_at",
    )


class MethodImageInline(ReadOnly, admin.TabularInline):
    model = MethodImage
    fields = ("item", "file_name", "sha256", "created_at")
    extra = 0


@admin.register(Method)
class MethodAdmin(OfMyStudies):
    list_display = ("name", "study", "created_at")
    list_filter = ("study",)
    fields = ("study", "name", "created_at")
    inlines = (MethodImageInline,)


@admin.register(Stimulus)
class StimulusAdmin(OfMyStudies):
    to_study = "phase__study"
    list_display = ("item", "kind", "method", "sha256", "made_at")
    list_filter = ("kind", "phase__study")
    list_select_related = ("item", "method")
    fields = ("phase", "item", "kind", "method", "sha256", "provenance", "made_at")


@admin.register(Rater)
class RaterAdmin(OfMyStudies):
    to_study = "phase__study"
    list_display = ("participant", "phase", "turn", "simulated", "began_at", "finished_at")
    list_filter = ("participant__simulated", "phase__study")
    list_select_related = ("participant", "phase__study")
    fields = ("participant", "phase", "turn", "simulated", "began_at", "finished_at")

    @admin.display(boolean=True)
    def simulated(self, rater: Rater) -> bool:
        return rater.participant.simulated


@admin.register(Rating)
class RatingAdmin(OfMyStudies):
    to_study = "rater__phase__study"
    list_display = ("rater", "number", "stimulus", "other", "score", "preference", "label", "simulated", "answered_at")
    list_filter = ("rater__participant__simulated", "rater__phase__study")
    list_select_related = (
        "rater__participant",
        "rater__phase__study",
        "stimulus__item",
        "stimulus__method",
        "other__item",
        "other__method",
    )
    fields = (
        "rater",
        "number",
        "stimulus",
        "other",
        "repeat",
        "score",
        "preference",
        "label",
        "simulated",
        "shown_at",
        "answered_at",
        "response_ms",
        "hidden_ms",
        "pixel_ratio",
        "enlargement",
    )

    @admin.display(boolean=True)
    def simulated(self, rating: Rating) -> bool:
        return rating.rater.participant.simulated
