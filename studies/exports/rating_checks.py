"""Ratings of an export, checked: of which pictures they are, and what follows from the answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import numpy as np

from studies.aggregation.pairwise import bradley_terry
from studies.aggregation.retest import retest
from studies.aggregation.scored import of_scores
from studies.exports import ratings
from studies.exports.bundle import Bundle
from studies.exports.checks import left_out, read_json, table
from studies.exports.design import FILE as DESIGN
from studies.exports.document import FILE as RESULTS
from studies.exports.evidence_checks import numbers
from studies.exports.recompute import differences
from studies.models import Mode
from studies.services.analysis.evidence_study import OPINION
from studies.services.opinions.ratings import SHARE
from studies.services.ordering import derived_seed

Row = dict[str, str]


def named(bundle: Bundle) -> Iterator[str]:
    """Ratings are of pictures that are there."""
    phase = read_json(bundle, DESIGN).get("rating") if DESIGN in bundle.sizes else None
    known = {(one["item"], one["condition"], one["sha256"]) for one in (phase or {}).get("stimuli", ())}
    for row in table(bundle, ratings.FILE) if ratings.FILE in bundle.sizes else ():
        for column in ("stimulus", "other"):
            shown = int(row["item"]), row[column], row[f"{column}_sha256"]
            if row[column] and shown not in known:
                yield f"{ratings.FILE}: {DESIGN} has no picture “{shown[1]}” of item {shown[0]} with this sha256."
                return


def opinions(bundle: Bundle) -> Iterator[str]:
    """Opinion scores, their intervals and the mixed model, from the ratings that were given."""
    results = read_json(bundle, RESULTS)
    given = [one for one in _given(bundle, results) if one["score"]]
    stated = yield from _stated(results, "opinion", given)
    if not stated:
        return
    stimuli = [(item, condition) for item, condition in stated["stimuli"]]
    row = {one: place for place, one in enumerate(stimuli)}
    people = {person: place for place, person in enumerate(dict.fromkeys(one["participant"] for one in given))}
    scores = np.full((len(stimuli), len(people)), np.nan)
    for one in given:
        place = row.get((int(one["item"]), one["stimulus"]))
        if place is None:
            yield f"Opinion scores: item {one['item']} has ratings of “{one['stimulus']}”, {RESULTS} has none."
        elif one["repeat"] == "0":
            scores[place, people[one["participant"]]] = int(one["score"])
    mode, seed = _mode(bundle), derived_seed(results["protocol"]["seed"], OPINION)
    found = of_scores(
        scores, stimuli, differential=mode == Mode.ACR, seed=seed, confidence=_confidence(results)
    )  # fmt: skip
    found |= {"mode": mode, **_observers(given)}
    yield from differences("Opinion scores", numbers(found), stated)


def preferences(bundle: Bundle) -> Iterator[str]:
    """Wins of methods over each other, and their strengths, from the pairs that were answered."""
    results = read_json(bundle, RESULTS)
    given = [one for one in _given(bundle, results) if one["preference"] and one["repeat"] == "0"]
    stated = yield from _stated(results, "preferences", given)
    if not stated:
        return
    place = {name: index for index, name in enumerate(stated["methods"])}
    wins = np.zeros((len(place), len(place)))
    for one in given:
        left, right = (place.get(one[column]) for column in ("stimulus", "other"))
        if left is None or right is None:
            yield f"Preferences: {ratings.FILE} has a pair of “{one['stimulus']}” and “{one['other']}”, {RESULTS} not."
            return
        share = SHARE[one["preference"]]
        wins[left, right] += share
        wins[right, left] += 1 - share
    found = _observers(given) | {
        "wins": wins.tolist(), "bradley_terry": bradley_terry(wins, confidence=_confidence(results))
    }  # fmt: skip
    yield from differences("Preferences", numbers(found), stated)


def repeats(bundle: Bundle) -> Iterator[str]:
    """Whether people answered the same when asked once more, from both answers."""
    results = read_json(bundle, RESULTS)
    answers: dict[tuple[str, str, frozenset[str]], dict[str, str]] = defaultdict(dict)
    for one in _given(bundle, results):
        shown = frozenset((one["stimulus"], one["other"]))
        answers[one["participant"], one["item"], shown][one["repeat"]] = _answer(one)
    both = {key: given for key, given in answers.items() if len(given) == 2}
    stated = yield from _stated(results, "retest", list(both))
    if stated:
        first, second = ([given[repeat] for given in both.values()] for repeat in ("0", "1"))
        found = retest([person for person, _, _ in both], first, second, confidence=_confidence(results))
        yield from differences("Repeated ratings", numbers(found), stated)


def _observers(given: Sequence[Row]) -> dict[str, int]:
    people = {one["participant"]: one["simulated"] == "true" for one in given}
    return {"observers": len(people), "simulated": sum(people.values())}


def _given(bundle: Bundle, results: dict[str, Any]) -> Iterator[Row]:
    """Answered, by people who are not left out; none in exports from before there were ratings."""
    out = left_out(results)
    for row in table(bundle, ratings.FILE) if ratings.FILE in bundle.sizes else ():
        if row["answered_at"] and row["participant"] not in out:
            yield row


def _stated(results: dict[str, Any], name: str, given: Sequence[Any]) -> Generator[str, None, Any]:
    """What is stated of these answers. Evidence that was worked out cannot pass over answers that are there."""
    evidence = results.get("evidence") or {}
    if given and evidence and not evidence.get(name):
        yield f"{ratings.FILE} has {len(given)} answers of which {RESULTS} tells nothing: {name}."
    return evidence.get(name)


def _answer(row: Row) -> str:
    """A score, a label, or the picture that was preferred."""
    preferred = {"first": row["stimulus"], "second": row["other"]}
    return preferred.get(row["preference"], row["preference"]) or row["label"] or row["score"]


def _mode(bundle: Bundle) -> str:
    mode: str = read_json(bundle, DESIGN)["rating"]["settings"]["mode"]
    return mode


def _confidence(results: dict[str, Any]) -> float:
    confidence: float = results["analysis_versions"][-1]["analysis"]["confidence"]
    return confidence
