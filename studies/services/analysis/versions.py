"""The analysis of a study: as the first ballot locked it, and as it was decided again later, in listed versions.

What people were asked (k, pool, texts) never changes. How the same ballots are read may: n, the tie rule, whose
ballots are left out, confidence and resamples. Each version says why; the latest is what is reported.
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from studies import results
from studies.errors import LifecycleError
from studies.models import AnalysisVersion, Study, TieRule
from studies.services.analysis.plan import ANALYSIS, Plan, of, problem

MAX_REASON = 2000


@dataclass(frozen=True)
class Analysis:
    """How the ballots of a study are read. number: of the version; 1 is what the protocol says."""

    number: int
    ensemble_size: int
    tie_rule: str
    plan: Plan

    def as_mapping(self) -> dict[str, Any]:
        """All that a version may change, by name."""
        parts = {name: getattr(self.plan, name) for name in ANALYSIS}
        return {"ensemble_size": self.ensemble_size, "tie_rule": self.tie_rule, **parts}

    @property
    def sha256(self) -> str:
        """Of the canonical JSON of all that a version may change."""
        return hashlib.sha256(json.dumps(self.as_mapping(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def locked(study: Study) -> Analysis:
    """What the protocol says, frozen or not yet."""
    return Analysis(1, study.ensemble_size, study.tie_rule, of(study))


def current(study: Study) -> Analysis:
    """The latest version: what is reported. At most one query; none where the versions were prefetched."""
    made = list(study.analysis_versions.all())
    return analysis(study, made[-1]) if made else locked(study)


def as_read(study: Study) -> Study:
    """The study with n, tie rule and plan of the latest version, to count and choose by. Never save it."""
    now = current(study)
    read = copy.copy(study)
    read.ensemble_size, read.tie_rule, read.plan = now.ensemble_size, now.tie_rule, now.plan.as_mapping()
    return read


def analysis(study: Study, version: AnalysisVersion) -> Analysis:
    """What a version says, whole."""
    whole = locked(study).as_mapping() | version.changes
    return _analysis(study, version.number, whole)


def _analysis(study: Study, number: int, whole: dict[str, Any]) -> Analysis:
    plan = dataclasses.replace(of(study), **{name: whole[name] for name in ANALYSIS})
    return Analysis(number, whole["ensemble_size"], whole["tie_rule"], plan)


def listed(study: Study) -> tuple[results.AnalysisVersion, ...]:
    """The protocol's own as number 1, then those made since. At most one query."""
    first = results.AnalysisVersion(
        number=1,
        made_at=results.written(study.frozen_at),
        reason="",
        changes={},
        analysis=locked(study).as_mapping(),
        sha256=locked(study).sha256,
    )
    return (first, *(told(study, row) for row in study.analysis_versions.all()))


def told(study: Study, row: AnalysisVersion) -> results.AnalysisVersion:
    """A version as results tell it."""
    return results.AnalysisVersion(
        number=row.number,
        made_at=results.written(row.made_at),
        reason=row.reason,
        changes=row.changes,
        analysis=analysis(study, row).as_mapping(),
        sha256=row.sha256,
    )


def add(study: Study, user: User, /, *, reason: str, **values: Any) -> AnalysisVersion:
    """A further version, of values by the names of `Analysis.as_mapping`; what is left out stays as it is now.

    Raises LifecycleError before the protocol is frozen, without a reason, for values that cannot be, and when
    nothing would differ from the version before.
    """
    with transaction.atomic():
        current_study = Study.objects.select_for_update().get(pk=study.pk)
        before = current(current_study)
        whole = before.as_mapping() | values
        if sentence := _refusal(current_study, reason, values) or _problem(current_study, whole):
            raise LifecycleError(sentence, status=400)
        number = before.number + 1
        made = _analysis(current_study, number, whole)
        if made.sha256 == before.sha256:
            raise LifecycleError(f"Nothing differs from version {before.number}: change what shall be analysed anew.")
        first = locked(current_study).as_mapping()
        changes = {name: value for name, value in made.as_mapping().items() if value != first[name]}
        return AnalysisVersion.objects.create(
            study=study, number=number, changes=changes, reason=reason.strip(), made_by=user, sha256=made.sha256
        )


def _refusal(study: Study, reason: str, values: dict[str, Any]) -> str:
    if study.frozen_at is None:
        return "There are no votes yet: change the protocol itself."
    if unknown := sorted(set(values) - set(locked(study).as_mapping())):
        return f"“{unknown[0]}” cannot be changed after the first ballot."
    if not reason.strip():
        return "Say why the analysis changes: it stands in every report."
    return "" if len(reason) <= MAX_REASON else f"Say why in at most {MAX_REASON:,} characters."


def _problem(study: Study, whole: dict[str, Any]) -> str:
    n = whole["ensemble_size"]
    if not isinstance(n, int) or isinstance(n, bool) or not 1 <= n <= study.pool_size:
        return f"The ensemble size n must be a whole number from 1 to {study.pool_size}."
    if whole["tie_rule"] not in TieRule.values:
        return "Choose one of the tie rules."
    return problem(study.plan | {name: whole[name] for name in ANALYSIS}, ask_label=study.ask_label)
