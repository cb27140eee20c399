"""Pictures of a study's texts."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from inference.core.images import encode_png, read_image
from studies.errors import IntakeError
from studies.models import Study, StudyPicture
from studies.services.design import pictures
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return factories.study()


def file(side: int = 20, mode: str = "RGB", **options: object) -> bytes:
    data = BytesIO()
    Image.new(mode, (side, side), 60).save(data, "PNG", **options)
    return data.getvalue()


def test_a_picture_is_stored_from_its_pixels(study: Study) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "Somebody")
    picture = pictures.add(study, file(pnginfo=notes), name="five")
    stored = pictures.png(picture)
    assert b"Somebody" not in stored
    assert np.array_equal(read_image(stored), read_image(file()))


def test_a_picture_of_the_same_name_is_replaced(study: Study) -> None:
    pictures.add(study, file(20), name="five")
    pictures.add(study, file(30), name="five")
    assert read_image(pictures.png(study.pictures.get())).shape[0] == 30


@pytest.mark.parametrize(
    ("name", "made"), [("My Photo 2.PNG", "my-photo-2"), ("a_b.c.png", "a_b-c"), ("../../x.png", "x")]
)
def test_a_name_is_made_from_the_files(name: str, made: str) -> None:
    assert pictures.default_name(name) == made


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "-a", "x" * 51])
def test_names_that_cannot_be(study: Study, name: str) -> None:
    with pytest.raises(IntakeError, match="Name the picture"):
        pictures.add(study, file(), name=name)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<svg xmlns='x'/>", "SVG"),
        (b"hello", "not an image"),
        (file(mode="RGBA"), "transparency"),
        (file(2001), "limit of 4,000,000"),
        (file()[:60], "damaged"),
    ],
)
def test_files_that_cannot_be_used(study: Study, data: bytes, sentence: str) -> None:
    with pytest.raises(IntakeError, match=sentence):
        pictures.add(study, data, name="five")
    assert not StudyPicture.objects.exists()


def test_pictures_stay_once_the_protocol_is_frozen() -> None:
    study = factories.open_study_with_pool()
    picture = pictures.add(study, file(), name="five")
    factories.vote_all(study, [1])
    study.refresh_from_db()
    for change in (lambda: pictures.add(study, file(), name="six"), lambda: pictures.remove(picture)):
        with pytest.raises(IntakeError, match="frozen"):
            change()
    assert [one.name for one in study.pictures.all()] == ["five"]


def test_missing_ones_are_named(study: Study) -> None:
    factories.item(study)
    study.items.update(feedback="![x](two)")
    Study.objects.update(introduction="![x](one) ![y](three)")
    study.texts.create(language="de", introduction="![x](four)")
    pictures.add(study, encode_png(np.zeros((4, 4), np.uint8)), name="three")
    study.refresh_from_db()
    assert pictures.missing(study) == ["four", "one", "two"]
