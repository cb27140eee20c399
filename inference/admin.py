"""Admin: everything to look at, nothing to change by hand, and jobs to cancel."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator

from inference.models import Ensemble, EnsembleMember, GenerationJob, LowResImage, Sample, Weights
from inference.services import cancel


class ReadOnly(admin.options.BaseModelAdmin):
    """Rows are made and settled by services and workers only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LowResImage)
class LowResImageAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["id", "width", "height", "channels", "bit_depth", "sha256", "created_at"]
    list_filter = ["channels", "bit_depth"]
    search_fields = ["sha256"]


@admin.register(Weights)
class WeightsAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["sampler", "name", "scale", "channels", "terms", "origin", "sha256", "created_at"]
    list_filter = ["sampler", "scale"]
    search_fields = ["name", "licence", "source", "sha256"]

    @admin.display(description="licence", ordering="licence")
    def terms(self, weights: Weights) -> str:
        return Truncator(weights.licence).chars(60)

    @admin.display(description="source", ordering="source")
    def origin(self, weights: Weights) -> str:
        return Truncator(weights.source).chars(60)


@admin.register(GenerationJob)
class GenerationJobAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["id", "low_res", "weights", "progress", "state", "error", "seconds", "attempts", "created_at"]
    list_filter = ["state", "sampler"]
    search_fields = ["digest", "imported_digest", "low_res__sha256"]
    list_select_related = ["low_res", "weights"]
    actions = ["cancel_jobs"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[GenerationJob]:
        return super().get_queryset(request).annotate(drawn=Count("samples"))

    @admin.display(description="drawn")
    def progress(self, job: GenerationJob) -> str:
        return f"{job.drawn} of {job.count}"  # type: ignore[attr-defined]

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("inference.change_generationjob")

    @admin.action(description="Cancel the chosen jobs", permissions=["cancel"])
    def cancel_jobs(self, request: HttpRequest, jobs: QuerySet[GenerationJob]) -> None:
        for job in jobs:
            cancel(job)
        messages.success(request, "The chosen jobs stop before their next step; what was drawn stays.")


@admin.register(Sample)
class SampleAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["id", "job", "index", "seed", "lr_consistency", "attempt", "sha256", "created_at"]
    list_select_related = ["job__low_res"]
    search_fields = ["=job__id", "sha256"]
    show_full_result_count = False


class MemberInline(ReadOnly, admin.TabularInline):
    model = EnsembleMember
    fields = ["sample", "weight"]


@admin.register(Ensemble)
class EnsembleAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["id", "rule", "low_res", "scale", "lr_consistency", "error", "made_at", "created_at"]
    list_select_related = ["low_res"]
    search_fields = ["digest"]
    inlines = [MemberInline]
