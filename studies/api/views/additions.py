"""Further weights that draw candidates for a study, mixed with its own."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from studies.api.serializers import AdditionCreateSerializer, AdditionSerializer
from studies.api.views.base import StudyView
from studies.models import Role
from studies.services.candidates import additions


class AdditionsView(StudyView):
    """The additions of a study; they are also part of the study itself."""

    @extend_schema(responses=AdditionSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        rows = self.study().additions.select_related("weights")
        return Response(AdditionSerializer(rows, many=True).data)

    @extend_schema(request=AdditionCreateSerializer, responses={201: AdditionSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Add weights; where there are items, what is missing of their pools is asked for at once."""
        study = self.study(Role.EDITOR)
        asked = AdditionCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        fields = asked.validated_data
        added = additions.add(study, fields["weights"], count=fields["count"], settings=fields.get("settings"))
        return Response(AdditionSerializer(added).data, status=201)


class OneAdditionView(StudyView):
    """One addition."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int, addition: int) -> Response:
        """Take its candidates, and those made from them, out of all pools."""
        additions.remove(get_object_or_404(self.study(Role.EDITOR).additions.select_related("weights"), pk=addition))
        return Response(status=204)
