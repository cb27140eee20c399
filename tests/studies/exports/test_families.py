"""An export of several families, and of candidates made from others: whole, told everywhere alike, and checked."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studies.exports import folder
from studies.exports.verify import verify
from studies.models import Study
from studies.services.analysis import evaluation
from tests.studies import factories

ADDED = {"sampler": "ldm", "weights": "third", "weights_sha256": "cd" * 32, "settings": {}}


@pytest.fixture
def study(db: None) -> Study:
    study = factories.mixed_study(name="Two families")
    item = study.items.get()
    factories.more(item, 2, parents=list(item.pool[:2]))
    factories.vote_all(study, [0, 12, 13])
    factories.vote_all(study, [12, 18])
    for requested in evaluation.request_all(study):
        evaluation.run(requested.pk)
    return study


@pytest.fixture
def exported(study: Study, tmp_path: Path) -> Path:
    return folder.write(study, tmp_path / "export")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_it_verifies(exported: Path) -> None:
    assert verify(exported) == []


def test_the_table_of_families(exported: Path) -> None:
    rows = table(exported / "families.csv")
    assert [(row["item"], row["family"]) for row in rows] == [
        (item, family) for item in ("", "0") for family in ("ldm/test1", "srdiff/other", "ldm/test1, interpolated")
    ]
    other = rows[1]
    assert (other["candidates"], other["shown"], other["votes"], other["share"]) == ("6", "12", "3", "0.6")
    assert float(other["expected"]) == pytest.approx(6 / 20)
    assert float(other["rate"]) == pytest.approx(3 / 12)
    assert rows[2]["derivation"] == "interpolation"


def test_parents_stand_in_the_table_the_results_and_the_manifest(study: Study, exported: Path) -> None:
    parents = [sample.sha256 for sample in study.items.get().pool[:2]]
    row = table(exported / "samples.csv")[18]
    assert (row["family"], row["derivation"]) == ("ldm/test1, interpolated", "interpolation")
    assert row["parents"].split() == parents
    entries = json.loads((exported / "manifest.json").read_text())["files"]
    assert entries["samples/000/0018.png"]["derivation"] == {"kind": "interpolation", "samples": parents}
    assert "derivation" not in entries["samples/000/0000.png"]
    job = json.loads((exported / "results.json").read_text())["items"][0]["jobs"][2]
    assert job["derivation"]["shares"] == [0.333333, 0.666667]


def edit(path: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_another_parent_is_noticed(exported: Path) -> None:
    def change(results: Any) -> None:
        results["items"][0]["samples"][18]["parents"][0] = "ff" * 32

    edit(exported / "results.json", change)
    found = verify(exported)
    assert "Item 0, sample 18: it was made from a sample that is not in its pool." in found
    assert "Item 0, sample 18: manifest.json says that it was made otherwise." in found


def test_other_votes_of_a_family_are_noticed(exported: Path) -> None:
    def change(results: Any) -> None:
        results["items"][0]["families"][1]["votes"] = 5
        results["families"][0]["rate"]["high"] = 0.9

    edit(exported / "results.json", change)
    found = verify(exported)
    assert any(sentence.startswith("Item 0, family “srdiff/other”, votes: ") for sentence in found)
    assert any(sentence.startswith("All items, family “ldm/test1”, rate, high: ") for sentence in found)


def test_another_number_of_chosen_samples_is_noticed(exported: Path) -> None:
    def change(results: Any) -> None:
        results["items"][0]["families"][0]["chosen"] += 1
        results["families"][1]["chosen"] += 1

    edit(exported / "results.json", change)
    found = verify(exported)
    assert any(sentence.startswith("Item 0, family “ldm/test1”, chosen: ") for sentence in found)
    assert any(sentence.startswith("All items, family “srdiff/other”, chosen: ") for sentence in found)


def test_a_changed_table_of_families_is_noticed(exported: Path) -> None:
    path = exported / "families.csv"
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    row = next(csv.DictReader([header, lines[1]]))
    lines[1] = lines[1].replace(f",{row['share']},", ",0.99,")
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    found = verify(exported)
    assert "families.csv, row 2: results.json says otherwise of share." in found
    path.write_text("\n".join([header, *lines[:-1]]), encoding="utf-8")
    assert "families.csv has 5 rows, but results.json 6 families." in verify(exported)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 7},
        {"settings": {"steps": 3}},
        {"weights": "better"},
        {"weights_sha256": "ff" * 32},
        {"sampler": "ldm"},
    ],
)
def test_another_addition_is_noticed(exported: Path, change: dict[str, Any]) -> None:
    edit(exported / "results.json", lambda results: results["protocol"]["additions"][0].update(change))
    found = verify(exported)
    assert any(
        sentence.startswith("Item 0: the protocol does not ask for 6 samples of srdiff/other") for sentence in found
    )
    assert any(sentence.endswith(": no job drew them.") for sentence in found)


def test_an_addition_too_few_or_too_many_is_noticed(exported: Path) -> None:
    edit(exported / "results.json", lambda results: results["protocol"]["additions"].append({**ADDED, "count": 9}))
    assert any(
        sentence.startswith("Item 0: the protocol asks for 9 samples of ldm/third") for sentence in verify(exported)
    )
    edit(exported / "results.json", lambda results: results["protocol"]["additions"].clear())
    assert any("does not ask for 6 samples of srdiff/other" in sentence for sentence in verify(exported))


def test_a_draft_may_be_exported_before_all_is_drawn(db: None, tmp_path: Path) -> None:
    study = factories.study()
    factories.pool(factories.item(study))
    factories.item(study)
    study.additions.create(weights=factories.weights(name="other"), count=4)
    assert verify(folder.write(study, tmp_path / "draft")) == []


def test_a_sample_in_the_wrong_family_is_noticed(exported: Path) -> None:
    def change(results: Any) -> None:
        samples = results["items"][0]["samples"]
        samples[0]["family"], samples[12]["family"] = samples[12]["family"], samples[0]["family"]

    edit(exported / "results.json", change)
    assert "Item 0, sample 0: it is not of the family “srdiff/other”." in verify(exported)


def test_an_export_from_before_there_were_families_still_verifies(db: None, tmp_path: Path) -> None:
    study = factories.open_study_with_pool()
    factories.vote_all(study, [0, 1])
    path = folder.write(study, tmp_path / "export")

    def forget(results: Any) -> None:
        del results["families"], results["protocol"]["additions"]
        for item in results["items"]:
            del item["families"]
            for job in item["jobs"]:
                del job["derivation"]
            for sample in item["samples"]:
                for name in ("family", "derivation", "parents", "attempt", "fault"):
                    del sample[name]

    edit(path / "results.json", forget)
    edit(path / "manifest.json", lambda manifest: manifest["files"].pop("results.schema.json"))
    (path / "results.schema.json").unlink()
    assert verify(path) == ["results.json has changed since the export."]
