"""How commands are told which study is meant."""

from __future__ import annotations

from studies.errors import StudyError
from studies.models import Study

HELP = "number of the study, the last part of its participants' link, or its exact name"


def find_study(text: str) -> Study:
    """The study with this primary key, else this slug, else exactly this name; raises StudyError."""
    if text.isdecimal() and len(text) < 19 and (study := Study.objects.filter(pk=int(text)).first()):
        return study
    if study := Study.objects.filter(slug=text).first():
        return study
    named = list(Study.objects.filter(name=text)[:2])
    if len(named) > 1:
        raise StudyError(f"Several studies are named “{text}”: give the number of the one you mean.", status=409)
    if not named:
        raise StudyError(f"There is no study “{text}”: give the {HELP}.", status=404)
    return named[0]
