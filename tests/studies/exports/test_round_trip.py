"""An export is whole: it verifies, says what the study knows, and is the same each time."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from inference.models import Sample
from studies.exports import archive, folder
from studies.exports.verify import verify
from studies.models import Participant, Study
from studies.services import enrolment
from tests.studies import factories
from tests.studies.exports.conftest import voted_study


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_verifies(exported: Path) -> None:
    assert verify(exported) == []


def test_the_zip_verifies_and_holds_the_same_files(study: Study, exported: Path, tmp_path: Path) -> None:
    download = tmp_path / archive.filename(study)
    download.write_bytes(b"".join(archive.stream(study)))
    assert verify(download) == []
    with zipfile.ZipFile(download) as file:
        content = {name.partition("/")[2]: file.read(name) for name in file.namelist()}
        assert {name.partition("/")[0] for name in file.namelist()} == {f"trustsr-funf-5-{study.pk}"}
    assert content == {
        path.relative_to(exported).as_posix(): path.read_bytes() for path in exported.rglob("*") if path.is_file()
    }


def test_the_same_state_gives_the_same_bytes(study: Study) -> None:
    assert b"".join(archive.stream(study)) == b"".join(archive.stream(study))


@pytest.mark.parametrize("rule", ["index", "include_all", "strict", "random", "secondary"])
def test_every_tie_rule_verifies(db: None, rule: str, tmp_path: Path) -> None:
    """Samples 7, 9 and 11 tie at the cut behind 4 and 2."""
    path = folder.write(voted_study(items=1, truth=False, tie_rule=rule), tmp_path / "export")
    item = json.loads((path / "results.json").read_text())["items"][0]
    assert item["selection"]["tied_at_cut"] == [7, 9, 11]
    assert verify(path) == []


def test_a_study_without_votes_verifies(db: None, tmp_path: Path) -> None:
    path = folder.write(factories.open_study_with_pool(), tmp_path / "export")
    assert table(path / "ballots.csv") == []
    assert not (path / "ensembles").exists()
    assert verify(path) == []


def test_a_draft_without_pools_verifies(db: None, tmp_path: Path) -> None:
    assert verify(folder.write(factories.study(), tmp_path / "export")) == []


def test_an_ensemble_of_one_has_no_spread_and_verifies(db: None, tmp_path: Path) -> None:
    path = folder.write(voted_study(items=1, truth=False, ensemble_size=1), tmp_path / "export")
    assert not list(path.glob("ensembles/*/spread.tiff"))
    assert verify(path) == []


def test_colour_verifies(db: None, tmp_path: Path) -> None:
    assert (
        verify(
            folder.write(voted_study(items=1, truth=False, weights=factories.weights(channels=3)), tmp_path / "export")
        )
        == []
    )


def test_samples_are_the_stored_files(study: Study, exported: Path) -> None:
    for item in study.items.all():
        for index, sample in enumerate(item.pool):
            data = (exported / f"samples/{item.position:03d}/{index:04d}.png").read_bytes()
            assert hashlib.sha256(data).hexdigest() == sample.sha256


def test_every_pick_is_a_row_and_so_is_a_ballot_without_picks(study: Study, exported: Path) -> None:
    rows = table(exported / "ballots.csv")
    assert len(rows) == 2 * (3 + 2 + 1 + 3)
    empty = [row for row in rows if not row["sample"]]
    assert {row["label"] for row in empty} == {"cannot tell"}
    assert {(row["pick"], row["position"], row["sample_sha256"]) for row in empty} == {("", "", "")}
    first = [row for row in rows if row["item"] == "0" and row["sample"]]
    assert [(row["pick"], row["sample"]) for row in first][:3] == [("1", "4"), ("2", "2"), ("3", "9")]
    assert all(Sample.objects.filter(sha256=row["sample_sha256"]).exists() for row in first)


def test_simulated_participants_are_marked(study: Study, exported: Path) -> None:
    code = Participant.objects.get(simulated=True).code
    for name in ("ballots.csv", "participants.csv"):
        marked = {row["participant"].removeprefix("'") for row in table(exported / name) if row["simulated"] == "true"}
        assert marked == {code}
    people = json.loads((exported / "results.json").read_text())["participants"]
    assert (people["people"], people["simulated"]) == (3, 1)


def test_who_withdrew_is_counted_and_nowhere_else(study: Study, tmp_path: Path) -> None:
    person = study.participants.first()
    assert person is not None
    enrolment.withdraw(person)
    path = folder.write(study, tmp_path / "later")
    assert json.loads((path / "results.json").read_text())["participants"]["withdrawn"] == 1
    for name in ("ballots.csv", "participants.csv", "results.json"):
        assert person.code not in (path / name).read_text()
    assert verify(path) == []


def test_a_label_that_is_a_formula_is_defused_in_the_table_and_counted(db: None, tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://example.org";"5")'
    study = factories.open_study_with_pool(labels=[formula, "-6"])
    factories.vote_all(study, [1], label=formula)
    factories.vote_all(study, [1], label="-6")
    path = folder.write(study, tmp_path / "export")
    assert {row["label"] for row in table(path / "ballots.csv")} == {"'" + formula, "'-6"}
    assert verify(path) == []


def test_an_item_name_that_is_a_formula_is_defused(db: None, tmp_path: Path) -> None:
    study = factories.study()
    factories.pool(factories.item(study, name="+cmd|' /C calc'!A0"))
    path = folder.write(study, tmp_path / "export")
    assert {row["item_name"] for row in table(path / "samples.csv")} == {"'+cmd|' /C calc'!A0"}


def test_tables_and_codebook_agree(exported: Path) -> None:
    described: dict[str, list[str]] = {}
    for row in table(exported / "codebook.csv"):
        assert row["type"] in {"text", "integer", "number", "boolean", "time", "sha256"}
        assert row["meaning"]
        described.setdefault(row["file"], []).append(row["column"])
    found = {path.name: path.read_text().splitlines()[0].split(",") for path in exported.glob("*.csv")}
    assert described == found


def test_the_readme_names_every_file_and_folder(exported: Path) -> None:
    text = (exported / "README.txt").read_text()
    for path in exported.iterdir():
        assert path.name == "README.txt" or path.name in text
    for path in (exported / "ensembles" / "000").iterdir():
        assert path.is_dir() or path.name in text


def test_results_hold_what_figures_depend_on(study: Study, exported: Path) -> None:
    results = json.loads((exported / "results.json").read_text())
    assert results["format_version"] == 1
    assert results["versions"]["code"]
    assert results["versions"]["packages"]["numpy"]
    protocol = results["protocol"]
    assert (protocol["tie_rule"], protocol["seed"], protocol["weights_sha256"]) == ("index", 7, "ab" * 32)
    assert protocol["consent_sha256"] == hashlib.sha256(study.consent_text.encode()).hexdigest()
    item = results["items"][0]
    assert item["jobs"][0]["first_seed"] == item["samples"][0]["seed"]
    assert sorted(member["index"] for member in item["evaluation"]["ensemble"]["members"]) == [2, 4, 7]
    assert len(item["evaluation"]["figures"]["measures"]["lr_consistency"]["control"]) == 100
    assert item["evaluation"]["control_seed"]


def test_the_link_of_the_study_stays_out(study: Study, exported: Path) -> None:
    assert all(study.slug.encode() not in path.read_bytes() for path in exported.rglob("*") if path.is_file())


def test_truth_is_inside_only_when_asked_for(study: Study, exported: Path, tmp_path: Path) -> None:
    assert not (exported / "truth").exists()
    with_truth = folder.write(study, tmp_path / "internal", truth=True)
    truth = (with_truth / "truth" / "000.png").read_bytes()
    assert hashlib.sha256(truth).hexdigest() == study.items.get(position=0).truth.sha256
    assert verify(with_truth) == []


def test_figures_against_an_exported_truth_are_checked(study: Study, tmp_path: Path) -> None:
    path = folder.write(study, tmp_path / "internal", truth=True)
    results = json.loads((path / "results.json").read_text())
    results["items"][0]["evaluation"]["figures"]["measures"]["psnr"]["ensemble"] += 1
    (path / "results.json").write_text(json.dumps(results))
    assert any(sentence.startswith("Item 0, measures, psnr, ensemble: ") for sentence in verify(path))
