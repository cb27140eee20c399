"""Studies in Django's admin: made and changed by the same rules as on their own pages; votes are read-only.

A participant's secret (the hash of their cookie) and the seeds of their orders are shown nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString

from inference.admin import ReadOnly
from inference.services import catalogue
from studies.errors import StudyError
from studies.forms.admin import StudyAdminForm
from studies.models import (
    AnalysisVersion,
    Ballot,
    ConsentVersion,
    Evaluation,
    Invitation,
    Item,
    Method,
    Observation,
    Participant,
    Pick,
    QuestionnaireAnswers,
    Rating,
    RatingPhase,
    RecruiterIdentity,
    Recruiting,
    Role,
    Study,
    StudyMembership,
    StudyPicture,
    StudyText,
    ViewingCheck,
)
from studies.services import lifecycle
from studies.services.candidates import drawing

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class MembershipInline(admin.TabularInline):
    model = StudyMembership
    extra = 1
    autocomplete_fields = ("user",)


class ItemInline(ReadOnly, admin.TabularInline):
    model = Item
    fields = ("position", "name", "kind", "expected_label", "low_res")
    extra = 0


@admin.register(Study)
class StudyAdmin(admin.ModelAdmin):
    form = StudyAdminForm
    list_display = ("name", "state", "page", "pool_size", "max_picks", "ensemble_size", "created_at")
    list_filter = ("state",)
    search_fields = ("name", "question")
    fieldsets = (
        ("What people are asked", {"fields": ("name", "question", "ask_label", "labels", "instructions")}),
        ("Candidates", {"fields": ("weights", "pool_size", "settings", "drawn_also")}),
        ("Votes and ensemble",
         {"fields": ("max_picks", "exact_picks", "ensemble_size", "tie_rule", "control_draws", "target_participants")}),
        ("Around the images",
         {"fields": ("page_size", "see_all_pages", "ask_confidence", "region", "repeats", "introduction", "viewing",
                     "questionnaire")}),
        ("Analysis", {"fields": ("plan",)}),
        ("Consent", {"fields": ("consent_text", "language")}),
        ("State", {"fields": ("page", "state", "created_at", "opened_at", "frozen_at", "closed_at")}),
    )  # fmt: skip
    always_read_only = ("page", "drawn_also", "state", "created_at", "opened_at", "frozen_at", "closed_at")
    inlines = (MembershipInline, ItemInline)

    @admin.display(description="study page")
    def page(self, study: Study) -> SafeString | str:
        if study.pk is None:
            return "made when you save: images are added, drawn and opened there"
        return format_html('<a href="{}">open</a>', study.get_absolute_url())

    @admin.display(description="drawn also")
    def drawn_also(self, study: Study) -> str:
        added = study.additions.select_related("weights") if study.pk else ()
        return ", ".join(map(str, added)) or "nothing: other weights are added on the study page"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Study]:
        mine = Study.objects.for_user(request.user, Role.OWNER).values("pk")
        return super().get_queryset(request).filter(pk__in=mine)

    def get_readonly_fields(self, request: HttpRequest, obj: Study | None = None) -> tuple[str, ...]:
        frozen = Study.PROTOCOL if obj is not None and obj.frozen_at is not None else ()
        return (*self.always_read_only, *(name for name in frozen if name != "seed"))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The first weights there are, as on the researcher's page."""
        known = catalogue()
        first = {"weights": known[0].pk} if known else {}
        return first | super().get_changeform_initial_data(request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "weights":
            catalogue()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Study | None = None) -> bool:
        """On the study's own page, which says what goes with it."""
        return False

    def view_on_site(self, obj: Study) -> str:
        return obj.get_absolute_url()

    def save_model(self, request: HttpRequest, obj: Study, form: Any, change: bool) -> None:
        """Changes go through the service, which stops what no longer fits; new studies are saved as they are."""
        if not change:
            obj.save()
            return
        fields = {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
        made = drawing.made_from_others(obj)
        try:
            lifecycle.update_protocol(obj, **fields)
        except StudyError as error:
            messages.error(request, error.message)
        if made and not drawing.made_from_others(obj):
            messages.warning(request, drawing.MADE_ARE_GONE)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not form.instance.memberships.filter(role=Role.OWNER).exists():
            StudyMembership.objects.update_or_create(
                study=form.instance, user=cast("User", request.user), defaults={"role": Role.OWNER}
            )

    def response_add(self, request: HttpRequest, obj: Study, post_url_continue: str | None = None) -> HttpResponse:
        answer = super().response_add(request, obj, post_url_continue)
        return answer if {"_continue", "_addanother"} & set(request.POST) else redirect(obj)


class OfMyStudies(ReadOnly, admin.ModelAdmin):
    """Rows of studies on which the user has a role, at least `role`."""

    to_study = "study"
    role = Role.VIEWER

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        mine = Study.objects.for_user(request.user, self.role).values("pk")
        return super().get_queryset(request).filter(**{f"{self.to_study}__in": mine})


@admin.register(AnalysisVersion)
class AnalysisVersionAdmin(OfMyStudies):
    """Added on the study's own page of its analysis."""

    list_display = ("study", "number", "made_by", "made_at")
    list_filter = ("study",)
    fields = ("study", "number", "changes", "reason", "made_by", "made_at", "sha256")


@admin.register(Participant)
class ParticipantAdmin(OfMyStudies):
    list_display = ("code", "study", "simulated", "source", "consented_at", "finished_at", "withdrawn_at")
    list_filter = ("simulated", "source", "study")
    fields = (
        "code",
        "study",
        "simulated",
        "source",
        "language",
        "turn",
        "consent_sha256",
        "consented_at",
        "checked_at",
        "introduced_at",
        "last_seen_at",
        "failed_at",
        "finished_at",
        "withdrawn_at",
    )


@admin.register(Recruiting)
class RecruitingAdmin(OfMyStudies):
    list_display = ("study", "open_link", "platforms", "quota", "release_minutes")
    fields = ("study", "open_link", "platforms", "quota", "release_minutes", "codes", "addresses")


@admin.register(Invitation)
class InvitationAdmin(OfMyStudies):
    list_display = ("study", "number", "note", "participant", "expires_at", "revoked_at")
    list_filter = ("study",)
    list_select_related = ("study", "participant")
    fields = ("study", "number", "note", "participant", "created_at", "expires_at", "revoked_at")


@admin.register(RecruiterIdentity)
class RecruiterIdentityAdmin(OfMyStudies):
    """Erased on the study's page of participants, which says what goes with it, and shows ids to editors only."""

    role = Role.EDITOR
    list_display = ("participant", "study", "source", "external_id", "created_at")
    list_filter = ("source", "study")
    list_select_related = ("participant", "study")
    fields = ("participant", "study", "source", "external_id", "references", "created_at")


@admin.register(ConsentVersion)
class ConsentVersionAdmin(OfMyStudies):
    list_display = ("study", "language", "sha256", "first_agreed_at")
    list_filter = ("study",)
    fields = ("study", "language", "sha256", "text", "first_agreed_at")


@admin.register(StudyText)
class StudyTextAdmin(OfMyStudies):
    list_display = ("study", "language")
    list_filter = ("study",)
    fields = (
        "study",
        "language",
        "question",
        "labels",
        "instructions",
        "introduction",
        "consent_text",
        "questionnaire",
        "feedback",
    )


@admin.register(StudyPicture)
class StudyPictureAdmin(OfMyStudies):
    list_display = ("study", "name", "sha256", "created_at")
    list_filter = ("study",)
    fields = ("study", "name", "sha256", "created_at")


@admin.register(ViewingCheck)
class ViewingCheckAdmin(OfMyStudies):
    to_study = "participant__study"
    list_display = ("participant", "failed", "made_at")
    list_select_related = ("participant",)
    fields = ("participant", "measured", "failed", "made_at")


@admin.register(QuestionnaireAnswers)
class QuestionnaireAnswersAdmin(OfMyStudies):
    to_study = "participant__study"
    list_display = ("participant", "given_at")
    list_select_related = ("participant",)
    fields = ("participant", "values", "given_at")


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


@admin.register(RatingPhase)
class RatingPhaseAdmin(OfMyStudies):
    """Set up, opened and closed on the study's own page of it."""

    list_display = ("study", "mode", "who", "opened_at", "closed_at")
    fields = (
        "study",
        "mode",
        "who",
        "instructions",
        "hidden_reference",
        "anchors",
        "repeats",
        "created_at",
        "asked_at",
        "error",
        "opened_at",
        "closed_at",
    )


@admin.register(Method)
class MethodAdmin(OfMyStudies):
    list_display = ("name", "study", "created_at")
    list_filter = ("study",)
    fields = ("study", "name", "created_at")


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
