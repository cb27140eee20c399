"""The rating phase of an imported study: its settings, and the pictures that were rated. It is closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inference import store
from studies.errors import StudyError
from studies.importing.pools import Pool
from studies.importing.reading import closing, fitting, moment
from studies.models import GroundTruth, Kind, Method, RatingPhase, Stimulus, StimulusKind, Study
from studies.models.rating import MAX_PER_PERSON
from studies.services.opinions import rating_phase, stimuli

#: Item and condition of a picture.
Shown = dict[tuple[int, str], Stimulus]

_SETTINGS = ("mode", "who", "instructions", "hidden_reference", "anchors", "repeats", "seed")
#: Of phases as they were before there were such settings.
_ADDED: dict[str, Any] = {"translations": {}, "per_person": MAX_PER_PERSON}


def create(study: Study, facts: dict[str, Any], pools: Mapping[int, Pool], methods: Mapping[str, Method]) -> Shown:
    """The phase and its stimuli. facts: `rating` of study.json"""
    phase = _phase(study, facts)
    found: Shown = {}
    for one in facts["stimuli"]:
        key = one["item"], one["condition"]
        if key in found:
            raise StudyError(f"{_where(one)}: study.json has it twice.")
        found[key] = _stimulus(phase, one, pools, methods)
    return found


def _phase(study: Study, facts: dict[str, Any]) -> RatingPhase:
    times = {name: moment(facts["times"][name]) for name in ("opened_at", "closed_at")}
    if times["opened_at"] is not None:
        times["closed_at"] = closing(times["opened_at"], times["closed_at"], "The rating phase")
    settings = {name: facts["settings"][name] for name in _SETTINGS}
    settings |= {name: facts["settings"].get(name, before) for name, before in _ADDED.items()}
    phase = fitting(RatingPhase(study=study, **settings, **times), "The rating phase")
    if not _texts(phase.translations):
        raise StudyError("The rating phase: the translations of its instructions are malformed.")
    if max(map(len, (phase.instructions, *phase.translations.values()))) > rating_phase.MAX_INSTRUCTIONS:
        raise StudyError("The rating phase: its instructions are too long to be stored here.")
    phase.save()
    return phase


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _stimulus(
    phase: RatingPhase, facts: dict[str, Any], pools: Mapping[int, Pool], methods: Mapping[str, Method]
) -> Stimulus:
    where, pool = _where(facts), pools.get(facts["item"])
    if pool is None or pool.item.kind != Kind.MAIN:
        raise StudyError(f"{where}: the study has no such image that is voted on.")
    method = methods.get(facts["condition"])
    if facts["condition"] != facts["kind"] and (method is None or facts["kind"] != StimulusKind.METHOD):
        raise StudyError(f"{where}: the study has no such method.")
    if not isinstance(facts["provenance"], dict):
        raise StudyError(f"{where}: its provenance is malformed.")
    store.path_name(facts["sha256"], "stimuli", ".png")  # whether it is a sha256 at all
    plain = {name: facts[name] for name in ("kind", "sha256", "provenance")}
    one = fitting(Stimulus(phase=phase, item=pool.item, method=method, **plain), where)
    if one.kind == StimulusKind.REFERENCE:
        _refer(one)
    one.save()
    return one


def _refer(stimulus: Stimulus) -> None:
    """The truth as a stimulus, where truths are inside. Else it is known by its hash, and its ratings count alike."""
    truth = GroundTruth.objects.filter(item=stimulus.item).first()
    if truth is not None:
        stimulus.provenance = {"truth": truth.sha256}
        stimuli.stored(stimulus)


def _where(facts: dict[str, Any]) -> str:
    return f"The rated picture “{facts['condition']}” of item {facts['item']}"
