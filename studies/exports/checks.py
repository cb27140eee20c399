"""What can be checked of an export without the database it came from. Each check yields what differs."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from studies.aggregation.counts import top_n
from studies.exports import ballots, participants
from studies.exports.bundle import Bundle, BundleError
from studies.exports.cells import restore
from studies.exports.document import FILE as RESULTS
from studies.exports.document import tie_seed
from studies.exports.manifest import MANIFEST, PUBLIC
from studies.results import ONE_PAGE
from studies.services.ordering import pages


@dataclass(frozen=True)
class Check:
    """One thing that is checked: its name for people, and the function that yields sentences on what differs.

    needs: what the check rests on and a public export leaves out; empty where it has all
    untold: yields what it cannot look at in this export, each a few words
    """

    name: str
    run: Callable[[Bundle], Iterator[str]]
    needs: str = ""
    untold: Callable[[Bundle], Iterator[str]] | None = None


def read_json(bundle: Bundle, path: str) -> Any:
    """A JSON file of the export, which is parsed once and must not be changed; raises BundleError."""
    if path not in bundle.documents:
        try:
            bundle.documents[path] = json.loads(bundle.read(path))
        except (ValueError, RecursionError):
            raise BundleError(f"{path} is not valid JSON.") from None
    return bundle.documents[path]


def table(bundle: Bundle, path: str) -> Iterator[dict[str, str]]:
    """Rows of a CSV file by column, texts as they were before they were made safe; raises BundleError."""
    try:
        for row in csv.DictReader(bundle.lines(path), strict=True):
            yield {column: restore(text) for column, text in row.items()}
    except csv.Error as error:
        raise BundleError(f"{path} is not a CSV table: {error}.") from None


def is_public(bundle: Bundle) -> bool:
    """Whether the export leaves out what may tell who somebody is; raises BundleError."""
    return read_json(bundle, MANIFEST).get("level") == PUBLIC


def files(bundle: Bundle) -> Iterator[str]:
    """Every file is there, unchanged, and no other."""
    yield from bundle.strange
    expected = read_json(bundle, MANIFEST)["files"]
    for path, entry in expected.items():
        if path not in bundle.sizes:
            yield f"{path} is missing."
        elif bundle.sizes[path] != entry["bytes"] or sha256_of(bundle, path) != entry["sha256"]:
            yield f"{path} has changed since the export."
    for path in bundle.sizes:
        if path not in expected and path != MANIFEST:
            yield f"{path} does not belong to the export."


def sha256_of(bundle: Bundle, path: str) -> str:
    """Of one file; empty where it cannot be read."""
    digest = hashlib.sha256()
    try:
        for block in bundle.chunks(path):
            digest.update(block)
    except BundleError:
        return ""
    return digest.hexdigest()


def votes(bundle: Bundle) -> Iterator[str]:
    """Votes (distinct participants per sample) and labels, counted anew from the ballots that are not left out."""
    results = read_json(bundle, RESULTS)
    voters, labels, people = _count(bundle, left_out(results))
    for item in results["items"]:
        number = item["position"]
        for sample in item["samples"]:
            counted = len(voters.pop((number, sample["index"], sample["sha256"]), ()))
            if counted != sample["votes"]:
                yield (
                    f"Item {number}, sample {sample['index']}: the ballots give {counted} votes, "
                    f"{RESULTS} says {sample['votes']}."
                )
        if people[number] != item["ballots"]:
            yield f"Item {number}: there are {people[number]} ballots, {RESULTS} says {item['ballots']}."
        stated = {label["label"]: label["count"] for label in item["label_shares"] if label["count"]}
        if stated != labels[number]:
            yield f"Item {number}: the ballots give the labels {dict(labels[number])}, {RESULTS} says {stated}."
    for number, sample, sha256 in voters:
        yield f"Item {number}: {ballots.FILE} has votes for a sample {sample} ({sha256[:12]}) that is in no pool."


def left_out(results: dict[str, Any]) -> set[str]:
    """Pseudonyms of participants whose ballots are in no figure; nobody in exports from before there were plans."""
    return {one["participant"] for one in results.get("excluded", [])}


def analysis(results: dict[str, Any]) -> dict[str, Any]:
    """n and tie rule of the analysis that is reported: of its latest version, else of the protocol."""
    versions = results.get("analysis_versions", [])
    whole = versions[-1]["analysis"] if versions else results["protocol"]
    return {name: whole[name] for name in ("ensemble_size", "tie_rule")}


def _count(
    bundle: Bundle, without: set[str]
) -> tuple[dict[tuple[int, int, str], set[str]], defaultdict[int, Counter[str]], Counter[int]]:
    """(item, sample, sha256) -> who picked it; item -> how often each label was given; item -> ballots."""
    voters: dict[tuple[int, int, str], set[str]] = {}
    labelled: dict[int, dict[str, str]] = {}
    for row in table(bundle, ballots.FILE):
        number, person = int(row["item"]), row["participant"]
        if person in without:
            continue
        labelled.setdefault(number, {})[person] = row["label"]
        if row["sample"]:
            voters.setdefault((number, int(row["sample"]), row["sample_sha256"]), set()).add(person)
    counts = {number: Counter(filter(None, given.values())) for number, given in labelled.items()}
    people = Counter({number: len(given) for number, given in labelled.items()})
    return voters, defaultdict(Counter, counts), people


def order(bundle: Bundle) -> Iterator[str]:
    """Each pick stood where the participant's own seed and turn put it."""
    people = {row["participant"]: row for row in table(bundle, participants.FILE)}
    results = read_json(bundle, RESULTS)
    sizes = {item["position"]: len(item["samples"]) for item in results["items"]}
    shown: list[int] = []
    last: tuple[str, int] | None = None
    for row in table(bundle, ballots.FILE):
        person, number = row["participant"], int(row["item"])
        if person not in people:
            yield f"{ballots.FILE} has a ballot of {person}, who is not in {participants.FILE}."
            continue
        if not row["sample"]:
            continue
        if last != (person, number):
            own = places(people[person], number, sizes[number], results["protocol"])
            last, shown = (person, number), [sample for _, sample in own]
        position = int(row["position"])
        if not 0 <= position < len(shown) or shown[position] != int(row["sample"]):
            yield f"Participant {person}, item {number}: sample {row['sample']} was not shown at place {position}."


def places(
    person: dict[str, str], number: int, m: int, protocol: dict[str, Any], repeat: int = 0
) -> list[tuple[int, int]]:
    """(page, sample) at each place of one item, in the order of a participant as participants.csv knows them."""
    turn = person.get("turn")  # none in exports from before there were pages
    in_pages = pages(
        m,
        page_size=protocol.get("page_size", ONE_PAGE),
        study_seed=protocol["seed"],
        seed=int(person["order_seed"]),
        turn=int(turn) if turn else None,
        position=number,
        repeat=repeat,
    )
    return [(page, index) for page, indexes in enumerate(in_pages) for index in indexes]


def selections(bundle: Bundle) -> Iterator[str]:
    """The top n of each item, chosen anew under the tie rule of the analysis."""
    results = read_json(bundle, RESULTS)
    asked = analysis(results)
    for item in results["items"]:
        stated = item["selection"]
        if stated["tie_rule"] != asked["tie_rule"]:
            yield f"Item {item['position']}: the tie rule is {stated['tie_rule']}, not that of the analysis."
        pool = item["samples"]
        chosen = top_n(
            [sample["votes"] for sample in pool],
            asked["ensemble_size"],
            ties=stated["tie_rule"],
            keys=[sample["lr_consistency"] for sample in pool],
            seed=tie_seed(results["protocol"]["seed"], item["position"]),
        )
        for name, found in (("chosen", chosen.chosen), ("tied_at_cut", chosen.tied_at_cut)):
            if list(map(int, found)) != stated[name]:
                yield f"Item {item['position']}: the votes give {name} {list(map(int, found))}, not {stated[name]}."
