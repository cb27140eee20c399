"""How many people may come in from one address: a robot must not fill a study. Kept in the cache, nowhere else."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from studies.errors import BusyError
from studies.models import Source, Study
from studies.services.people.recruiting import Door

WINDOW = 3600


def refuse_too_many(request: HttpRequest, study: Study, door: Door | None) -> None:
    """Count one more who comes in. Raises BusyError (429) above the limit of an hour.

    A personal link lets in one person, so it is not counted.
    """
    if door is not None and door.source == Source.PERSONAL:
        return
    name = f"enrolments:{study.slug}:{_digest(address(request))}"
    cache.add(name, 0, WINDOW)
    try:
        count = cache.incr(name)
    except ValueError:  # it ran out just now
        return
    if count > settings.TRUSTSR_ENROLMENTS_PER_HOUR:
        raise BusyError(_("Too many people have started from your network: please try again in an hour."), wait=WINDOW)


def address(request: HttpRequest) -> str:
    """Where a request comes from, as the nearest TRUSTSR_PROXIES proxies tell; what came before them may be made up."""
    told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    trusted = settings.TRUSTSR_PROXIES
    return told[-trusted] if 0 < trusted <= len(told) else request.META.get("REMOTE_ADDR", "")


def _digest(text: str) -> str:
    """So that not even the cache holds addresses."""
    return salted_hmac("studies.enrolments", text, algorithm="sha256").hexdigest()[:32]
