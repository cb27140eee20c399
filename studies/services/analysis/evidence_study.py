"""Evidence over all items: agreement on labels, opinion scores, and methods against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from studies.aggregation.agreement import krippendorff_alpha
from studies.aggregation.labels import dawid_skene
from studies.aggregation.named import of_names
from studies.aggregation.pairwise import bradley_terry
from studies.aggregation.retest import Retest, retest
from studies.aggregation.scored import of_scores
from studies.models import Mode, Study
from studies.results import MADE, ItemResults, to_jsonable
from studies.services.analysis import plan
from studies.services.analysis.compared import Evaluated, methods
from studies.services.analysis.figures import MEASURES
from studies.services.opinions import ratings
from studies.services.opinions.names import Names
from studies.services.ordering import derived_seed
from studies.services.tallies import offered_labels

#: What is mixed into the study's seed for the draws of each.
AGREEMENT, OPINION = "agreement on labels", "opinion scores"


def figures(
    study: Study,
    *,
    labels: Mapping[int, Mapping[int, str]],
    items: Sequence[ItemResults],
    made: Mapping[str, Any],
    scores: ratings.Matrix | None,
    preferences: ratings.Wins | None,
    named: Names | None,
    again: ratings.Repeats | None,
) -> dict[str, Any]:
    """All figures over items, ready for JSON.

    study: as read;  labels: item id -> participant id -> label;  made: evidence of the items by position, as text
    """
    return to_jsonable(
        {
            "labels": _labels(study, labels),
            "methods": _methods(items, made, plan.of(study).confidence),
            "opinion": _opinion(study, scores),
            "preferences": _preferences(study, preferences),
            "naming": _naming(study, named),
            "retest": _retest(study, again),
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


def _methods(items: Sequence[ItemResults], made: Mapping[str, Any], confidence: float) -> dict[str, Any]:
    """See `compared.methods`; only items with an ensemble, the same for all."""
    evaluated = [_evaluated(item, made) for item in items if item.evaluation.state == MADE]
    return methods(evaluated, confidence=confidence)


def _evaluated(item: ItemResults, made: Mapping[str, Any]) -> Evaluated:
    variants = {
        one.key: {name: getattr(one, name) for name in MEASURES} for one in item.evaluation.variants.variants
    }  # fmt: skip
    return Evaluated(item.position, item.evaluation.metrics, variants, made[str(item.position)]["methods"])


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
            differential=table.mode == Mode.ACR,
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
        "observers": len(found.people),
        "simulated": sum(found.people.values()),
        "wins": found.wins.tolist(),
        "bradley_terry": bradley_terry(found.wins, confidence=plan.of(study).confidence),
    }


def _retest(study: Study, found: ratings.Repeats | None) -> dict[str, Any] | Retest:
    """Whether people answered the same when asked once more; {} where nobody was."""
    if found is None or not found.first:
        return {}
    return retest(found.observers, found.first, found.second, confidence=plan.of(study).confidence)


def _naming(study: Study, found: Names | None) -> dict[str, Any]:
    """What people named before and after, and how rightly; {} where nobody named anything."""
    if found is None or not found.people:
        return {}
    numbers = {"people": found.people, "simulated": found.simulated}
    return numbers | of_names(found.items, offered_labels(study), confidence=plan.of(study).confidence)
