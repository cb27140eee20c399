"""`demo --task`: the numbers of "Trustworthy SR" (Korkmaz et al. 2024), sections 3.2 and 4, as people meet them."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from PIL import Image

from inference.models import GenerationJob
from studies.demo import examples, figures, site, tasks
from studies.demo.digits import between
from studies.errors import StudyError
from studies.models import Study
from studies.services import results
from studies.services.candidates import drawing
from tests.studies import factories, named


@pytest.fixture
def ada(db: None) -> User:
    return factories.user("ada")


def prepared(owner: User, number: int) -> Study:
    example = tasks.task(number)
    study = examples.study(owner, example, items=example.items)
    drawing.start(study)
    return study


def test_task_1_is_the_papers(ada: User) -> None:
    """Section 3.2: name the digit, then 2 samples among 324, the top 5 averaged; section 4: 7x7 pixels, tiled 9x9."""
    study = prepared(ada, 1)
    assert study.ask_label
    assert study.labels == [str(digit) for digit in range(10)]
    assert (study.pool_size, study.max_picks, study.exact_picks, study.ensemble_size) == (324, 2, True, 5)
    item = study.items.get()
    assert (item.low_res.width, item.low_res.height) == (7, 7)
    job = GenerationJob.objects.get()
    assert (job.count, str(job.weights), job.settings["mosaic"]) == (324, "ldm/photos", True)
    assert 324 == 4 * (64 // 7) ** 2


def test_task_2_is_the_papers(ada: User) -> None:
    """Section 4.1: ten images of 128x128, fifteen samples shown at once, at most 3, top 3; the truth is hidden."""
    study = prepared(ada, 2)
    assert not study.ask_label
    assert (study.pool_size, study.max_picks, study.exact_picks, study.ensemble_size) == (15, 3, False, 3)
    assert study.page_size >= 15
    items = list(study.items.select_related("low_res", "truth"))
    assert len(items) == 10
    assert {(item.low_res.width, item.low_res.height, item.low_res.channels) for item in items} == {(32, 32, 3)}
    assert len({item.truth.sha256 for item in items}) == 10
    assert study.weights.scale * 32 == 128


def test_the_digit_is_between_5_and_6() -> None:
    """As the paper's (Table 1); every reader of so few pixels hesitates, so that more than one bit is open."""
    first = between(5, 6, 1)[0]
    assert first.label in (5, 6)
    assert first.entropy > 1
    assert first.image.shape == (7, 7, 1)


def test_task_1_is_named_before_and_after(ada: User) -> None:
    """Its label in scikit-learn's set is known to be right, and the voters name what comes of their votes."""
    example = tasks.task(1)
    item = examples.study(ada, example, items=1).items.get()
    assert example.rated == "naming"
    assert (item.kind, item.expected_label) == ("main", str(between(5, 6, 1)[0].label))
    assert tasks.task(2).rated == ""


def test_a_files_name_may_tell_what_it_shows(ada: User, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("a_5", "b", "c_x", "d_55"):
        Image.fromarray(np.full((28, 28), 7 * len(name) + ord(name[0]), dtype=np.uint8)).save(folder / f"{name}.png")
    study = examples.study(ada, tasks.task(1, images=folder, items=4), items=4)
    assert list(study.items.values_list("expected_label", flat=True)) == ["5", "", "", ""]


@pytest.mark.django_db
def test_the_figures_tell_who_was_right_before_and_after() -> None:
    study = named.study()
    told = figures.summary(results.collect(study), 1.0, {})
    assert (told["named_right_before"], told["named_right_ensemble"]) == (0.0, 0.833)
    assert told["named_p"] == pytest.approx(0.0625)
    unknown = figures.summary(results.collect(named.study(right="")), 1.0, {})
    assert not [name for name in unknown if name.startswith("named")]


def headless(output: Path, **options: object) -> dict:
    out = StringIO()
    call_command("demo", headless=True, participants=3, seed=1, output=output, stdout=out, **options)
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.mark.django_db(transaction=True)
def test_headless_gives_the_papers_table_2(tmp_path: Path) -> None:
    told = headless(tmp_path / "out", task=2, items=1)
    assert (told["items"], told["samples"], told["ballots"]) == (1, 15, 3)
    assert told["simulated_participants"] == 3
    assert told["majority_right"] is None
    assert told["verified"] is True
    with (tmp_path / "out" / "table-2.csv").open() as file:
        rows = {row["Method"]: row for row in csv.DictReader(file)}
    assert set(rows) >= {
        "Bicubic enlargement", "resshift/photos, one sample", "srdiff/photos, one sample", "lddpm/photos, one sample",
        "One sample, on average", "Mean of all samples", "Control: mean of 3 random samples", "Voted ensemble, top 3",
    }  # fmt: skip
    column = "PSNR against the truth (dB)"
    assert float(rows["Voted ensemble, top 3"][column]) == pytest.approx(told["psnr_ensemble_db"], abs=0.005)
    # The mean of all is nearer to the truth than its average member, by arithmetic alone.
    assert float(rows["Mean of all samples"][column]) > float(rows["One sample, on average"][column])
    assert "Simulated" in (tmp_path / "out" / "table-2.md").read_text()
    assert not (tmp_path / "out" / "table-1.md").exists(), "nobody was asked for a label"


def photographs(folder: Path, count: int) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(1)
    for number in range(count):
        Image.fromarray(rng.integers(0, 256, (140, 150, 3), dtype=np.uint8)).save(folder / f"{number}.png")
    return folder


def test_photographs_of_ones_own(ada: User, tmp_path: Path) -> None:
    example = tasks.task(2, images=photographs(tmp_path / "mine", 3), items=2)
    study = examples.study(ada, example, items=example.items)
    assert [item.name for item in study.items.all()] == ["0", "1"]
    assert example.name != tasks.task(2).name, "other images are another study"


def test_other_weights_are_another_study(ada: User) -> None:
    """Such as the paper's own, once they are imported."""
    example = tasks.task(1, weights="ldm/digits")
    study = examples.study(ada, example, items=1)
    assert (str(study.weights), study.settings["mosaic"], study.pool_size) == ("ldm/digits", True, 324)
    with pytest.raises(StudyError, match="ldm/bsr are not here"):
        examples.study(ada, tasks.task(1, weights="ldm/bsr"), items=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "sentence"),
    [({"task": 2}, "3 images, and 10 are needed"), ({"task": None}, "--images is for --task")],
)
def test_images_that_cannot_be_used(tmp_path: Path, options: dict, sentence: str) -> None:
    folder = photographs(tmp_path / "mine", 3)
    with pytest.raises(CommandError, match=sentence):
        call_command("demo", headless=True, output=tmp_path / "out", images=folder, **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.django_db
def test_the_site_serves_the_task_instead_of_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    served = []
    monkeypatch.setattr(site, "run", lambda owner, wanted, **options: served.extend(wanted))
    call_command("demo", task=1)
    assert [example.name.rpartition(",")[0] for example in served] == ["Trustworthy SR, Task 1, ldm/photos"]
