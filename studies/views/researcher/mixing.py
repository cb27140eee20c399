"""Make more candidates from two of a pool, and take such candidates out again."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from inference.services import RequestError
from studies.access import get_study_or_404
from studies.errors import StudyError
from studies.forms.mixing import FUSION, MixForm
from studies.models import Item, Role
from studies.services.candidates import mixing
from studies.services.candidates.limits import refuse_change
from studies.views.researcher.answers import act, refusal
from studies.views.researcher.pools import Group, mixable

NOTHING = "There are no two candidates of one job here that could be mixed: SRDiff draws such."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def more(request: HttpRequest, pk: int, item_pk: int) -> HttpResponse:
    """Choose two candidates of one job (`?job=`) and what to make of them."""
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    item = get_object_or_404(study.items.select_related("low_res", "study__weights"), pk=item_pk)
    here = reverse("studies:item", args=[study.pk, item.pk])
    try:
        refuse_change(study)
    except StudyError as error:
        return refusal(request, error, here)
    offered = mixable(item)
    asked = request.GET.get("job", "")
    group = next((one for one in offered if str(one.job.pk) == asked), offered[0] if offered else None)
    if group is None:
        return refusal(request, StudyError(NOTHING), here)
    scale = group.job.weights.scale
    size = item.low_res.width * scale, item.low_res.height * scale
    samples = [one.sample for one in group.samples]
    form = MixForm(request.POST or None, samples=samples, kinds=group.mixtures, size=size)
    if request.method == "POST" and form.is_valid() and _made(request, form, item):
        return redirect(f"{here}#pool")
    context = {"study": study, "item": item, "form": form, "group": group, "groups": offered, "size": size}
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "studies/researcher/more.html", {**context, **_shown(form, group)}, status=status)


def _made(request: HttpRequest, form: MixForm, item: Item) -> bool:
    """Whether the pool has them, or will; else the form says why not."""
    values = form.cleaned_data
    first, second, count = values["first"], values["second"], values["count"]
    try:
        if values["kind"] == FUSION:
            facts = {"box": form.box(), "count": count, "step": values["step"], "seed": values["seed"]}
            _, joined = mixing.fuse(item, first, second, **facts)
        else:
            _, joined = mixing.interpolate(item, first, second, count=count)
    except (StudyError, RequestError) as error:
        form.add_error(None, str(error))
        return False
    if joined:
        messages.success(request, f"A worker makes {count} more candidate{'' if count == 1 else 's'} now.")
    else:
        messages.info(request, "These candidates are in the pool already; another seed or pair makes others.")
    return True


def _shown(form: MixForm, group: Group) -> dict[str, object]:
    """The two pictures beside the form, and the region on them, as the form has them."""
    by_pk = {str(one.sample.pk): one for one in group.samples}
    pair = [by_pk.get(str(form[name].value()), group.samples[at]) for at, name in enumerate(("first", "second"))]
    numbers = [str(field.value()) for field in form.region]
    region = numbers if all(number.isdecimal() for number in numbers) else ["0"] * 4
    return {"first": pair[0], "second": pair[1], "region": region}


@login_required
@require_POST
def remove(request: HttpRequest, pk: int, item_pk: int, job_pk: int) -> HttpResponse:
    study = get_study_or_404(request.user, pk, Role.EDITOR)
    item = get_object_or_404(study.items, pk=item_pk)
    job = get_object_or_404(item.jobs.exclude(derivation={}), pk=job_pk)
    here = f"{reverse('studies:item', args=[study.pk, item.pk])}#pool"
    return act(request, lambda: mixing.remove(item, job), "These candidates are no longer in the pool.", here)
