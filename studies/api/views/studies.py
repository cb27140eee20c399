"""Studies: list, create, read, open, close."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from studies.api.serializers import StudyCreateSerializer, StudySerializer
from studies.api.views.base import StudyView
from studies.models import Role, Study
from studies.services import lifecycle


class StudiesView(StudyView, generics.ListAPIView):
    """The studies on which the user has a role."""

    serializer_class = StudySerializer

    def get_queryset(self) -> QuerySet[Study]:
        return (
            Study.objects.for_user(self.request.user)
            .select_related("weights")
            .prefetch_related("additions__weights", "texts")
            .order_by("-created_at", "-pk")
        )

    @extend_schema(request=StudyCreateSerializer, responses={201: StudySerializer})
    def post(self, request: Request) -> Response:
        """Create a study in the state `draft`; the user becomes its owner."""
        asked = StudyCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        assert request.user.is_authenticated  # by the default permission
        study = lifecycle.create_study(request.user, **asked.validated_data)
        return Response(StudySerializer(study).data, status=201)


class OneStudyView(StudyView):
    """One study with its protocol and state."""

    @extend_schema(responses=StudySerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(StudySerializer(self.study()).data)


class OpenView(StudyView):
    """Open the study to participants."""

    @extend_schema(request=None, responses=StudySerializer)
    def post(self, request: Request, pk: int) -> Response:
        study = self.study(Role.EDITOR)
        assert request.user.is_authenticated  # by the default permission
        return Response(StudySerializer(lifecycle.open_study(study, request.user)).data)


class CloseView(StudyView):
    """Close the study: no ballot is accepted from now on."""

    @extend_schema(request=None, responses=StudySerializer)
    def post(self, request: Request, pk: int) -> Response:
        study = self.study(Role.EDITOR)
        assert request.user.is_authenticated  # by the default permission
        return Response(StudySerializer(lifecycle.close_study(study, request.user)).data)
