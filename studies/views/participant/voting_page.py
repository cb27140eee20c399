"""What the templates of a trial are told: the label step, the candidates, and the last look at the picks."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any

from django.urls import reverse

from studies.models import CANNOT_TELL, Observation, Participant, Study, Trial
from studies.services import voting
from studies.services.design import texts
from studies.services.screens import findings, viewing
from studies.services.trials import observing, paging, regions, rules
from studies.views.participant.pages import progress, whose

STEPS = ("label", "draft", "ballot")
SHORT_LABEL = 3  # letters; labels of at most this length stand in a grid of small buttons


def context(participant: Participant, current: Trial) -> dict[str, Any]:
    """Everything beside the study and how far the participant has come."""
    study = participant.study
    trial: Any = voting.for_page(current)  # with two annotations
    return (
        progress(participant, trial)
        | shown(study, trial, participant.language)
        | {
            "draft": _draft(trial),
            "next": _next(study, trial.following),
            "key": _key(participant, trial),
            "observation": observing.as_json(_observation(trial)),
            "bundle": reverse("studies:candidates", args=[study.slug, trial.number]),
            "send_to": {step: reverse(f"studies:{step}", args=[study.slug, trial.number]) for step in STEPS},
        }
    )


def shown(study: Study, trial: Any, language: str) -> dict[str, Any]:
    """What does not depend on who looks at it. trial: with `pool`, how many candidates there are"""
    said = texts.of(study, language)
    return {
        "trial": trial,
        "step": "label" if study.ask_label and not trial.label else "candidates",
        "texts": said,
        "cannot_tell": CANNOT_TELL,
        "given": next((shown for shown, own in said.labels if own == trial.label), trial.label),
        "short_labels": are_short(said),
        "most": study.max_picks,
        "least": rules.least_picks(study, trial.label),
        **_screen(study),
        **_candidates(study, trial),
    }


def are_short(said: texts.Texts) -> bool:
    """Whether the labels fit a grid of small buttons."""
    return all(_width(shown) <= SHORT_LABEL for shown, _ in said.labels)


def _width(text: str) -> int:
    """In letters; those of Chinese and the like are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _candidates(study: Study, trial: Any) -> dict[str, Any]:
    """trial: as `voting.for_page` gives it"""
    sizes = paging.page_sizes(trial.pool, paging.page_count(trial.pool, study.page_size))
    columns, rows = regions.grid(trial.item.low_res)
    review = len(sizes) > 1 or study.ask_confidence or bool(study.region)
    squares = [(row, column) for row in range(1, rows + 1) for column in range(1, columns + 1)]
    return {"sizes": sizes, "review": review, "columns": columns, "squares": squares}


def _next(study: Study, number: int | None) -> str:
    """Where the pictures of the next trial are, to be loaded ahead: without candidates where a label comes first."""
    if number is None:
        return ""
    address = reverse("studies:candidates", args=[study.slug, number])
    return f"{address}?low=1" if study.ask_label else address


def _draft(trial: Trial) -> str:
    """The answer so far, as the script takes it."""
    return json.dumps({"picks": trial.draft, "confidence": trial.draft_confidence, "region": trial.draft_region})


def _screen(study: Study) -> dict[str, Any]:
    """What the study asks of the pixel ratio also while people answer, and whether it warns or blocks."""
    asked = viewing.rules(study)
    ratio = [one for one in findings.findings(asked, None) if one.rule in viewing.RATIOS]
    return {"ratio_rules": ratio, "ratio_action": asked.on_failure}


def _key(participant: Participant, trial: Any) -> str:
    """Under which the browser keeps what is not sent yet: of nobody else, and of no other order of candidates."""
    study = participant.study
    shown = f"{trial.pool} of {study.seed} on pages of {study.page_size}"
    return f"{whose(participant)}/{hashlib.sha256(shown.encode()).hexdigest()[:8]}/{trial.number}"


def _observation(trial: Trial) -> Observation | None:
    return trial.observation if hasattr(trial, "observation") else None
