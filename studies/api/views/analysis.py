"""How the ballots of a study are read, and how they look while they come in."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from studies.api.analysis_serializers import (
    AnalysisVersionCreateSerializer,
    AnalysisVersionSerializer,
    EvidenceSerializer,
    LiveSerializer,
)
from studies.api.views.base import StudyView
from studies.models import Role, Study
from studies.services import results
from studies.services.analysis import evidence, versions
from studies.services.analysis.live import live


class AnalysisVersionsView(StudyView):
    """The versions of the analysis: as the first ballot locked it, then those decided later."""

    @extend_schema(responses=AnalysisVersionSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        return Response(AnalysisVersionSerializer(versions.listed(self.study()), many=True).data)

    @extend_schema(request=AnalysisVersionCreateSerializer, responses={201: AnalysisVersionSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Add a version; results are those of it from then on."""
        study = self.study(Role.EDITOR)
        asked = AnalysisVersionCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        assert request.user.is_authenticated  # by the default permission
        fields = asked.validated_data
        made = versions.add(study, request.user, **fields["changes"], reason=fields["reason"])
        return Response(AnalysisVersionSerializer(versions.told(study, made)).data, status=201)


class LiveView(StudyView):
    """A study while it runs: participation, shares, who is left out by now, and how far its rule to stop is."""

    @extend_schema(responses=LiveSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(LiveSerializer(live(self.study())).data)


class EvidenceView(StudyView):
    """What a worker makes of the votes: ensembles with their controls and variants, and the evidence."""

    @extend_schema(responses=EvidenceSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_evidence(self.study()))

    @extend_schema(request=None, responses={202: EvidenceSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Ask for what is not made of the present votes; what is made stays."""
        study = self.study(Role.EDITOR)
        evidence.request(study)
        return Response(_evidence(study), status=202)


def _evidence(study: Study) -> dict[str, object]:
    return dict(EvidenceSerializer(evidence.progress(study, results.collect(study))).data)
