"""What a study's protocol must satisfy, and one sentence for each field that does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf.locale import LANG_INFO

from inference import samplers
from inference.models import Weights
from studies.models import CANNOT_TELL, Region, Study, TieRule
from studies.models.study import MAX_POOL
from studies.services.analysis import plan
from studies.services.design import questionnaire
from studies.services.screens import viewing

MAX_LABELS = 50
MAX_LABEL_LENGTH = 100
MAX_REPEATS = 1000


def validate_protocol(fields: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with these fields of a study, as field -> sentence; empty when nothing is.

    Fields that are missing count with their defaults; values must have the fields' Python types
    (`weights` a Weights row or None, `labels` a list of str, `settings` a dict).
    """
    values = {field.name: field.get_default() for field in Study._meta.concrete_fields} | dict(fields)
    found = {
        "name": _text(values["name"], "Give the study a name."),
        "question": _text(values["question"], "Write the question that participants answer about the LR image."),
        "consent_text": _text(values["consent_text"], "Write the consent text: participants agree to it first."),
        "labels": _labels(values["labels"]) if values["ask_label"] else "",
        "language": "" if values["language"] in LANG_INFO else "Choose the language of the study's texts.",
        "tie_rule": "" if values["tie_rule"] in TieRule.values else "Choose one of the tie rules.",
        "region": "" if values["region"] in Region.values else "Choose how people mark the part that decided.",
        "viewing": viewing.problem(values["viewing"]),
        "plan": plan.problem(values["plan"], ask_label=bool(values["ask_label"])),
        "questionnaire": questionnaire.problem(values["questionnaire"]),
        **_numbers(values),
        **sampler_problems(values["weights"], values["settings"]),
    }
    return {field: sentence for field, sentence in found.items() if sentence}


def normal_label(label: str) -> str:
    """Labels that differ only in case or spaces are the same label."""
    return " ".join(label.split()).casefold()


def _text(value: Any, sentence: str) -> str:
    return "" if isinstance(value, str) and value.strip() else sentence


def _labels(labels: Any) -> str:
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        return "Give the labels as a list of texts."
    normal = [normal_label(label) for label in labels]
    if "" in normal:
        return "A label is empty: remove it or name it."
    if repeated := next((label for label, key in zip(labels, normal, strict=True) if normal.count(key) > 1), None):
        return f"The label “{repeated}” is there more than once (case and spaces do not count)."
    if normal_label(CANNOT_TELL) in normal:
        return f"The label “{CANNOT_TELL}” is always offered: leave it out of the list."
    if len(labels) < 2:
        return "Offer at least two labels, or do not ask for a label."
    if len(labels) > MAX_LABELS:
        return f"Offer at most {MAX_LABELS} labels."
    if max(map(len, labels)) > MAX_LABEL_LENGTH:
        return f"A label has at most {MAX_LABEL_LENGTH} characters."
    return ""


def _numbers(values: Mapping[str, Any]) -> dict[str, str]:
    m, k, n = values["pool_size"], values["max_picks"], values["ensemble_size"]
    found = {
        "pool_size": whole_number(m, 1, MAX_POOL, "The pool size m"),
        "max_picks": whole_number(k, 1, MAX_POOL, "The number of picks k"),
        "ensemble_size": whole_number(n, 1, MAX_POOL, "The ensemble size n"),
        "control_draws": whole_number(values["control_draws"], 100, 10_000, "The number of control draws"),
        "page_size": whole_number(values["page_size"], 1, MAX_POOL, "The number of candidates on a page"),
        "repeats": whole_number(values["repeats"], 0, MAX_REPEATS, "The number of repeated images"),
        "target_participants": whole_number(values["target_participants"], 1, 1_000_000, "The number of participants"),
    }
    if not found["pool_size"]:
        if not found["max_picks"] and k > m:
            found["max_picks"] = f"People cannot pick {k} of {m} samples: k must not be larger than the pool size m."
        if not found["ensemble_size"] and n > m:
            found["ensemble_size"] = (
                f"An ensemble of {n} cannot come from {m} samples: n must not be larger than the pool size m."
            )
    return found


def whole_number(value: Any, low: int, high: int, what: str) -> str:
    """What is wrong with a number, in one sentence; empty when nothing is."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return ""
    return f"{what} must be a whole number from {low} to {high:,}."


def sampler_problems(weights: Any, settings: Any) -> dict[str, str]:
    """Field -> sentence, of weights and of the settings for their sampler; the sentence is empty when all is well."""
    if not isinstance(weights, Weights):
        return {"weights": "Choose the weights that draw the samples."}
    if weights.sampler not in samplers.names():
        return {"weights": f"There is no sampler “{weights.sampler}” here: choose other weights."}
    if not isinstance(settings, dict):
        return {"settings": "Give the sampler's settings as names with values."}
    return {"settings": _settings(weights.sampler, settings)}


def _settings(sampler: str, settings: dict[str, Any]) -> str:
    try:
        samplers.settings_class(sampler).from_mapping(settings)
    except samplers.SettingsError as error:
        return str(error)
    return ""


def normal_viewing(values: Mapping[str, Any]) -> dict[str, Any]:
    """Rules for screens with every default written out; {} where nothing is asked."""
    return viewing.Rules.from_mapping(values).as_mapping()


def normal_plan(values: Mapping[str, Any]) -> dict[str, Any]:
    """The analysis plan with every default written out; {} for that of studies without one."""
    return plan.Plan.from_mapping(values).as_mapping()


def complete_settings(weights: Weights, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with every default written out, so that a study keeps them when defaults change."""
    return samplers.settings_class(weights.sampler).from_mapping(settings).as_mapping()
