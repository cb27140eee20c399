"""What results say of the votes themselves, and of those who gave them, worked out anew from the tables of an export.

Parts that an export does not have, because it was made before there were such, are not looked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from studies.exports import counted, participants, ratings, trials
from studies.exports.analysis_checks import failing
from studies.exports.bundle import Bundle
from studies.exports.checks import is_public, left_out, read_json, table
from studies.exports.document import FILE as RESULTS
from studies.exports.document import tie_seed
from studies.exports.recompute import as_stated, differences
from studies.models import CANNOT_TELL
from studies.services.analysis.outcomes import AS_LOCKED, WITHOUT_EXCLUSIONS
from studies.services.analysis.plan import EXCLUSIONS

Facts = dict[str, Any]
#: Of studies before there were plans.
_CONFIDENCE = {"confidence": 0.95}


def items(bundle: Bundle) -> Iterator[str]:
    """Shares and majority of labels, votes by label, selection and chance threshold, as they are read and otherwise."""
    results = read_json(bundle, RESULTS)
    given, others = counted.answers(bundle), list(_others(bundle, results))
    seed, without = results["protocol"]["seed"], left_out(results)
    asked = _analysis(results, -1)
    offered = [*results["protocol"]["labels"], CANNOT_TELL] if results["protocol"]["ask_label"] else []
    for item in results["items"]:
        where, answers = f"Item {item['position']}", given.get(item["position"], {})
        if item["labels"] != offered:
            yield f"{where}: the protocol offers the labels {', '.join(offered)}; {RESULTS} has others."
        one = counted.count(item, answers, without)
        found = counted.outcome(item, one, asked, seed) | {
            "simulated_ballots": one.simulated,
            "chance_threshold": counted.threshold(item, one),
        }
        found["selection"]["tie_seed"] = tie_seed(seed, item["position"])
        yield from differences(where, as_stated(found, item), item)
        yield from _by_label(where, item, one)
        yield from _alternatives(where, item, answers, others, seed)


def _by_label(where: str, item: Facts, one: counted.Count) -> Iterator[str]:
    for sample, votes in zip(item["samples"], one.by_label.T.tolist(), strict=True):
        if sample["votes_by_label"] != votes:
            yield f"{where}, sample {sample['index']}: the ballots give the votes by label {votes}, not those stated."
        if "rate" in sample:
            rate = sample["votes"] / sample["exposures"] if sample["exposures"] else None
            yield from differences(f"{where}, sample {sample['index']}, rate", rate, sample["rate"])


#: Name, whose ballots are left out (None where the export does not tell), and the analysis.
Other = tuple[str, Collection[str] | None, Facts]


def _others(bundle: Bundle, results: Facts) -> Iterator[Other]:
    """How the same ballots are read otherwise, in the order of the results."""
    if results.get("excluded"):
        yield WITHOUT_EXCLUSIONS, (), _analysis(results, -1)
    if len(results.get("analysis_versions", [])) > 1:
        yield AS_LOCKED, _locked_out(bundle, results), _analysis(results, 0)


def _locked_out(bundle: Bundle, results: Facts) -> Collection[str] | None:
    """Whom the first version leaves out: of a public export known where the rules are still the same."""
    first, last = (_rules(results, number) for number in (0, -1))
    if first == last:
        return left_out(results)
    return None if is_public(bundle) else failing(bundle, first)


def _rules(results: Facts, number: int) -> Facts:
    return {name: results["analysis_versions"][number]["analysis"][name] for name in EXCLUSIONS}


def _analysis(results: Facts, number: int) -> Facts:
    """n, tie rule and confidence of a version; the protocol's where there are none."""
    versions = results.get("analysis_versions")
    return _CONFIDENCE | (versions[number]["analysis"] if versions else results["protocol"])


def _alternatives(where: str, item: Facts, answers: Any, others: list[Other], seed: int) -> Iterator[str]:
    stated = item.get("alternatives", [])
    names, wanted = [one["name"] for one in stated], [name for name, _, _ in others]
    if names != wanted and "alternatives" in item:
        yield f"{where}: beside the results should stand how they are {' and '.join(wanted) or 'in no other way'}."
        return
    for one, (name, without, analysis) in zip(stated, others, strict=False):
        if without is not None:
            found = counted.outcome(item, counted.count(item, answers, without), analysis, seed)
            yield from differences(f"{where}, {name}", found, one)


def untold(bundle: Bundle) -> Iterator[str]:
    """What of `items` the export does not suffice for."""
    if any(without is None for _, without, _ in _others(bundle, read_json(bundle, RESULTS))):
        yield f"figures {AS_LOCKED}, which leave out other people: a public export does not say whom"


def people(bundle: Bundle) -> Iterator[str]:
    """Numbers of participants, and who of them is simulated, which every table says alike."""
    results, simulated = read_json(bundle, RESULTS), dict[str, bool]()
    numbers = Counter[str]()
    for row in table(bundle, participants.FILE):
        own = simulated[row["participant"]] = row["simulated"] == "true"
        if row.get("rates_only") != "true":
            numbers["simulated" if own else "people"] += 1
            numbers["finished_simulated" if own else "finished"] += bool(row["finished_at"])
    for name in ("people", "simulated", "finished", "finished_simulated"):
        if numbers[name] != results["participants"][name]:
            yield f"Participants: {participants.FILE} gives {name} {numbers[name]}, {RESULTS} says otherwise."
    for one in results.get("excluded", []):
        if simulated.get(one["participant"]) != one["simulated"]:
            yield f"Participant {one['participant']}: {participants.FILE} does not say whether simulated as {RESULTS}."
    for name in (counted.ballots.FILE, trials.FILE, ratings.FILE):
        yield from _simulated(bundle, name, simulated)


def _simulated(bundle: Bundle, name: str, simulated: dict[str, bool]) -> Iterator[str]:
    wrong = set()
    for row in table(bundle, name) if name in bundle.sizes else ():
        person = row["participant"]
        if simulated.get(person) != (row["simulated"] == "true"):
            wrong.add(person)
    for person in sorted(wrong):
        yield f"Participant {person}: {name} does not say whether simulated as {participants.FILE}."
