"""Pictures and the export, for researchers."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from django.core.files.storage import storages
from django.test import Client
from PIL import Image

from inference import store
from studies.models import Evaluation, Study
from studies.services.analysis import evaluation
from tests.studies import factories


@pytest.fixture
def study(db: None) -> Study:
    study = factories.open_study_with_pool(truth=True)
    factories.vote_all(study, [0, 1, 2])
    made = evaluation.request(study.items.get())
    assert made is not None
    evaluation.run(made.pk)
    return study


@pytest.fixture
def owner(study: Study) -> Client:
    client = Client()
    client.force_login(study.memberships.get().user)
    return client


def picture(client: Client, study: Study, kind: str, pk: int) -> np.ndarray:
    answer = client.get(f"/studies/{study.pk}/images/{kind}/{pk}.png")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert "private" in answer["Cache-Control"]
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_sizes(owner: Client, study: Study) -> None:
    item, made = study.items.get(), Evaluation.objects.get()
    assert picture(owner, study, "low-res", item.pk).shape == (8, 8)
    for kind, pk in (("truth", item.pk), ("sample", item.pool[0].pk), ("ensemble", made.ensemble_id)):
        assert picture(owner, study, kind, pk).shape == (32, 32)
    assert picture(owner, study, "control", made.pk).shape == (32, 32)


def test_spread_is_a_colour_map(owner: Client, study: Study) -> None:
    """Where the chosen agree the map is viridis' first colour, #440154."""
    samples = list(study.items.get().pool)[:3]
    values = np.stack([np.asarray(Image.open(io.BytesIO(store.get(s.sha256, "samples", ".png")))) for s in samples])
    shown = picture(owner, study, "spread", Evaluation.objects.get().ensemble_id)
    assert shown.shape == (32, 32, 3)
    alike = values.std(axis=0) == 0
    assert (shown[alike] == (0x44, 0x01, 0x54)).all()
    assert (shown[~alike] != (0x44, 0x01, 0x54)).any(axis=-1).any()


@pytest.mark.parametrize("kind", ["secrets", "low_res", "..", "truth-file"])
def test_other_kinds_do_not_exist(owner: Client, study: Study, kind: str) -> None:
    assert owner.get(f"/studies/{study.pk}/images/{kind}/1.png").status_code == 404


def test_changed_file_is_never_shown(owner: Client, study: Study) -> None:
    sample = study.items.get().pool[0]
    storage = storages["default"]
    name = store.path_name(sample.sha256, "samples", ".png")
    storage.delete(name)
    storage.save(name, io.BytesIO(b"something else"))
    assert owner.get(f"/studies/{study.pk}/images/sample/{sample.pk}.png").status_code == 503


def test_export_holds_the_truth_only_when_asked_for(owner: Client, study: Study) -> None:
    def names(query: str) -> list[str]:
        answer = owner.get(f"/studies/{study.pk}/export.zip{query}")
        assert answer["Content-Type"] == "application/zip"
        archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        assert archive.testzip() is None
        (manifest,) = (name for name in archive.namelist() if name.endswith("manifest.json"))
        assert json.loads(archive.read(manifest))["files"]
        return archive.namelist()

    assert any(name.endswith("ballots.csv") for name in names(""))
    assert not any("truth/" in name for name in names(""))
    assert any("truth/" in name for name in names("?truth=1"))
