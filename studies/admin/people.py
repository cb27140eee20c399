"""Who takes part, in the admin. The hash of a cookie and the seeds of orders are shown nowhere."""

from __future__ import annotations

from django.contrib import admin

from studies.admin.base import OfMyStudies
from studies.models import (
    Invitation,
    Participant,
    QuestionnaireAnswers,
    RecruiterIdentity,
    Recruiting,
    Role,
    ViewingCheck,
)


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
