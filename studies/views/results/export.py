"""The export of a study as a zip that streams."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from inference.services import StoreError
from studies.access import get_study_or_404
from studies.exports import archive
from studies.exports.levels import INTERNAL, PUBLIC
from studies.models import Role
from studies.views.researcher.answers import refusal


@login_required
@never_cache
@require_safe
def export(request: HttpRequest, pk: int) -> HttpResponseBase:
    """`?truth=1` puts the hidden truths in as well; `?level=public` is what may be given to everybody."""
    study = get_study_or_404(request.user, pk, Role.VIEWER)
    level = PUBLIC if request.GET.get("level") == PUBLIC else INTERNAL
    try:
        blocks = archive.stream(study, truth=request.GET.get("truth") == "1", level=level)
    except StoreError as error:
        return refusal(request, error, study.get_absolute_url())
    response = StreamingHttpResponse(blocks, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{archive.filename(study, level)}"'
    return response
