"""A study in the admin: made and changed by the same rules as on its own page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString

from inference.admin import ReadOnly
from inference.services import catalogue
from studies.admin.base import OfMyStudies
from studies.errors import StudyError
from studies.forms.admin import StudyAdminForm
from studies.models import Imported, Item, Role, Study, StudyMembership
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


@admin.register(Imported)
class ImportedAdmin(OfMyStudies):
    list_display = ("study", "digest", "code_version", "imported_at")
    list_select_related = ("study",)
    fields = ("study", "digest", "code_version", "imported_at")
