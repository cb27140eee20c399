"""Variants in an export: a table, their files, and checks that notice any other recipe, picture or figure."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.core.images import encode_png, read_image, to_uint8
from studies.exports import folder
from studies.exports.verify import verify
from studies.models import Ballot, Study
from studies.services.analysis import evaluation
from tests.studies import factories
from tests.studies.exports.conftest import voted_study

#: Of the study's first item: labels 5 and 6 from two people each.
KEYS = [
    "top", "linear", "median", "geometric_median", "medoid", "votes", "all", "label-1", "label-2", "pool", "consistent",
]  # fmt: skip


@pytest.fixture
def study(db: None) -> Study:
    study = voted_study(name="Fünf = 5?")
    factories.vote_all(study, [4, 7], label="6")
    for requested in evaluation.request_all(study):
        evaluation.run(requested.pk)
    return study


def rows(export: Path) -> list[dict[str, str]]:
    with (export / "variants.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def changed(export: Path, change: Callable[[dict[str, Any]], object]) -> list[str]:
    """What verifying finds after a change of the first item's evaluation in results.json, and a mended manifest."""
    path = export / "results.json"
    results = json.loads(path.read_text())
    change(results["items"][0]["evaluation"])
    path.write_text(json.dumps(results))
    mend(export, path)
    return verify(export)


def mend(export: Path, *paths: Path) -> None:
    manifest = json.loads((export / "manifest.json").read_text())
    for path in paths:
        data = path.read_bytes()
        entry = manifest["files"][path.relative_to(export).as_posix()]
        entry.update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    (export / "manifest.json").write_text(json.dumps(manifest))


def variant(evaluation: dict[str, Any], key: str) -> dict[str, Any]:
    return next(one for one in evaluation["variants"]["variants"] if one["key"] == key)


def test_every_variant_is_a_row_and_a_folder(exported: Path) -> None:
    found = [row for row in rows(exported) if row["item"] == "0"]
    assert [row["variant"] for row in found] == KEYS
    for row in found:
        picture = exported / row["file"]
        assert hashlib.sha256(picture.read_bytes()).hexdigest() == row["sha256"]
        assert (picture.parent / "residual.tiff").exists()
    labels = {row["variant"]: row["label"] for row in found if row["label"]}
    assert labels == {"label-1": "5", "label-2": "6"}
    assert verify(exported) == []


def test_the_study_s_own_ensemble_has_its_own_figures(exported: Path) -> None:
    results = json.loads((exported / "results.json").read_text())
    first, metrics = rows(exported)[0], results["items"][0]["evaluation"]["metrics"]
    assert {metric["name"]: metric["ensemble"] for metric in metrics} == {
        name: float(first[name]) for name in ("lr_consistency", "psnr", "ssim")
    }
    assert first["effective_n"] == first["samples"] == "3"


@pytest.mark.parametrize("region", ["grid", "lasso"])
def test_parts_of_the_picture_are_rebuilt_from_the_marks(db: None, tmp_path: Path, region: str) -> None:
    study = factories.open_study_with_pool(region=region, weights=factories.weights(3))
    marks: dict[str, dict[str, Any]] = {
        "grid": {"kind": "grid", "columns": 8, "rows": 8, "cells": list(range(20))},
        "lasso": {"kind": "lasso", "points": [[0.1, 0.1], [0.9, 0.2], [0.3, 0.8]]},
    }
    for picks, mark in zip(([1, 2, 3], [4, 5], [1, 4], [7]), [marks[region], {}] * 2, strict=True):
        person = factories.vote_all(study, picks)
        Ballot.objects.filter(trial__participant=person).update(region=mark)
    for row in evaluation.request_all(study):
        evaluation.run(row.pk)
    export = folder.write(study, tmp_path / "export")
    assert "regions" in {row["variant"] for row in rows(export)}
    assert verify(export) == []

    def turned(evaluation: dict[str, Any]) -> None:
        variant(evaluation, "regions")["ensemble"]["parts"]["cells"].reverse()

    found = changed(export, turned)
    assert "Item 0, variant regions: it is not made of what the votes give." in found
    assert "ensembles/000/regions/ensemble.png is not what its members give." in found


def test_another_recipe_is_noticed(exported: Path) -> None:
    def change(evaluation: dict[str, Any]) -> None:
        variant(evaluation, "votes")["ensemble"]["members"][0]["weight"] += 1
        variant(evaluation, "label-1")["label"] = "7"
        variant(evaluation, "linear")["ensemble"]["rule"] = "mean"
        variant(evaluation, "pool")["effective_n"] = 3
        evaluation["variants"]["digest"] = "0" * 64

    found = changed(exported, change)
    for key in ("votes", "label-1", "linear", "pool"):
        assert f"Item 0, variant {key}: it is not made of what the votes give." in found
    assert "Item 0: its variants were made of other votes." in found
    assert "ensembles/000/linear/ensemble.png is not what its members give." in found


def test_a_variant_left_out_is_noticed(exported: Path) -> None:
    found = changed(exported, lambda evaluation: evaluation["variants"]["variants"].pop())
    assert "Item 0, variant consistent: it is not made of what the votes give." in found
    assert "variants.csv and results.json do not say the same." in found


@pytest.mark.parametrize("key", ["median", "geometric_median", "medoid", "label-2", "pool"])
def test_another_picture_is_noticed_though_all_hashes_were_mended(exported: Path, key: str) -> None:
    path = exported / "ensembles" / "000" / key / "ensemble.png"
    pixels = to_uint8(read_image(path))
    pixels[0, 0, 0] ^= 1
    path.write_bytes(encode_png(pixels))
    mend(exported, path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    found = changed(exported, lambda one: variant(one, key)["ensemble"].update(png8_sha256=sha256))
    assert f"ensembles/000/{key}/ensemble.png is not what its members give." in found


def test_another_residual_is_noticed(exported: Path) -> None:
    path = exported / "ensembles" / "000" / "residual.tiff"
    data = bytearray(path.read_bytes())
    data[-2] ^= 1  # in the last pixel
    path.write_bytes(data)
    mend(exported, path)
    assert "ensembles/000/residual.tiff is not what its members give." in verify(exported)


def test_other_figures_are_noticed(exported: Path) -> None:
    def change(evaluation: dict[str, Any]) -> None:
        variant(evaluation, "all")["lr_consistency"] += 0.01
        evaluation["variants"]["readings"][0]["difference"] += 0.01
        evaluation["variants"]["readings"][0]["both"] ^= True

    found = changed(exported, change)
    assert any(sentence.startswith("Item 0, variant all, lr_consistency: ") for sentence in found)
    assert any(sentence.startswith("Item 0, “5” and “6”, difference: ") for sentence in found)
    assert any(sentence.startswith("Item 0, “5” and “6”, both: ") for sentence in found)


def test_figures_against_an_exported_truth_are_checked(study: Study, tmp_path: Path) -> None:
    export = folder_with_truth(study, tmp_path / "export")
    assert verify(export) == []
    found = changed(export, lambda evaluation: variant(evaluation, "medoid").update(psnr=99.0))
    assert any(sentence.startswith("Item 0, variant medoid, psnr: ") for sentence in found)


def folder_with_truth(study: Study, target: Path) -> Path:
    return folder.write(study, target, truth=True)


def test_an_export_from_before_there_were_variants_still_verifies(exported: Path) -> None:
    results = json.loads((exported / "results.json").read_text())
    manifest = json.loads((exported / "manifest.json").read_text())
    gone = {"variants.csv"} | manifest["files"].keys() & {"results.schema.json"}  # nor was there a schema
    for item in results["items"]:
        where = f"ensembles/{item['position']:03d}"
        gone |= {f"{where}/{key}/{name}" for key in KEYS for name in names(exported / where / key)}
        gone.add(f"{where}/residual.tiff")
        del item["evaluation"]["variants"], item["evaluation"]["ensemble"]["residual_sha256"]
        del item["evaluation"]["ensemble"]["parts"]
    for name in gone:
        (exported / name).unlink()
        del manifest["files"][name]
    (exported / "results.json").write_text(json.dumps(results))
    (exported / "manifest.json").write_text(json.dumps(manifest))
    mend(exported, exported / "results.json")
    assert verify(exported) == []


def names(path: Path) -> list[str]:
    return [one.name for one in path.iterdir()] if path.is_dir() else []


def test_votes_that_changed_since_leave_the_variants_out_and_the_rest_whole(db: None, tmp_path: Path) -> None:
    study = voted_study(items=1)
    factories.vote_all(study, [4], label="6")
    export = folder.write(study, tmp_path / "export")
    assert [row["variant"] for row in rows(export)] == ["top"]
    assert verify(export) == []


def test_numbers_of_one_colour_study_agree_with_numpy(db: None, tmp_path: Path) -> None:
    study = voted_study(items=1, weights=factories.weights(3))
    export = folder.write(study, tmp_path / "export")
    pool = np.stack([to_uint8(read_image(path)) for path in sorted((export / "samples" / "000").iterdir())])
    mean = np.floor(pool.mean(axis=0) + 0.5).astype(np.uint8)
    assert np.array_equal(to_uint8(read_image(export / "ensembles/000/pool/ensemble.png")), mean)
    assert verify(export) == []
