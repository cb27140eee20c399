"""The list of studies, and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from inference.services import catalogue
from studies.access import get_study_or_404, has_role
from studies.forms import AdditionForm, ItemsForm, MemberForm
from studies.models import GroundTruth, Item, Participant, Role, Study, StudyState
from studies.services.candidates import drawing
from studies.services.design import translations
from studies.views.researcher.overview import next_step, participation
from studies.views.researcher.texts import overview


@login_required
@require_safe
def studies(request: HttpRequest) -> HttpResponse:
    mine = _counted(Study.objects.for_user(request.user))
    return render(request, "studies/researcher/list.html", {"studies": mine})


def _counted(studies: QuerySet[Study]) -> QuerySet[Study]:
    """Counts as subqueries: joined together they would multiply each other."""
    same = Study.objects.filter(pk=OuterRef("pk")).order_by().values("pk")
    counted = Participant.objects.counted().filter(study=OuterRef("pk")).order_by().values("study")
    real = counted.annotate(n=Count("pk", filter=Q(simulated=False, finished_at__isnull=False)))
    simulated = counted.annotate(n=Count("pk", filter=Q(simulated=True)))
    items = Item.objects.filter(study=OuterRef("pk")).order_by().values("study")
    made = items.annotate(n=Sum("jobs__count", filter=~Q(jobs__derivation={})))
    return studies.annotate(
        item_count=Coalesce(Subquery(same.annotate(n=Count("items")).values("n")), 0),
        added=Coalesce(Subquery(same.annotate(n=Sum("additions__count")).values("n")), 0),
        made=Coalesce(Subquery(made.values("n")), 0),
        wanted=F("item_count") * (F("pool_size") + F("added")) + F("made"),
        drawn=Coalesce(Subquery(same.annotate(n=Count("items__jobs__samples")).values("n")), 0),
        finished=Coalesce(Subquery(real.values("n")), 0),
        simulated=Coalesce(Subquery(simulated.values("n")), 0),
    )


@login_required
@require_safe
def study(request: HttpRequest, pk: int) -> HttpResponse:
    shown = get_study_or_404(request.user, pk, Role.VIEWER)
    context, may_change = drawing_context(request, shown), drawing.may_change(shown)
    context = {
        **context,
        "additions": list(shown.additions.select_related("weights")),
        "pools_may_change": may_change,
        "addition_form": AdditionForm(catalogue=catalogue(), study=shown)
        if may_change and context["can_edit"]
        else None,
        "link": request.build_absolute_uri(reverse("studies:welcome", args=[shown.slug])),
        "languages": overview(shown),
        "own_language": translations.name(shown.language),
        "truths": set(GroundTruth.objects.filter(item__study=shown).values_list("item_id", flat=True)),
        "items_form": ItemsForm(),
        "member_form": MemberForm(),
        "memberships": shown.memberships.select_related("user").order_by("user__username"),
    }
    return render(request, "studies/researcher/study.html", context)


def drawing_context(request: HttpRequest, study: Study) -> dict[str, Any]:
    """What the drawing panel and the next step show; also the whole of the polled fragment."""
    progress = drawing.progress(study)
    took_part = participation(study)
    return {
        "study": study,
        "progress": progress,
        "participation": took_part,
        "next_step": next_step(study, progress, took_part),
        "items_may_change": study.state != StudyState.OPEN and study.frozen_at is None and not took_part.anybody,
        "complete": 0 < progress.total == progress.done,
        "can_edit": has_role(request.user, study, Role.EDITOR),
        "can_own": has_role(request.user, study, Role.OWNER),
    }
