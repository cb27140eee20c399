"""A study from draft to open to closed, and what may still be changed on the way."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from studies.errors import LifecycleError
from studies.models import Imported, RatingPhase, Role, StateChange, Study, StudyMembership, StudyState
from studies.services.analysis import evidence, stopping
from studies.services.analysis.stopping import Stop
from studies.services.candidates import additions, drawing
from studies.services.design import items, pictures, translations
from studies.services.design.protocol import complete_settings, normal_plan, normal_viewing, validate_protocol
from studies.services.trials import flow

__all__ = [
    "close_due",
    "close_study",
    "create_study",
    "delete_study",
    "open_study",
    "update_protocol",
    "validate_protocol",
]

log = logging.getLogger(__name__)

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


def open_study(study: Study, user: User | None = None) -> Study:
    """Let people take part; a closed study opens again, which its report tells. Raises LifecycleError when not ready.

    user: who opens it, to be kept
    """
    far = stopping.state(study)
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
        _keep(study, StudyState.OPEN, far, user)
    study.refresh_from_db()
    return study


def _missing_pictures(study: Study) -> str:
    names = pictures.missing(study)
    return f"The texts show a picture “{names[0]}” that is not there: upload it, or take it out." if names else ""


def close_study(study: Study, user: User | None = None) -> Study:
    """Stop taking ballots, and ask for the ensembles. Raises LifecycleError when the study is not open.

    user: who closes it, to be kept beside what the rule to stop said then
    """
    return _close(study, stopping.state(study), user)


def close_due() -> int:
    """Close every open study whose rule is met, where its plan says so; how many. Harmless when repeated."""
    return sum(map(_close_due, Study.objects.filter(state=StudyState.OPEN, plan__close_when_reached=True)))


def _close_due(study: Study) -> bool:
    try:
        far = stopping.state(study)
        if not (far.met and far.closes):
            return False
        _close(study, far, by_rule=True)
    except LifecycleError:  # somebody was first
        return False
    except Exception:  # the other studies' turn comes all the same
        log.exception("Whether study %s is to be closed could not be found", study.pk)
        return False
    log.info("Study %s was closed: %s", study.pk, far.why)
    return True


def _close(study: Study, far: Stop, user: User | None = None, *, by_rule: bool = False) -> Study:
    now = timezone.now()
    with transaction.atomic():
        row = Study.objects.filter(pk=study.pk, state=StudyState.OPEN)
        if not row.update(state=StudyState.CLOSED, closed_at=now):
            raise LifecycleError("The study is not open, so it cannot be closed.")
        _keep(study, StudyState.CLOSED, far, user, by_rule=by_rule)
    study.refresh_from_db()
    evidence.request(study)
    return study


def _keep(study: Study, state: StudyState, far: Stop, user: User | None, *, by_rule: bool = False) -> None:
    """far: found before the change, as counting may take longer than others can wait for their writing"""
    StateChange.objects.create(
        study=study, state=state, made_by=user, by_rule=by_rule, finished=far.finished, met=far.met, why=far.why
    )


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
