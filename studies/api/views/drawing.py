"""Drawing the pools: start, and watch."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from studies.api.serializers import ProgressSerializer
from studies.api.views.base import StudyView
from studies.models import Role
from studies.services.candidates import drawing


class DrawView(StudyView):
    """Ask for the samples of every item; asking again changes nothing."""

    @extend_schema(request=None, responses={202: ProgressSerializer})
    def post(self, request: Request, pk: int) -> Response:
        study = self.study(Role.EDITOR)
        drawing.start(study)
        return Response(ProgressSerializer(drawing.progress(study)).data, status=202)


class ProgressView(StudyView):
    """How far drawing is."""

    @extend_schema(responses=ProgressSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(ProgressSerializer(drawing.progress(self.study())).data)
