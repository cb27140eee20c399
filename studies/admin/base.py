"""What rows of studies have in common in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from inference.admin import ReadOnly
from studies.models import Role, Study


class OfMyStudies(ReadOnly, admin.ModelAdmin):
    """Rows of studies on which the user has a role, at least `role`."""

    to_study = "study"
    role = Role.VIEWER

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        mine = Study.objects.for_user(request.user, self.role).values("pk")
        return super().get_queryset(request).filter(**{f"{self.to_study}__in": mine})
