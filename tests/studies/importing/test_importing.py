"""manage.py import_study: the same study and the same figures somewhere else, or nothing and a reason."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from inference.models import Ensemble, GenerationJob, LowResImage, Sample, Weights
from inference.services import low_res_png
from inference.services.jobs import digest as request_digest
from inference.services.jobs import find_or_send
from studies.errors import LifecycleError
from studies.exports import folder
from studies.exports.verify import verify
from studies.importing import import_study
from studies.models import (
    Ballot,
    Evaluation,
    Imported,
    Item,
    Observation,
    Participant,
    Pick,
    Study,
    StudyState,
    Trial,
)
from studies.services import enrolment, lifecycle
from studies.services.analysis import evidence_work, versions
from studies.services.design import pictures
from tests.studies import factories, rich
from tests.studies.exports.test_verify import change_results, mend_manifest

pytestmark = pytest.mark.django_db

#: What may differ in results.json: numbers of rows, and the software that made figures anew.
NAMED = {"pk", "code_version", "versions", "state", "closed_at"}


def whole_study() -> Study:
    """People of all kinds, one of whom left; two families; a picture; truths; ensembles."""
    made = rich.study(name="All there is", instructions="![a five](five)", max_picks=3)
    factories.picture(made)
    other = factories.weights(sampler="srdiff", name="other")
    made.additions.create(weights=other, count=4)
    for item in made.items.all():
        factories.more(item, 4, other)
        factories.add_truth(item, factories.pixels(32))
    rich.take_part(made)
    rich.take_part(made, language="de", label="6")
    rich.take_part(made, observed=False)
    factories.vote_all(made, [3, 5], simulated=True)
    enrolment.withdraw(rich.take_part(made))
    factories.participant(made)
    lifecycle.close_study(made)
    versions.add(made, made.memberships.get().user, reason="Four were too many.", ensemble_size=2)
    evidence_work.run(made)
    return made


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs the export puts it; the tests copy it."""
    return tmp_path_factory.mktemp("imported") / "export"


@pytest.fixture
def export(db: None, original: Path, tmp_path: Path) -> Path:
    """An export of an installation that is gone: neither its rows nor its files are here."""
    if not original.exists():
        folder.write(whole_study(), original, truth=True, parquet=True)
        forget_everything()
    return shutil.copytree(original, tmp_path / "export")


def forget_everything() -> None:
    Study.objects.all().delete()
    for model in (Evaluation, Ensemble, Sample, GenerationJob, LowResImage, Weights):
        model.objects.all().delete()
    for name in ("default", "truth"):
        shutil.rmtree(Path(storages[name].path("")), ignore_errors=True)


def results(path: Path) -> Any:
    return without_named(json.loads((path / "results.json").read_text()))


def without_named(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_named(entry) for key, entry in value.items() if key not in NAMED}
    return [without_named(entry) for entry in value] if isinstance(value, list) else value


def nothing_is_here() -> bool:
    return not any(model.objects.exists() for model in (Study, Participant, LowResImage, Sample, Weights, Imported))


@pytest.mark.both
def test_it_is_the_same_study_with_the_same_figures(export: Path, tmp_path: Path) -> None:
    found = import_study(export, factories.user())
    again = folder.write(found.study, tmp_path / "again", truth=True, parquet=True)
    assert found.created
    assert found.study.state == StudyState.CLOSED
    assert results(again) == results(export)
    assert results(again)["evidence"] != {}
    assert [version["reason"] for version in results(again)["analysis_versions"]] == ["", "Four were too many."]
    assert verify(again) == []


def test_every_table_and_picture_comes_out_as_it_came_in(export: Path, tmp_path: Path) -> None:
    again = folder.write(import_study(export, factories.user()).study, tmp_path / "again", truth=True)
    for path in sorted(export.rglob("*")):
        name = path.relative_to(export).as_posix()
        described = name in ("results.json", "manifest.json", "croissant.json", "ro-crate-metadata.json")
        if path.is_file() and not described and path.suffix != ".parquet":
            assert (again / name).read_bytes() == path.read_bytes(), name


def test_rows_are_as_they_were(export: Path) -> None:
    study = import_study(export, factories.user()).study
    assert Trial.objects.filter(participant__study=study, ballot=None).count() == 5
    assert Ballot.objects.votes().filter(trial__participant__study=study).count() == 8
    assert Observation.objects.filter(trial__participant__study=study).count() == 10
    observed = Observation.objects.filter(trial__participant__study=study).first()
    assert observed is not None
    assert observed.events == [[900, "pick", 3], [1500, "unpick", 3], [1700, "page", 1], [2000, "blur", None]]
    first = Pick.objects.order_by("pk").first()
    assert first is not None
    assert first.position == 0, "rich's people pick the first place first"
    assert study.participants.exclude(withdrawn_at=None).count() == 1
    assert study.items.get(kind="practice").feedback == "It is a **5**."
    assert pictures.png(study.pictures.get()).startswith(b"\x89PNG")
    assert low_res_png(study.items.first().low_res).startswith(b"\x89PNG")  # type: ignore[union-attr]


def test_a_zip_is_imported_like_a_folder_and_the_same_export_is_the_same_study(export: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in export.rglob("*"):
            if path.is_file():
                archive.write(path, f"study/{path.relative_to(export)}")
    owner = factories.user("ada")
    out = io.StringIO()
    for given in (tmp_path / "a.zip", export):
        call_command("import_study", str(given), owner="ada", stdout=out, verbosity=0)
    study = Study.objects.get()
    assert study.memberships.get().user == owner
    assert out.getvalue() == (
        f"Imported as study {study.pk}, “All there is”.\n"
        f"This export was imported before: it is study {study.pk}, “All there is”.\n"
    )


def test_an_imported_study_stays_closed(export: Path) -> None:
    study = import_study(export, factories.user()).study
    with pytest.raises(LifecycleError, match="imported"):
        lifecycle.open_study(study)


def test_weights_that_are_not_here_are_known_by_name_and_hash_only(export: Path) -> None:
    import_study(export, factories.user())
    row = Weights.objects.get(sampler="srdiff", name="other")
    assert row.source == "Known from an imported study, by name and sha256: the file is not here."
    assert {job.attempts for job in GenerationJob.objects.all()} == {0}


def test_where_its_samples_are_here_they_are_used(export: Path) -> None:
    import_study(export, factories.user())
    jobs = set(GenerationJob.objects.values_list("pk", flat=True))
    Study.objects.all().delete()
    import_study(export, factories.user())
    assert set(GenerationJob.objects.values_list("pk", flat=True)) == jobs


def asked(job: GenerationJob) -> dict[str, Any]:
    return {"first_seed": job.first_seed, "count": job.count, "settings": job.settings}


def requested(item: Item) -> GenerationJob:
    """The same request as that of the item's only job, made here."""
    job = item.jobs.get()
    return find_or_send(item.low_res, job.weights, asked(job))


def with_requests(study: Study) -> Study:
    """Jobs as requests leave them: what is asked for decides their digest."""
    for item in study.items.all():
        job = item.jobs.get()
        facts = {"low_res": item.low_res.sha256, "sampler": job.sampler, "weights": job.weights.sha256}
        item.jobs.update(digest=request_digest(facts | asked(job)))
    return study


def test_imported_samples_never_pass_for_samples_drawn_here(tmp_path: Path) -> None:
    export = folder.write(with_requests(factories.open_study_with_pool(items=2)), tmp_path / "export")
    before = {item["position"]: item["jobs"] for item in json.loads((export / "results.json").read_text())["items"]}
    forget_everything()
    study = import_study(export, factories.user()).study
    for item in study.items.all():
        drawn = requested(item)
        assert (drawn.state, drawn.samples.count()) == ("queued", 0)
        assert drawn.digest == before[item.position][0]["digest"]
    again = folder.write(study, tmp_path / "again")
    assert results(again) == results(export)
    assert verify(again) == []


def test_samples_that_were_drawn_here_are_not_stored_twice(tmp_path: Path) -> None:
    study = with_requests(factories.open_study_with_pool())
    export = folder.write(study, tmp_path / "export")
    drawn = study.items.get().jobs.get()
    study.delete()
    assert import_study(export, factories.user()).study.items.get().jobs.get() == drawn


def test_where_the_same_request_drew_other_samples_both_are_kept(tmp_path: Path) -> None:
    study = with_requests(factories.open_study_with_pool())
    export = folder.write(study, tmp_path / "export")
    sample = Sample.objects.order_by("pk").first()
    assert sample is not None
    Sample.objects.filter(pk=sample.pk).update(sha256="ab" * 32)
    study.delete()
    again = results(folder.write(import_study(export, factories.user()).study, tmp_path / "again"))
    assert Sample.objects.get(pk=sample.pk).sha256 == "ab" * 32
    assert again == results(export)


def refused(path: Path) -> str:
    User.objects.get_or_create(username="ada")
    with pytest.raises(CommandError) as refusal:
        call_command("import_study", str(path), owner="ada", verbosity=0)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_one_flipped_byte_is_named_and_nothing_is_stored(export: Path) -> None:
    path = export / "samples/000/0004.png"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "samples/000/0004.png has changed since the export." in refused(export)
    assert nothing_is_here()


def test_a_missing_sample_is_named_and_nothing_is_stored(export: Path) -> None:
    (export / "samples/001/0003.png").unlink()
    assert "samples/001/0003.png is missing." in refused(export)
    assert nothing_is_here()


def test_a_forged_vote_is_refused(export: Path) -> None:
    change_results(export, lambda found: found["items"][0]["samples"][1].update(votes=30))
    assert "the ballots give" in refused(export)
    assert nothing_is_here()


def test_a_public_export_and_one_without_a_design_are_refused(export: Path, tmp_path: Path) -> None:
    public = folder.write(factories.open_study_with_pool(), tmp_path / "public", level="public")
    Study.objects.all().delete()
    assert "This export is public" in refused(public)
    (export / "study.json").unlink()
    assert "before studies could be imported" in refused(export)


def test_an_export_from_before_there_was_evidence_is_imported_whole(export: Path, tmp_path: Path) -> None:
    """Its schema was another one too, by which this one's shape is not judged."""
    of_evidence = itertools.product(("methods", "lead"), ("md", "tex", "csv"))
    leave_out(export, "results.schema.json", *(f"tables/{name}.{form}" for name, form in of_evidence))
    change_results(export, without_evidence)
    study = import_study(export, factories.user()).study
    again = folder.write(study, tmp_path / "again", truth=True)
    assert results(again)["evidence"] == {}
    assert all(item["evaluation"]["ensemble"] for item in results(again)["items"])


def without_evidence(found: dict[str, Any]) -> None:
    for part in (found, *found["items"]):
        del part["evidence"]


def test_what_is_missing_for_ensembles_is_found_before_the_study_is_stored(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where verification passed over it."""
    monkeypatch.setattr("studies.importing.importing.verified_bundle", lambda bundle: [])
    leave_out(export, "results.schema.json")
    change_results(export, lambda found: found["items"][1]["evaluation"].pop("state"))
    for _ in range(2):
        assert "cannot be imported" in refused(export)
        assert nothing_is_here()


def leave_out(export: Path, *names: str) -> None:
    manifest = json.loads((export / "manifest.json").read_text())
    for name in names:
        (export / name).unlink()
        del manifest["files"][name]
    (export / "manifest.json").write_text(json.dumps(manifest))
    mend_manifest(export)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "x" * 300}, "Item 3: name cannot be stored here"),
        ({"kind": "other"}, "Item 3: kind cannot be stored here"),
        ({"jobs": []}, "a value is missing or malformed"),
        ({"width": 9}, "samples/003/0000.png has 32 x 32 pixels instead of 36 x 32"),
        ({"suspect": None}, "a value is missing or malformed"),
    ],
)
def test_a_design_that_fits_nowhere_is_refused_whole(export: Path, change: dict[str, Any], said: str) -> None:
    path = export / "study.json"
    design = json.loads(path.read_text())
    design["items"][3].update(change)
    path.write_text(json.dumps(design))
    mend_manifest(export)
    found = refused(export)
    assert said in found or "low_res/003.png has 8 x 8 pixels instead of 9 x 8" in found
    assert nothing_is_here()


@pytest.mark.parametrize("number", [-3, 10_001, 10**9, 1.5, True, "3", None])
def test_nobody_makes_rows_of_people_who_withdrew_out_of_a_number(export: Path, number: Any) -> None:
    leave_out(export, "results.schema.json")
    change_results(export, lambda found: found["participants"].update(withdrawn=number))
    assert refused(export) == f"The number of people who withdrew, {number}, is not one of 0 to 10,000."
    assert nothing_is_here()


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({"opened_at": "2026-03-01T10:00:00"}, "the time 2026-03-01T10:00:00 has no time zone"),
        ({"created_at": "2026-03-01"}, "the time 2026-03-01 has no time zone"),
        (
            {"opened_at": "2099-01-01T10:00:00Z", "closed_at": "2098-03-01T10:00:00Z"},
            "The study was closed before it was opened",
        ),
    ],
)
def test_times_that_say_nothing_or_go_back_are_refused(export: Path, times: dict[str, str], said: str) -> None:
    change_results(export, lambda found: found.update(times))
    assert said in refused(export)
    assert nothing_is_here()


def test_rows_of_others_are_out_of_reach(export: Path) -> None:
    """Primary keys in a forged design would make a row of another study one of the import's."""
    mine = factories.picture(factories.study(), name="mine")
    weights = factories.weights(name="mine")
    design = json.loads((export / "study.json").read_text())
    design["pictures"][0]["id"] = mine.pk
    design["weights"][0]["id"] = weights.pk
    (export / "study.json").write_text(json.dumps(design))
    opened = mine.study.state_changes.create(state="open", finished=0, met=False, why="mine")
    leave_out(export, "results.schema.json")
    change_results(export, lambda found: found["state_changes"][0].update(id=opened.pk))
    import_study(export, factories.user())
    for row in (mine, weights, opened):
        row.refresh_from_db()
    assert (mine.name, weights.name, opened.why) == ("mine", "mine", "mine")


def test_a_picture_that_carries_more_than_its_pixels_is_refused(export: Path) -> None:
    import hashlib

    path = export / "pictures/five.png"
    path.write_bytes(path.read_bytes() + b"and a secret")
    design = json.loads((export / "study.json").read_text())
    design["pictures"][0]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (export / "study.json").write_text(json.dumps(design))
    mend_manifest(export)
    assert "pictures/five.png is no plain PNG file" in refused(export)


def test_where_its_people_are_here_already_it_is_refused(tmp_path: Path) -> None:
    study = factories.open_study_with_pool()
    factories.vote_all(study, [1])
    path = folder.write(study, tmp_path / "export")
    with pytest.raises(CommandError, match=rf"in the study “{study}” \(number {study.pk}\) already"):
        call_command("import_study", str(path), owner=study.memberships.get().user.username, verbosity=0)
    assert Study.objects.count() == 1


def test_an_unknown_owner_and_no_export_are_refused_in_one_sentence(export: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no user “nobody”"):
        call_command("import_study", str(export), owner="nobody", verbosity=0)
    assert "There is no folder or zip at" in refused(tmp_path / "nothing")
