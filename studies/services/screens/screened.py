"""A study's viewing checks, summed up."""

from __future__ import annotations

from studies.aggregation.screens import Checked, Screens, summary
from studies.models import Study, ViewingCheck


def screens(study: Study) -> Screens:
    """Of participants who have not withdrawn. Two queries."""
    turned_away = study.participants.filter(withdrawn_at=None, failed_at__isnull=False).count()
    query = ViewingCheck.objects.filter(participant__study=study, participant__withdrawn_at=None)
    fields = ("participant_id", "failed", "measured__pixel_ratio", "measured__zoom")
    rows = query.order_by("participant_id", "pk").values_list(*fields).iterator(chunk_size=5000)
    checks = (Checked(str(person), tuple(failed), ratio, zoom) for person, failed, ratio, zoom in rows)
    return summary(checks, turned_away=turned_away)
