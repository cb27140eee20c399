"""Who takes part, by pseudonym: how far they are, when they were last seen, and by which door they came."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, CharField, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from studies.models import Participant, Rating, Study
from studies.services.people import places, recruiting


class State(models.TextChoices):
    """What has become of a participant."""

    IN_PROGRESS = "in progress", "in progress"
    FINISHED = "finished", "finished"
    ABANDONED = "abandoned", "abandoned"
    FAILED = "failed check", "failed check"
    WITHDRAWN = "withdrawn", "withdrawn"


def participants(study: Study, *, state: str = "", search: str = "", with_ids: bool = False) -> QuerySet[Participant]:
    """The newest first, each with `.state`, `.given` answers and `.asked` of them, identity and invitation.

    Answers are ballots and ratings.

    search: the beginning of a pseudonym; with_ids: also that of an id with the recruiter
    """
    rows = study.participants.annotate(
        state=_state(study),
        asked=Count("trials") + _ratings(Rating.objects.all()),
        given=Count("trials__ballot") + _ratings(Rating.objects.exclude(answered_at=None)),
    ).select_related("identity", "invitation")
    if state:
        rows = rows.filter(state=state)
    if search:
        named = Q(identity__external_id__istartswith=search) if with_ids else Q()
        rows = rows.filter(Q(code__istartswith=search) | named)
    return rows.order_by("-pk")


def _ratings(rows: QuerySet[Rating]) -> Coalesce:
    """How many of these are a participant's."""
    own = rows.filter(rater__participant=OuterRef("pk")).order_by().values("rater").annotate(n=Count("pk"))
    return Coalesce(Subquery(own.values("n")), 0)


def counts(study: Study) -> dict[str, int]:
    """State -> how many people; simulated participants are not among them."""
    rows = study.participants.filter(simulated=False).order_by().annotate(state=_state(study))
    found = dict(rows.values_list("state").annotate(n=Count("pk")))
    return {state.value: found.get(state.value, 0) for state in State}


def _state(study: Study) -> Case:
    """Whoever was not seen for the study's release time has abandoned it, until they come back."""
    idle = timezone.now() - places.release(recruiting.of(study))
    return Case(
        When(withdrawn_at__isnull=False, then=Value(State.WITHDRAWN.value)),
        When(finished_at__isnull=False, then=Value(State.FINISHED.value)),
        When(failed_at__isnull=False, then=Value(State.FAILED.value)),
        When(last_seen_at__lt=idle, then=Value(State.ABANDONED.value)),
        default=Value(State.IN_PROGRESS.value),
        output_field=CharField(),
    )
