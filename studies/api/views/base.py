"""What all views of the API share: a study of this user or 404, and refusals as one sentence."""

from __future__ import annotations

from rest_framework.response import Response
from rest_framework.views import APIView

from inference.errors import RequestError
from inference.services import StoreError
from studies.access import get_study_or_404
from studies.errors import StudyError
from studies.models import Role, Study


class StudyView(APIView):
    """A view below /api/studies/<pk>/."""

    def study(self, role: Role = Role.VIEWER) -> Study:
        """The study of the URL; 404 alike where there is none and where this user lacks the role."""
        return get_study_or_404(self.request.user, self.kwargs["pk"], role)

    def handle_exception(self, exc: Exception) -> Response:
        """The services' refusals are sentences for people: they become {"detail": sentence}."""
        if isinstance(exc, StudyError):
            return Response({"detail": exc.message}, status=exc.status)
        if isinstance(exc, RequestError):
            return Response({"detail": str(exc)}, status=400)
        if isinstance(exc, StoreError):
            return Response({"detail": str(exc)}, status=503)
        return super().handle_exception(exc)

    @property
    def schema_only(self) -> bool:
        """True while the OpenAPI description is made, when there is no user and no study."""
        return getattr(self, "swagger_fake_view", False)
