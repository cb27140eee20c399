"""Working out the evidence of a study, in a worker: from one consistent state of its rows to figures as JSON."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from inference.services import StoreError
from studies.models import Ballot, Evidence, Item, Study
from studies.services import results
from studies.services.analysis import evaluation, evidence, evidence_items, evidence_study, exclusions, plan, versions
from studies.services.analysis.exposures import exposures
from studies.services.opinions import ratings
from studies.services.opinions.names import names
from studies.services.snapshot import snapshot
from studies.services.tallies import picked, tallies

log = logging.getLogger(__name__)


def run(study: Study) -> Evidence:
    """Work it out and store it. What goes wrong is stored as one sentence; figures made before stay."""
    row, _ = Evidence.objects.get_or_create(study=study)
    for asked in evaluation.request_all(study):  # methods are compared by the figures of their ensembles
        evaluation.run(asked.pk)
    try:
        row.digest, row.ratings, row.figures = figures(study)
    except Exception as error:
        log.exception("The evidence of %s failed", study)
        row.error = _sentence(error)
        row.save(update_fields=["error"])
        return row
    row.error, row.made_at = "", timezone.now()
    row.save(update_fields=["digest", "ratings", "figures", "error", "made_at"])
    return row


def _sentence(error: Exception) -> str:
    if isinstance(error, StoreError):
        return str(error)
    return f"The evidence could not be worked out ({type(error).__name__}: {error}); the worker's log has more."


def figures(study: Study) -> tuple[str, str, dict[str, Any]]:
    """The digests of the votes and of the ratings, and the figures: "items" by position (as text), and "study".

    The figures of items that are already made of the same votes are taken as they are.
    """
    with snapshot():
        study = Study.objects.select_related("weights").get(pk=study.pk)
        read = versions.as_read(study)
        items = list(study.items.main().select_related("low_res", "truth"))
        for item in items:
            item.study = read
        pools = {item.pk: list(item.pool) for item in items}
        ids = {pk: tuple(sample.pk for sample in pool) for pk, pool in pools.items()}
        without = exclusions.keys(study, plan.of(read))
        counted = tallies(read, items, ids, without=without)
        picks = picked(items, ids, without=without)
        seen = exposures(read, items, picks, {pk: len(pool) for pk, pool in ids.items()})
        labels = _labels(items, without)
        found = results.collect(study)
        state, rated_state = evidence.digest(read, counted), evidence.ratings_digest(study)
        made = evidence.current(study, state)
        rated, pairs = ratings.matrix(study, without=without), ratings.wins(study, without=without)
        again = ratings.repeats(study, without=without)
        given = {item.pk: dict(labels[item.pk].values()) for item in items}
        named = names(study, given, without=without)
    # From here on images are read and draws made: no transaction waits for them.
    of_items = made.get("items") or {
        str(item.position): evidence_items.figures(
            evidence_items.Votes(
                item, pools[item.pk], counted[item.pk], list(picks[item.pk].values()),
                [labels[item.pk][ballot][1] for ballot in picks[item.pk]] if read.ask_label else [], seen[item.pk],
            )
        )
        for item in items
    }  # fmt: skip
    over_all = evidence_study.figures(
        read, labels=given, items=found.items, made=of_items, scores=rated, preferences=pairs, named=named, again=again
    )
    return state, rated_state, {"version": evidence.VERSION, "items": of_items, "study": over_all}


def _labels(items: Sequence[Item], without: frozenset[int]) -> dict[int, dict[int, tuple[int, str]]]:
    """Item id -> ballot id -> (participant id, label), of every vote."""
    rows = Ballot.objects.votes().filter(trial__item__in=[item.pk for item in items])
    rows = rows.exclude(trial__participant__in=without) if without else rows
    found: dict[int, dict[int, tuple[int, str]]] = defaultdict(dict)
    for item, ballot, person, label in rows.values_list("trial__item", "pk", "trial__participant", "label").iterator():
        found[item][ballot] = (person, label)
    return found
