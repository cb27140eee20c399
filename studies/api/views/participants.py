"""Who takes part in a study, by pseudonym."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import generics

from studies.api.serializers import ParticipantSerializer
from studies.api.views.base import StudyView
from studies.models import Participant
from studies.services.people import roster


class ParticipantsView(StudyView, generics.ListAPIView):
    """Everybody who has come in, the newest first: also those who have withdrawn."""

    serializer_class = ParticipantSerializer

    def get_queryset(self) -> QuerySet[Participant]:
        return Participant.objects.none() if self.schema_only else roster.participants(self.study())
