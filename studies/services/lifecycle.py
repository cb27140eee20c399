"""A study from draft to open to closed, and what may still be changed on the way."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from studies.errors import LifecycleError
from studies.models import Imported, RatingPhase, Role, Study, StudyMembership, StudyState
from studies.services.analysis import evidence
from studies.services.candidates import additions, drawing
from studies.services.design import items, pictures, translations
from studies.services.design.protocol import complete_settings, normal_plan, normal_viewing, validate_protocol
from studies.services.trials import flow

__all__ = ["close_study", "create_study", "delete_study", "open_study", "update_protocol", "validate_protocol"]

#: Fields of the protocol that decide which samples there are.
POOL_FIELDS = frozenset({"pool_size", "weights", "settings", "seed"})
OTHER_FIELDS = frozenset({"name", "target_participants"})


def create_study(owner: User, **fields: Any) -> Study:
    """A new draft that belongs to `owner`. Raises LifecycleError (400) naming everything that is wrong."""
    _refuse_problems(fields)
    fields["settings"] = complete_settings(fields["weights"], fields.get("settings", {}))
    fields["viewing"] = normal_viewing(fields.get("viewing", {}))
    fields["plan"] = normal_plan(fields.get("plan", {}))
    with transaction.atomic():
        study = Study.objects.create(**fields)
        StudyMembership.objects.create(study=study, user=owner, role=Role.OWNER)
    return study


def update_protocol(study: Study, **fields: Any) -> Study:
    """Change fields of a study; the given object is brought up to date and returned.

    Raises LifecycleError when the first ballot has frozen the protocol, or when what decides the samples would
    change while people may vote. New pool fields unlink the jobs of all items: `drawing.start` draws anew, but not
    what was made from two samples (`drawing.made_from_others` tells that there is such).
    Answers that were begun but not yet given are cleared: they belong to another protocol.
    """
    if unknown := set(fields) - set(Study.PROTOCOL) - OTHER_FIELDS:
        raise LifecycleError(f"“{min(unknown)}” is not part of a study's protocol.", status=400)
    with transaction.atomic():
        current = Study.objects.select_for_update().get(pk=study.pk)
        _refuse_problems(_fields(current) | fields)
        changed = _changes(current, fields)
        if POOL_FIELDS & set(changed) and (reason := additions.conflict(current, changed)):
            raise LifecycleError(reason, status=400)
        if reason := translations.conflict(current, changed):
            raise LifecycleError(reason, status=400)
        if current.state == StudyState.OPEN and (reason := items.conflict(current, changed)):
            raise LifecycleError(reason, status=400)
        if set(changed) & set(Study.PROTOCOL):
            _change_protocol(current, changed)
        elif changed:
            Study.objects.filter(pk=study.pk).update(**changed)
    study.refresh_from_db()
    return study


def _changes(study: Study, fields: dict[str, Any]) -> dict[str, Any]:
    """Those of the fields that are new; settings that only leave defaults out or write them out are not."""
    values = _fields(study)
    for name, normal in (("viewing", normal_viewing), ("plan", normal_plan)):
        if name in fields:
            fields = fields | {name: normal(fields[name])}
    changed = {name: value for name, value in fields.items() if values[name] != value}
    if {"settings", "weights"} & set(changed):
        whole = values | fields
        changed["settings"] = complete_settings(whole["weights"], whole["settings"])
        if "weights" not in changed and changed["settings"] == complete_settings(study.weights, study.settings):
            del changed["settings"]
    return changed


def _fields(study: Study) -> dict[str, Any]:
    return {name: getattr(study, name) for name in (*Study.PROTOCOL, *OTHER_FIELDS)}


def _refuse_problems(fields: dict[str, Any]) -> None:
    if found := validate_protocol(fields):
        raise LifecycleError(" ".join(found.values()), status=400)


def _change_protocol(study: Study, changed: dict[str, Any]) -> None:
    pool_changes = POOL_FIELDS & set(changed)
    if pool_changes and study.state == StudyState.OPEN:
        raise LifecycleError("The study is open: close it before you change what is drawn.")
    # The condition decides, not the row read above: a ballot may have come in between.
    if not Study.objects.filter(pk=study.pk, frozen_at=None).update(**changed):
        raise LifecycleError("The first ballot has frozen this protocol: make a new study for another one.")
    if pool_changes:
        drawing.detach(study)
    translations.follow(study, changed)
    flow.forget(study, set(changed))
    drawing.forget_answers(study)


def open_study(study: Study) -> Study:
    """Let people take part; a closed study opens again. Raises LifecycleError when it is not ready."""
    with transaction.atomic():
        current = Study.objects.select_for_update().get(pk=study.pk)
        if current.state == StudyState.OPEN:
            raise LifecycleError("The study is open already.")
        if Imported.objects.filter(study=current).exists():
            raise LifecycleError("This study was imported, as evidence: it cannot be opened again.")
        if current.state == StudyState.CLOSED and RatingPhase.objects.filter(study=study, opened_at__isnull=False):
            raise LifecycleError("People rate pictures made of these votes: the study takes no more.")
        _refuse_problems(_fields(current))
        if reason := drawing.missing(current) or items.conflict(current, {}) or _missing_pictures(current):
            raise LifecycleError(reason)
        Study.objects.filter(pk=study.pk).exclude(state=StudyState.OPEN).update(
            state=StudyState.OPEN, opened_at=current.opened_at or timezone.now(), closed_at=None
        )
    study.refresh_from_db()
    return study


def _missing_pictures(study: Study) -> str:
    names = pictures.missing(study)
    return f"The texts show a picture “{names[0]}” that is not there: upload it, or take it out." if names else ""


def close_study(study: Study) -> Study:
    """Stop taking ballots, and ask for the ensembles. Raises LifecycleError when the study is not open."""
    changed = Study.objects.filter(pk=study.pk, state=StudyState.OPEN).update(
        state=StudyState.CLOSED, closed_at=timezone.now()
    )
    if not changed:
        raise LifecycleError("The study is not open, so it cannot be closed.")
    study.refresh_from_db()
    evidence.request(study)
    return study


def delete_study(study: Study) -> None:
    """Delete a study that nobody has voted in, with its items. Raises LifecycleError for any other."""
    with transaction.atomic():
        current = Study.objects.select_for_update().get(pk=study.pk)
        if current.state == StudyState.OPEN:
            raise LifecycleError("The study is open: close it before you delete it.")
        if current.frozen_at is not None:
            raise LifecycleError("People have voted in this study: it is evidence and is kept.")
        drawing.detach(current)
        current.delete()
