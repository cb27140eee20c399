"""The report of a study: asked for, how far it is, and its files."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from studies.api.analysis_serializers import ReportSerializer
from studies.api.views.base import StudyView
from studies.models import Role
from studies.services import report, results


class ReportView(StudyView):
    """The report: one HTML file and the same as PDF, made by a worker."""

    @extend_schema(responses=ReportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        study = self.study()
        return Response(ReportSerializer(report.standing(study, results.collect(study))).data)

    @extend_schema(request=None, responses={202: ReportSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Ask for the report of the present results; one that tells them stays."""
        study = self.study(Role.EDITOR)
        found = results.collect(study)
        report.request(study, found)
        return Response(ReportSerializer(report.standing(study, found)).data, status=202)


class ReportFileView(StudyView):
    """A file of the report, to keep."""

    @extend_schema(
        parameters=[OpenApiParameter("kind", enum=list(report.CONTENT_TYPES), location=OpenApiParameter.PATH)],
        responses={(200, "text/html"): OpenApiTypes.BINARY, (200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: int, kind: str) -> HttpResponse:
        """The file made last; 404 where none is made."""
        study = self.study()
        row = report.of(study)
        if row is None or kind not in report.CONTENT_TYPES or not (data := report.file(row, kind)):  # type: ignore[arg-type]
            raise Http404
        name = report.filename(study, kind)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(data, content_type=report.CONTENT_TYPES[kind], headers=headers)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """Who accepts only a PDF is answered too: the file's kind is in its address."""
        return super().perform_content_negotiation(request, force=True)
