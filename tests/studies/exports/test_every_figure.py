"""Every leaf of results.json of an export in which everything has happened, changed alone: verifying notices."""

from __future__ import annotations

import json
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studies.aggregation import comparison
from studies.exports import checks, family_checks, folder, paper_tables, provenance, variant_checks
from studies.exports.bundle import Bundle, open_bundle
from studies.exports.checks import Check
from studies.exports.verify import CHECKS, _found, verified_bundle
from studies.results import to_jsonable
from tests.studies.exports import everything

pytestmark = pytest.mark.django_db

#: Parts of paths that no file of an export proves, each with its reason.
UNTOLD = {
    "versions": "which software wrote the export",
    "pk": "number of a row in the database it came from",
    "code_version": "which software made it",
    "arithmetic": "device on which samples were drawn: only drawing them again tells",
    "settings": "with which samples were drawn: only drawing them again tells",
    "attempt": "of drawing, told by the worker: only drawing again tells",
    "fault": "found in a picture that was not kept",
    "made_at": "a time",
    "created_at": "a time",
    "opened_at": "a time",
    "frozen_at": "a time",
    "closed_at": "a time",
    "state_changes": "what was so at a moment that is past",
    "withdrawn": "people who withdrew are in no export",
}
#: Whole paths, likewise.
UNTOLD_PATHS = {
    "name": "of the study, given by researchers",
    "items.*.name": "given by researchers",
    "state": "of the study, when it was exported",
    "protocol.target_participants": "may change at any time, and decides no figure",
    "analysis_versions.*.reason": "given by researchers",
}
#: Without the truths, and in public: what verify_export says that it does not check there.
UNTOLD_WITHOUT_TRUTHS = {
    "items.*.evaluation.variants.variants.*.psnr": "measured against the truth",
    "items.*.evaluation.variants.variants.*.ssim": "measured against the truth",
}
UNTOLD_IN_PUBLIC = {
    "items.*.evaluation.digest": "rests on the truth's hash too",
    "excluded.*.rules": "times and places are not told",
    "evidence.labels": "digests of what was given in the order of enrolment",
    "screens": "screens are not told",
    "rating": "who came in to rate is not told",
}
#: What estimators of ratings were given, in the order of raters.
RATERS = ("evidence.opinion", "evidence.preferences", "evidence.naming", "evidence.retest")
#: Tables that repeat the results would be forged with them; hashes too.
REPEATED = {checks.files, family_checks.rows, variant_checks.rows, provenance.rows, paper_tables.check}
LAST = "[-1]"

Leaf = tuple[str | int, ...]


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs an export puts it at all levels; then they are only read."""
    return tmp_path_factory.mktemp("everything")


LEVELS: dict[str, dict[str, Any]] = {
    "internal, with truths": {"truth": True},
    "internal": {},
    "public, with truths": {"level": "public", "truth": True},
    "public": {"level": "public"},
}


@pytest.fixture
def bundle(db: None, originals: Path, request: pytest.FixtureRequest) -> Bundle:
    """The export of the level that a test is for."""
    if not any(originals.iterdir()):
        study = everything.study()
        for name, options in LEVELS.items():
            folder.write(study, originals / name, **options)
    return open_bundle(originals / request.param)


def leaves(value: Any, path: Leaf = ()) -> Iterator[Leaf]:
    """Numbers, texts, and lists and objects that are empty; of other lists also their end."""
    if isinstance(value, dict) and value:
        for name, entry in value.items():
            yield from leaves(entry, (*path, name))
    elif isinstance(value, list) and value:
        yield (*path, LAST)
        for place, entry in enumerate(value):
            yield from leaves(entry, (*path, place))
    else:
        yield path


def name_of(path: Leaf) -> str:
    return ".".join("*" if isinstance(part, int) else part for part in path)


def chosen_leaves(results: Any) -> dict[str, Leaf]:
    """One leaf for each path, wherever in its lists."""
    found: dict[str, list[Leaf]] = defaultdict(list)
    for path in leaves(results):
        found[name_of(path)].append(path)
    return {name: paths[zlib.crc32(name.encode()) % len(paths)] for name, paths in found.items()}


def forged(value: Any) -> Any:
    """Another value of the same type, a number by no more than a thousandth."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value + max(abs(value) * 1e-3, 1e-3)
    if isinstance(value, str):
        return value[:-1] + ("0" if value[-1] != "0" else "1") if len(value) == 64 else f"{value}x"
    return {None: 0.5}.get(value) if value is None else [0] if isinstance(value, list) else {"x": 1}


class Forger:
    """Changes one leaf after the other in results.json as the checks read it, and asks whether one notices."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.results = json.loads(bundle.read("results.json"))
        public = checks.is_public(bundle)
        self.checks = [one for one in CHECKS if one.run not in REPEATED and not (public and one.needs)]
        bundle.documents["results.json"] = self.results
        self.checks.sort(key=self._cost)

    def _cost(self, check: Check) -> float:
        start = time.perf_counter()
        assert not self._notices(check)
        return time.perf_counter() - start

    def notices(self, path: Leaf) -> bool:
        at = self.results
        for part in path[:-1]:
            at = at[part]
        last = path[-1] if path[-1] != LAST else len(at) - 1
        kept = at[last]
        if path[-1] == LAST:
            del at[last]
        else:
            at[last] = forged(kept)
        try:
            return any(self._notices(check) for check in list(self.checks))
        finally:
            if path[-1] == LAST:
                at.append(kept)
            else:
                at[last] = kept

    def _notices(self, check: Check) -> bool:
        """What notices one leaf is asked first about the next."""
        found = next(_found(check, self.bundle), "")
        if found:
            self.checks.remove(check)
            self.checks.insert(0, check)
        return bool(found)


def untold(name: str) -> bool:
    return (
        name in UNTOLD_PATHS
        or bool(UNTOLD.keys() & set(name.split(".")))
        or (name.startswith(RATERS) and name.endswith(".inputs"))
    )


def walked(bundle: Bundle, *, one_of: int = 1) -> set[str]:
    """The paths whose change nobody notices; of all, or one of so many."""
    forger = Forger(bundle)
    return {
        name
        for number, (name, path) in enumerate(chosen_leaves(forger.results).items())
        if number % one_of == 0 and not untold(name) and not forger.notices(path)
    }


@pytest.mark.parametrize("bundle", LEVELS, indirect=True)
def test_a_true_export_verifies(bundle: Bundle) -> None:
    assert [line for verdict in verified_bundle(bundle) for line in verdict.found] == []


@pytest.mark.parametrize("bundle", ["internal, with truths"], indirect=True)
def test_whatever_is_changed_is_noticed(bundle: Bundle) -> None:
    assert walked(bundle) == set()


@pytest.mark.parametrize("bundle", ["public"], indirect=True)
def test_in_public_all_is_noticed_but_what_is_said_not_to_be_checked(bundle: Bundle) -> None:
    """One path of eight: what follows from what is the same."""
    said = {**UNTOLD_WITHOUT_TRUTHS, **UNTOLD_IN_PUBLIC}
    assert {name for name in walked(bundle, one_of=8) if not name.startswith(tuple(said))} == set()


@pytest.mark.parametrize("bundle", ["public"], indirect=True)
def test_what_a_public_export_cannot_prove_is_said(bundle: Bundle) -> None:
    verdicts = list(verified_bundle(bundle))
    assert [words for verdict in verdicts for words in verdict.untold] == [
        "digests of evaluations: the hashes of truths are left out",
        "PSNR and SSIM of 2 items but for whether they agree with each other: the truths are not inside",
    ]
    assert sum(bool(verdict.skipped) for verdict in verdicts) == sum(bool(check.needs) for check in CHECKS)


@pytest.mark.parametrize("bundle", ["internal, with truths"], indirect=True)
def test_an_internal_export_with_truths_proves_all(bundle: Bundle) -> None:
    assert [verdict for verdict in verified_bundle(bundle) if verdict.untold or verdict.skipped] == []


@pytest.mark.parametrize("bundle", ["internal, with truths"], indirect=True)
def test_a_better_ensemble_is_noticed_though_its_tests_fit(bundle: Bundle) -> None:
    results = json.loads(bundle.read("results.json"))
    table = results["evidence"]["methods"]["psnr"]
    table["values"][0] = [60.0] * len(table["items"])
    confidence = results["analysis_versions"][-1]["analysis"]["confidence"]
    table |= to_jsonable(comparison.tests(np.array(table["values"]), against=0, confidence=confidence))
    bundle.documents["results.json"] = results
    found = [line for verdict in verified_bundle(bundle) for line in verdict.found]
    assert any(line.startswith("Methods by psnr, values") for line in found)


@pytest.mark.parametrize("bundle", ["public, with truths"], indirect=True)
def test_people_who_were_simulated_stay_so(bundle: Bundle) -> None:
    """Though every number of results.json says otherwise."""
    results = json.loads(bundle.read("results.json"))
    results["participants"] |= {"simulated": 0, "people": 8, "finished_simulated": 0, "finished": 7}
    for item in results["items"]:
        item["simulated_ballots"] = 0
    bundle.documents["results.json"] = results
    found = [line for verdict in verified_bundle(bundle) for line in verdict.found]
    assert any(line.startswith("Participants: participants.csv gives simulated ") for line in found)
    assert any(", simulated_ballots: " in line for line in found)
