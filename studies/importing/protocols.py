"""The protocol of an imported study: its row, its texts in further languages, additions and pictures. It is closed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from inference.models import Weights
from studies.errors import StudyError
from studies.importing.pools import WeightsKey
from studies.importing.reading import closing, fitting, moment, zoned
from studies.models import (
    Addition,
    AnalysisVersion,
    Role,
    StateChange,
    Study,
    StudyMembership,
    StudyPicture,
    StudyState,
    StudyText,
)
from studies.services.analysis import versions
from studies.services.design.protocol import validate_protocol, whole_number
from studies.services.design.texts import WORDS

_TEXTS = ("language", "labels", "feedback", *WORDS)
#: What another installation may not know, and need not to keep what was drawn.
_MAY_BE_UNKNOWN = {"weights", "settings"}


def create(results: dict[str, Any], setting: dict[str, Any], known: dict[WeightsKey, Weights], owner: User) -> Study:
    """Raises StudyError for a protocol that could not be one here."""
    protocol = results["protocol"]
    fields = {name: protocol[name] for name in Study.PROTOCOL if name in protocol and name != "weights"}
    fields |= {"name": results["name"], "target_participants": protocol["target_participants"]}
    fields["weights"] = _weights(protocol, known)
    problems = {name: said for name, said in validate_protocol(fields).items() if name not in _MAY_BE_UNKNOWN}
    if problems:
        raise StudyError(f"The protocol cannot be one: {' '.join(problems.values())}")
    times = {name: moment(results[name]) for name in ("opened_at", "frozen_at", "closed_at")}
    times["created_at"] = moment(results["created_at"]) or timezone.now()
    times["closed_at"] = closing(times["opened_at"], times["closed_at"], "The study")
    study = fitting(Study(**fields, **times, state=StudyState.CLOSED), "The protocol")
    study.save()
    StudyMembership.objects.create(study=study, user=owner, role=Role.OWNER)
    for text in protocol["translations"]:
        said = {name: text[name] for name in _TEXTS}
        fitting(StudyText(study=study, **said), "The translations").save()
    for added in protocol["additions"]:
        more = {name: added[name] for name in ("count", "settings")}
        fitting(Addition(study=study, weights=_weights(added, known), **more), "The additions").save()
    for picture in setting["pictures"]:
        known_by = {name: picture[name] for name in ("name", "sha256")}
        fitting(StudyPicture(study=study, **known_by), "The pictures").save()
    for version in results["analysis_versions"][1:]:  # the first is the protocol's own
        _version(study, version)
    for change in results.get("state_changes", []):  # of exports since they are kept
        plain = {name: change[name] for name in ("state", "by_rule", "finished", "met", "why")}
        row = StateChange(study=study, made_at=zoned(change["made_at"]), **plain)
        fitting(row, "What opened and closed the study").save()
    return study


def _version(study: Study, facts: dict[str, Any]) -> None:
    """Who made it stays where it was made."""
    where = f"Analysis version {facts['number']}"
    plain = {name: facts[name] for name in ("number", "changes", "reason", "sha256")}
    row = fitting(AnalysisVersion(study=study, made_at=zoned(facts["made_at"]), **plain), where)
    n = facts["analysis"]["ensemble_size"]
    if whole_number(n, 1, study.pool_size, "n") or versions.analysis(study, row).sha256 != row.sha256:
        raise StudyError(f"{where} is not what its sha256 names.")
    row.save()


def _weights(source: dict[str, Any], known: dict[WeightsKey, Weights]) -> Weights:
    key = source["sampler"], source["weights"], source["weights_sha256"]
    if key not in known:
        raise StudyError(f"study.json says nothing of the weights {key[0]}/{key[1]}.")
    return known[key]
