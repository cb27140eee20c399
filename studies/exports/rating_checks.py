"""Ratings of an export, checked: of which pictures they are, and who won in pairs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from studies.aggregation.pairwise import bradley_terry
from studies.exports import ratings
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json, table
from studies.exports.design import FILE as DESIGN
from studies.exports.document import FILE as RESULTS
from studies.exports.recompute import differences
from studies.results import to_jsonable
from studies.services.opinions.ratings import SHARE


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


def preferences(bundle: Bundle) -> Iterator[str]:
    """Wins of methods over each other, and their strengths, from the pairs that were answered.

    Exports whose evidence was not worked out say nothing of them.
    """
    results = read_json(bundle, RESULTS)
    stated = (results.get("evidence") or {}).get("preferences")
    if stated is None:
        return
    given = [one for one in table(bundle, ratings.FILE) if one["preference"] and one["repeat"] == "0"]
    if not stated:
        if given:
            yield f"Preferences: {ratings.FILE} has {len(given)} answers to pairs, {RESULTS} makes nothing of them."
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
    confidence = results["analysis_versions"][-1]["analysis"]["confidence"]
    strengths = to_jsonable(bradley_terry(wins, confidence=confidence))
    strengths.pop("inputs")  # rests on the same numbers, written otherwise
    yield from differences("Preferences", {"wins": wins.tolist(), "bradley_terry": strengths}, stated)
