"""manage.py export_study and verify_export: exit code 0, or one sentence; never half an export."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from inference import store
from inference.core.images import encode_png
from inference.models import Sample
from studies.exports.verify import CHECKS
from studies.models import Study
from studies.services.results import collect
from tests.studies import factories


def export(study: str, folder: Path, **options: object) -> str:
    out = io.StringIO()
    call_command("export_study", study, str(folder), stdout=out, verbosity=0, **options)
    return out.getvalue()


def stored(sample: Sample) -> Path:
    return Path(storages["default"].path(store.path_name(sample.sha256, "samples", ".png")))


@pytest.mark.parametrize("by", ["pk", "slug", "name"])
def test_a_study_is_found_by_number_link_name_or_name(study: Study, tmp_path: Path, by: str) -> None:
    assert export(str(getattr(study, by)), tmp_path / "new" / "export") == f"{tmp_path / 'new' / 'export'}\n"
    assert (tmp_path / "new" / "export" / "manifest.json").exists()


def test_an_unknown_study_and_an_ambiguous_name_are_refused(study: Study, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no study “nothing”"):
        export("nothing", tmp_path / "export")
    factories.study(name=study.name)
    with pytest.raises(CommandError, match="Several studies are named"):
        export(study.name, tmp_path / "export")
    assert list(tmp_path.glob("*export*")) == []


def test_a_folder_that_is_not_empty_is_refused_and_left_as_it_was(study: Study, tmp_path: Path) -> None:
    target = tmp_path / "full"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="not an empty folder"):
        export(str(study.pk), target)
    assert [path.name for path in target.iterdir()] == ["mine.txt"]


def test_what_no_worker_has_worked_out_is_worked_out_first(study: Study, tmp_path: Path) -> None:
    assert collect(study).evidence == {}
    export(str(study.pk), tmp_path / "export")
    results = json.loads((tmp_path / "export" / "results.json").read_text())
    assert results["evidence"]["methods"]["lr_consistency"]["methods"][0] == "ensemble"
    assert all(item["evidence"]["picks"]["bootstrap"]["resamples"] for item in results["items"])


def test_an_empty_folder_is_filled(study: Study, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    export(str(study.pk), tmp_path / "empty", with_truth=True)
    assert (tmp_path / "empty" / "truth" / "000.png").exists()


@pytest.mark.parametrize("harm", ["missing", "changed"])
def test_a_broken_sample_is_named_and_nothing_is_left(study: Study, tmp_path: Path, harm: str) -> None:
    sample = study.items.all()[1].pool[5]
    path = stored(sample)
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(encode_png(factories.pixels(32)))
    before = path.read_bytes() if path.exists() else None
    (tmp_path / "out").mkdir()
    with pytest.raises(CommandError, match=f"{sample.sha256}.*{harm}"):
        export(str(study.pk), tmp_path / "out" / "export")
    assert list((tmp_path / "out").iterdir()) == []
    assert (path.read_bytes() if path.exists() else None) == before


def test_verify_prints_a_line_for_each_check_without_a_database(
    exported: Path, capsys: pytest.CaptureFixture[str], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        call_command("verify_export", str(exported))
    lines = capsys.readouterr().out.splitlines()
    made = [line for line in lines[:-1] if line.startswith("ok ")]
    assert len(made) == len(CHECKS) > 25
    truths, evidence = (line for line in lines[:-1] if line not in made)
    assert truths.startswith("        not checked: PSNR and SSIM of 2 items ")
    assert evidence.startswith("        not checked: evidence of ")
    assert lines[-1] == f"{exported} verifies."


def test_verify_fails_in_one_line_and_lists_what_differs(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (exported / "samples/000/0000.png").unlink()
    (exported / "extra").write_text("")
    with pytest.raises(CommandError, match="does not verify") as refusal:
        call_command("verify_export", str(exported))
    assert "\n" not in str(refusal.value)
    errors = capsys.readouterr().err
    assert "samples/000/0000.png is missing." in errors
    assert "extra does not belong to the export." in errors
