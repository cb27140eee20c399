"""What people read in a study, in the admin: texts in further languages, pictures, consent as agreed to."""

from __future__ import annotations

from django.contrib import admin

from studies.admin.base import OfMyStudies
from studies.models import ConsentVersion, StudyPicture, StudyText


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
