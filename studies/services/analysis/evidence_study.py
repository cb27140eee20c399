"""Evidence over all items: agreement on labels, opinion scores, and methods against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from studies.aggregation import comparison
from studies.aggregation.agreement import krippendorff_alpha
from studies.aggregation.labels import dawid_skene
from studies.aggregation.named import of_names
from studies.aggregation.pairwise import bradley_terry
from studies.aggregation.scored import of_scores
from studies.models import Study
from studies.results import MADE, ItemResults, to_jsonable
from studies.services.analysis import plan
from studies.services.opinions import ratings
from studies.services.opinions.names import Names
from studies.services.ordering import derived_seed
from studies.services.tallies import offered_labels

#: What is mixed into the study's seed for the draws of each.
AGREEMENT, OPINION = "agreement on labels", "opinion scores"
#: The method whose lead over each other one is tested.
ENSEMBLE = "ensemble"
#: Variants that stand beside the default ensemble among the methods compared.
COMPARED = {"pool": "mean of all candidates", "consistent": "most LR-consistent", "votes": "vote-weighted mean"}


def figures(
    study: Study,
    *,
    labels: Mapping[int, Mapping[int, str]],
    items: Sequence[ItemResults],
    made: Mapping[str, Any],
    scores: ratings.Matrix | None,
    preferences: ratings.Wins | None,
    named: Names | None,
) -> dict[str, Any]:
    """All figures over items, ready for JSON.

    study: as read;  labels: item id -> participant id -> label;  made: evidence of the items by position, as text
    """
    return to_jsonable(
        {
            "labels": _labels(study, labels),
            "methods": _methods(items, made),
            "opinion": _opinion(study, scores),
            "preferences": _preferences(study, preferences),
            "naming": _naming(study, named),
        }
    )


def _labels(study: Study, labels: Mapping[int, Mapping[int, str]]) -> dict[str, Any]:
    """Whether people agree on what they see, and what a model of their errors makes of it; {} without labels."""
    if not study.ask_label:
        return {}
    people = sorted({person for given in labels.values() for person in given})
    table = [[given.get(person) or None for person in people] for given in labels.values()]
    seed = derived_seed(study.seed, AGREEMENT)
    read = plan.of(study)
    model = dawid_skene(table)
    named = np.array(table, dtype=object)
    return {
        "krippendorff": krippendorff_alpha(named, level="nominal", seed=seed, confidence=read.confidence),
        "dawid_skene": {"labels": model.labels, "count": model.count, "converged": model.converged,
                        "reason": model.reason, "name": model.name, "version": model.version, "inputs": model.inputs},
    }  # fmt: skip


def _methods(items: Sequence[ItemResults], made: Mapping[str, Any]) -> dict[str, Any]:
    """Per metric the values of each method, by item, and their tests; only items with an ensemble, the same for all."""
    evaluated = [item for item in items if item.evaluation.state == MADE]
    found = {}
    for metric in ("lr_consistency", "psnr", "ssim"):
        rows = _rows(evaluated, made, metric)
        if not rows:
            continue
        scores = np.array(list(rows.values()), dtype=np.float64)
        found[metric] = {
            "methods": list(rows),
            "items": [item.position for item in evaluated],
            "values": list(rows.values()),
            "friedman": comparison.friedman_nemenyi(scores),
            "wilcoxon": comparison.wilcoxon_holm(scores, against=list(rows).index(ENSEMBLE)),
        }
    return found


def _rows(items: Sequence[ItemResults], made: Mapping[str, Any], metric: str) -> dict[str, list[float]]:
    """Method -> its value by item; nan where it has none. {} where no item has this metric."""
    known = [item for item in items if item.metric(metric) is not None]
    if not known:
        return {}
    columns = [_values(item, made[str(item.position)]["methods"], metric) for item in items]
    names = dict.fromkeys(name for column in columns for name in column)
    return {name: [column.get(name, np.nan) for column in columns] for name in names}


def _values(item: ItemResults, others: Mapping[str, Mapping[str, float]], metric: str) -> dict[str, float]:
    measured = item.metric(metric)
    if measured is None:
        return {}
    variants = {one.key: getattr(one, metric) for one in item.evaluation.variants.variants}
    return {
        ENSEMBLE: measured.ensemble,
        "random ensemble (mean of draws)": measured.control.mean,
        "single sample (mean of pool)": measured.single_mean,
        **{words: variants[key] for key, words in COMPARED.items() if key in variants},
        **{name: _number(values.get(metric)) for name, values in others.items()},
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _opinion(study: Study, table: ratings.Matrix | None) -> dict[str, Any]:
    """Opinion scores of each stimulus, and of methods by a mixed model; {} without ratings."""
    if table is None or not table.observers:
        return {}
    return {
        "mode": table.mode,
        "stimuli": [[one.item, one.condition] for one in table.stimuli],
        "observers": len(table.observers),
        "simulated": int(table.simulated.sum()),
        **of_scores(
            table.scores,
            [(one.item, one.condition) for one in table.stimuli],
            table.observers,
            seed=derived_seed(study.seed, OPINION),
            confidence=plan.of(study).confidence,
        ),
    }


def _preferences(study: Study, found: ratings.Wins | None) -> dict[str, Any]:
    """Strengths of methods from pairs; {} without them."""
    if found is None or not found.wins.any():
        return {}
    return {
        "methods": found.conditions,
        "wins": found.wins.tolist(),
        "bradley_terry": bradley_terry(found.wins, confidence=plan.of(study).confidence),
    }


def _naming(study: Study, found: Names | None) -> dict[str, Any]:
    """What people named before and after, and how rightly; {} where nobody named anything."""
    if found is None or not found.people:
        return {}
    numbers = {"people": found.people, "simulated": found.simulated}
    return numbers | of_names(found.items, offered_labels(study), confidence=plan.of(study).confidence)
