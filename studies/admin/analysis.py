"""What is made of the votes, in the admin: by workers, for one state of them."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from inference.admin import ReadOnly
from studies.admin.base import OfMyStudies
from studies.models import AnalysisVersion, Evaluation, Evidence, Participant, Report, StateChange, Variant, VariantSet


@admin.register(AnalysisVersion)
class AnalysisVersionAdmin(OfMyStudies):
    """Added on the study's own page of its analysis."""

    list_display = ("study", "number", "made_by", "made_at")
    list_filter = ("study",)
    fields = ("study", "number", "changes", "reason", "made_by", "made_at", "sha256")


@admin.register(StateChange)
class StateChangeAdmin(OfMyStudies):
    list_display = ("study", "state", "made_by", "by_rule", "made_at", "finished", "met")
    list_filter = ("study", "state")
    fields = ("study", "state", "made_by", "by_rule", "made_at", "finished", "met", "why")


@admin.register(Evaluation)
class EvaluationAdmin(OfMyStudies):
    to_study = "item__study"
    list_display = ("item", "ensemble", "simulated", "control_draws", "created_at", "made_at", "error")
    list_select_related = ("item", "ensemble")
    fields = (
        "item",
        "simulated",
        "digest",
        "ensemble",
        "control_draws",
        "control_seed",
        "figures",
        "error",
        "created_at",
        "made_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Evaluation]:
        simulated = Participant.objects.counted().filter(study=OuterRef("item__study"), simulated=True)
        return super().get_queryset(request).annotate(with_simulated=Exists(simulated))

    @admin.display(boolean=True, description="simulated participants among the voters")
    def simulated(self, evaluation: Evaluation) -> bool:
        return evaluation.with_simulated  # type: ignore[attr-defined]


class VariantInline(ReadOnly, admin.TabularInline):
    model = Variant
    fields = ("key", "ensemble", "figures")
    extra = 0


@admin.register(VariantSet)
class VariantSetAdmin(OfMyStudies):
    to_study = "evaluation__item__study"
    list_display = ("evaluation", "digest", "created_at", "made_at", "error")
    list_filter = ("evaluation__item__study",)
    list_select_related = ("evaluation__item",)
    fields = ("evaluation", "digest", "plan", "figures", "error", "created_at", "made_at")
    inlines = (VariantInline,)


@admin.register(Variant)
class VariantAdmin(OfMyStudies):
    to_study = "variant_set__evaluation__item__study"
    list_display = ("key", "item", "ensemble")
    list_filter = ("key", "variant_set__evaluation__item__study")
    list_select_related = ("variant_set__evaluation__item", "ensemble")
    fields = ("variant_set", "key", "ensemble", "figures")

    @admin.display(ordering="variant_set__evaluation__item")
    def item(self, variant: Variant) -> str:
        return str(variant.variant_set.evaluation.item)


@admin.register(Evidence)
class EvidenceAdmin(OfMyStudies):
    list_display = ("study", "digest", "asked_at", "made_at", "error")
    list_select_related = ("study",)
    fields = ("study", "digest", "figures", "error", "asked_at", "made_at")


@admin.register(Report)
class ReportAdmin(OfMyStudies):
    list_display = ("study", "step", "asked_at", "made_at", "error")
    list_select_related = ("study",)
    fields = ("study", "digest", "html_sha256", "pdf_sha256", "step", "error", "asked_at", "made_at")
