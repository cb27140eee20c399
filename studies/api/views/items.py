"""Items of a study, and the samples of an item."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from inference.models import Sample
from studies.api.serializers import ItemCreateSerializer, ItemSerializer, SampleSerializer
from studies.api.views.base import StudyView
from studies.models import Item, Role
from studies.services import intake
from studies.services.design import items


class ItemsView(StudyView, generics.ListAPIView):
    """The items of a study in their order."""

    serializer_class = ItemSerializer
    parser_classes = [MultiPartParser]

    def get_queryset(self) -> QuerySet[Item]:
        if self.schema_only:
            return Item.objects.none()
        return self.study().items.select_related("low_res", "truth")

    @extend_schema(request={"multipart/form-data": ItemCreateSerializer}, responses={201: ItemSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Add one item: its low-resolution image, and its ground truth where there is one."""
        study = self.study(Role.EDITOR)
        asked = ItemCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        fields = asked.validated_data
        marks = {name: fields[name] for name in ("kind", "expected_label", "feedback")}
        items.check(study, **marks)  # before there is an image
        item = items.mark(intake.add_item(study, fields["file"], name=fields["name"], truth=fields["truth"]), **marks)
        return Response(ItemSerializer(item).data, status=201)


class SamplesView(StudyView, generics.ListAPIView):
    """The pool of an item: its samples in the order that numbers them."""

    serializer_class = SampleSerializer

    def get_queryset(self) -> QuerySet[Sample]:
        if self.schema_only:
            return Sample.objects.none()
        return get_object_or_404(self.study().items, pk=self.kwargs["item"]).pool.select_related("job__weights")
