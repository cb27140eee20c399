"""The example studies: one for the weights that always ship, a harder one where the x8 weights are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from inference.core.weights import SHIPPED
from inference.models import GenerationJob
from inference.services import catalogue
from studies.demo import examples, site
from studies.errors import StudyError
from studies.forms import StudyForm
from studies.services.candidates import drawing
from tests.studies import factories


@pytest.fixture
def ada(db: None) -> User:
    return factories.user("ada")


@pytest.fixture
def x8(db: None, data_dir: Path) -> None:
    """Weights of this name, whether they ship by now or not."""
    folder = data_dir / "weights" / "ldm"
    folder.mkdir(parents=True)
    (folder / "digits_x8.safetensors").write_bytes(b"never read")
    facts = {"sha256": "cd" * 32, "scale": 8, "channels": 1}
    (folder / "digits_x8.json").write_text(json.dumps(facts))


def test_the_hard_study_is_drawn_at_x8(ada: User, x8: None) -> None:
    study = examples.study(ada, examples.HARD, items=2)
    assert (str(study.weights), study.weights.scale) == ("ldm/digits_x8", 8)
    assert [(item.low_res.width, item.low_res.height) for item in study.items.all()] == [(4, 4), (4, 4)]
    drawing.start(study)
    assert {str(job.weights) for job in GenerationJob.objects.all()} == {"ldm/digits_x8"}


def test_the_demo_makes_both_where_both_can_be_drawn(ada: User, x8: None) -> None:
    assert examples.shipped() == [examples.STANDARD, examples.HARD]
    studies = [examples.study(ada, example, items=1) for example in examples.shipped()]
    said = site.addresses(studies, ada, "http://127.0.0.1:8000")
    for study in studies:
        assert f"http://127.0.0.1:8000/s/{study.slug}/" in said
    assert examples.study(ada, examples.HARD, items=1) == studies[1], "made once"


def test_without_the_x8_weights_there_is_the_standard_one(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for row in catalogue() if row.name == "digits" and row.sampler == "ldm"]
    monkeypatch.setattr(examples.inference_services, "catalogue", lambda: rows)
    assert examples.shipped() == [examples.STANDARD]
    with pytest.raises(StudyError, match="ldm/digits_x8 are not here"):
        examples.study(ada, examples.HARD, items=1)


def test_the_study_form_offers_every_sampler_that_ships(db: None) -> None:
    """All weights of the manifest but those that draw nothing by themselves."""
    manifest = json.loads((SHIPPED / "manifest.json").read_text())
    drawing_ones = {name for name in manifest if name.partition("/")[0] not in ("reader", "autoencoder")}
    offered = {str(row) for row in StudyForm(catalogue=catalogue()).fields["weights"].queryset}
    assert drawing_ones <= offered
    assert not {name for name in offered if name.startswith(("reader/", "autoencoder/"))}
