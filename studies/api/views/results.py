"""Ballots as they were cast, and the results that rest on them."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from studies.api.serializers import BallotSerializer
from studies.api.views.base import StudyView
from studies.exports import document
from studies.models import Ballot
from studies.services import results
from studies.services.snapshot import snapshot


class BallotsView(StudyView, generics.ListAPIView):
    """The votes, oldest first: first answers to main items by participants who have not withdrawn."""

    serializer_class = BallotSerializer

    def get_queryset(self) -> QuerySet[Ballot]:
        if self.schema_only:
            return Ballot.objects.none()
        ballots = Ballot.objects.votes().filter(trial__participant__study=self.study())
        return ballots.select_related("trial__participant").prefetch_related("picks__sample").order_by("pk")


class ResultsView(StudyView):
    """Everything that a figure depends on: the results.json of the export."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: int) -> Response:
        study = self.study()
        with snapshot():
            return Response(document.build(results.collect(study)))
