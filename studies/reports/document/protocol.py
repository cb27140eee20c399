"""What was asked of people and decided beforehand, what was decided later, and with which versions it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studies.reports.blocks import Block, Facts, Grid, Heading, Points, Text
from studies.reports.source import NONE, Source, day
from studies.reports.tables import Table
from studies.results import AnalysisVersion, Protocol, StudyResults
from studies.services.analysis.analysis_words import RULES, differences, tie_rule

_STOPPING = {
    "": "when a researcher closes the study",
    "count": "at a number of participants",
    "precision": "when the leading label of every image is known well enough",
    "consensus": "when every image has a label that more than half see, by its e-value",
}


def blocks(source: Source) -> Iterator[Block]:
    found = source.results
    yield Heading("Protocol", 1, "protocol", new_page=True)
    locked = f"Frozen by the first ballot on {day(found.frozen_at)}." if found.frozen_at else "Not frozen: no ballots."
    yield Text(f"{locked} sha256 of the protocol: {found.protocol_sha256}.")
    yield Facts(tuple(_asked(found.protocol)))
    yield Heading("Samples", 2, "samples")
    yield Grid(_families(found))
    yield Heading("Analysis plan", 2, "plan")
    yield Facts(tuple(_plan(found)))
    yield Heading("Deviations", 2, "deviations")
    yield from _deviations(found)
    yield Heading("Software and weights", 2, "versions")
    versions = source.document["versions"]
    packages = ", ".join(f"{name} {one}" for name, one in versions["packages"].items())
    yield Facts((("TrustSR", str(versions["code"])), ("Packages", packages)))
    yield Text("Versions at the time of this report; the job of each sample keeps those of its own drawing.", "small")


def _asked(asked: Protocol) -> Iterator[tuple[str, str]]:
    yield "Question", asked.question
    yield "Labels", ", ".join((*asked.labels, "cannot tell")) if asked.ask_label else "not asked"
    yield "Candidates per image, m", str(asked.pool_size + sum(one.count for one in asked.additions))
    yield "Picks per ballot, k", f"{'exactly' if asked.exact_picks else 'at most'} {asked.max_picks}"
    yield "Ensemble size, n", str(asked.ensemble_size)
    yield "Ties at the cut", tie_rule(asked.tie_rule)
    yield "Random control", f"{asked.control_draws} draws of as many samples"
    yield "Candidates on a page", "all" if asked.page_size >= asked.pool_size else str(asked.page_size)
    yield "Marked part of the image", asked.region or "not asked"
    yield "Confidence of the pick", "asked" if asked.ask_confidence else "not asked"
    yield "Repeated images", str(asked.repeats)
    yield "Participants wanted", str(asked.target_participants)
    yield "Viewing conditions", _settings(asked.viewing) or "not checked"
    yield "Consent text (sha256)", asked.consent_sha256
    yield "Seed", str(asked.seed)


def _families(found: StudyResults) -> Table:
    rows = tuple(
        (family.name, family.weights_sha256[:16], str(family.candidates), str(family.votes), str(family.chosen))
        for family in found.families
    )
    asked = found.protocol
    notes = [f"Scale {asked.scale}; settings of {asked.sampler}: {_settings(asked.settings) or 'defaults'}."]
    notes += [f"Settings of {one.sampler}: {_settings(one.settings) or 'defaults'}." for one in asked.additions]
    header = ("Model and weights", "sha256, beginning", "Samples", "Votes", "In ensembles")
    return Table("Where the samples come from", header, rows, tuple(notes))


def _plan(found: StudyResults) -> Iterator[tuple[str, str]]:
    if not found.analysis_versions:
        yield "Plan", "nobody is left out; nothing stops the study"
        return
    locked, plan = found.analysis_versions[0].analysis, found.protocol.plan
    screens = [name for name in RULES if locked.get(name)]
    for name in screens:
        value = locked[name]
        yield f"Left out: {RULES[name]}", "yes" if value is True else f"{value:g}"
    if not screens:
        yield "Left out", "nobody"
    yield "Study ends", _STOPPING.get(plan.get("stopping", ""), plan.get("stopping", ""))
    if plan.get("stopping"):
        yield "At the latest at", f"{plan['most_participants']} participants"
    yield "Confidence of intervals", f"{locked['confidence']:g}"
    yield "Bootstrap resamples", str(locked["resamples"])
    yield "sha256 of the analysis", found.analysis_versions[0].sha256


def _deviations(found: StudyResults) -> Iterator[Block]:
    stopped = list(_stopping(found))
    if stopped:
        yield Points(tuple(stopped))
        if found.state_changes:
            yield Grid(_changes(found))
    if len(found.analysis_versions) > 1:
        yield Text(
            "The analysis was decided anew after the first ballot. The last version is reported; what the locked one "
            "gives stands beside each image."
        )
        rows = tuple(_version(version) for version in found.analysis_versions)
        yield Grid(Table("Versions of the analysis", ("Version", "Made", "Changed", "Reason", "sha256"), rows))
    elif not stopped:
        kept = ", and the study ended by its rule" if found.closed_at and found.protocol.plan.get("stopping") else ""
        yield Text(f"There are none: the analysis is what the protocol locked{kept}.")


def _stopping(found: StudyResults) -> Iterator[str]:
    """What of opening and closing was not as planned, since the first ballot."""
    rule = bool(found.protocol.plan.get("stopping"))
    changes = found.state_changes
    for number, change in enumerate(changes):
        if not found.frozen_at or change.made_at < found.frozen_at:
            continue
        if change.state == "closed" and rule and not change.met:
            yield f"On {day(change.made_at)} the study was closed before its rule to stop was met. {change.why}"
        if change.state == "open" and number:
            yield f"On {day(change.made_at)} the study was opened again. {change.why}"
    if found.closed_at and rule and (not changes or changes[-1].state != "closed"):
        yield "Whether the rule to stop was met when the study was closed was not recorded."


def _changes(found: StudyResults) -> Table:
    rows = tuple(
        (
            day(change.made_at),
            change.state + (" by its rule" if change.by_rule else ""),
            str(change.finished),
            "yes" if change.met else "no",
        )
        for change in found.state_changes
    )
    return Table("When the study took ballots", ("When", "Became", "Participants finished", "Rule to stop met"), rows)


def _version(version: AnalysisVersion) -> tuple[str, ...]:
    changed = "; ".join(differences(version.changes)) or "as locked"
    return str(version.number), day(version.made_at), changed, version.reason or NONE, version.sha256[:16]


def _settings(values: Mapping[str, Any]) -> str:
    """“steps 50, eta 1”."""
    return ", ".join(f"{name.replace('_', ' ')} {_value(value)}" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
