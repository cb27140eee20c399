"""Results of other networks: matched by name, checked against the images, all or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.core.images import encode_png
from studies.errors import IntakeError
from studies.models import MethodImage, Study
from studies.services import rating
from studies.services.opinions import methods
from studies.services.opinions.methods import Named
from tests.studies import factories, rated

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    made = factories.study()
    for name in ("dog", "cat.png", "img 10"):
        factories.item(made, name=name)
    return made


def png(side: int = 32, channels: int = 1) -> bytes:
    return encode_png(factories.pixels(side, channels))


def refused(study: Study, files: list[Named], pattern: str = "{item}", name: str = "EDSR") -> str:
    with pytest.raises(IntakeError) as caught:
        methods.add(study, name, files, pattern=pattern)
    assert not MethodImage.objects.exists()
    assert not study.methods.exists()
    return caught.value.message


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("{item}", ["dog.png", "cat.png", "img 10.tif"]),
        ("{item}.png", ["dog.jpg", "cat.png", "img 10.png"]),
        ("edsr_{item}_x4.png", ["edsr_dog_x4.png", "edsr_cat_x4.png", "edsr_img 10_x4.png"]),
        ("{position}.png", ["000.png", "001.png", "2.png"]),
        ("out({position})", ["out(0).png", "out(1).png", "out(2).png"]),
    ],
)
def test_files_find_their_images(study: Study, pattern: str, names: list[str]) -> None:
    method = methods.add(study, "EDSR", [Named(name, png()) for name in names], pattern=pattern)
    assert list(method.images.values_list("item__position", "file_name")) == list(enumerate(names))


def test_files_that_fit_nothing_are_named_and_nothing_is_stored(study: Study) -> None:
    files = [Named(name, png()) for name in ("dog.png", "bird.png", "Dog2.png")]
    assert refused(study, files).startswith("Dog2.png, bird.png fit no image of this study by the pattern “{item}”")
    assert refused(study, [Named("003.png", png())], "{position}").startswith("003.png fits no image")


def test_of_many_strangers_the_first_are_named(study: Study) -> None:
    sentence = refused(study, [Named(f"x{number}.png", png()) for number in range(9)])
    assert sentence.startswith("x0.png, x1.png, x2.png, x3.png, x4.png and 4 more fit no image")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png(16), "dog.png is 16 x 16 pixels, but 4 times the image “dog” is 32 x 32."),
        (png(32, 3), "dog.png: The image is in colour"),
        (b"", "dog.png: The file is empty."),
        (b"<svg/>", "dog.png: SVG files are drawings"),
    ],
    ids=["size", "colour", "empty", "svg"],
)
def test_a_file_that_is_no_result_of_the_image_is_refused(study: Study, data: bytes, expected: str) -> None:
    assert refused(study, [Named("cat.png", png()), Named("dog.png", data)]).startswith(expected)


def test_two_files_for_one_image_are_refused(study: Study) -> None:
    assert "both fit the image “dog”" in refused(study, [Named("dog.png", png()), Named("dog.tif", png())])


@pytest.mark.parametrize("pattern", ["", "result", "{item}{position}", "{item}-{item}"])
def test_a_pattern_says_where_the_name_stands(study: Study, pattern: str) -> None:
    assert "has {item} or {position} in it, once" in refused(study, [Named("dog.png", png())], pattern)


@pytest.mark.parametrize("name", ["", "Ensemble", "reference", "x" * 81])
def test_names_that_cannot_be(study: Study, name: str) -> None:
    assert "name" in refused(study, [Named("dog.png", png())], name=name)


@pytest.mark.parametrize(
    "name",
    [
        "mean of all candidates",
        "Most  LR-consistent",
        "vote-weighted mean",
        "Random ensemble (mean of draws)",
        "single sample (mean of pool)",
        "ENSEMBLE",
        "bi cubic",
    ],
)
def test_no_method_is_called_as_a_row_of_ours(study: Study, name: str) -> None:
    """Both would have stood in one row of the comparison, where the upload's figures replaced ours."""
    assert "is what our own pictures are called" in refused(study, [Named("dog.png", png())], name=name)


@pytest.mark.parametrize("name", ["edsr", "ED SR", "Edsr "])
def test_no_two_methods_are_called_alike(study: Study, name: str) -> None:
    methods.add(study, "EDSR", [Named("dog.png", png())])
    with pytest.raises(IntakeError, match="There is the method “EDSR”, the same name but for capitals and spaces"):
        methods.add(study, name, [Named("dog.png", png())])
    assert study.methods.get().name == "EDSR"


def test_grey_results_of_colour_images_are_taken() -> None:
    study = factories.study(weights=factories.weights(3))
    factories.item(study, name="dog")
    method = methods.add(study, "EDSR", [Named("dog.png", png(32, 1))])
    from inference.core.images import read_image

    assert read_image(methods.png(method.images.get().sha256)).shape == (32, 32, 3)


def test_the_rest_may_follow_and_a_file_may_be_replaced(study: Study) -> None:
    first = methods.add(study, "EDSR", [Named("dog.png", png())])
    old = first.images.get().sha256
    second = methods.add(study, " EDSR ", [Named("cat.png", png()), Named("dog.png", png())])
    assert second == first
    assert first.images.count() == 2
    assert first.images.get(item__name="dog").sha256 != old


def test_methods_stay_once_people_rate() -> None:
    study = rated.voted(items=1)
    method = methods.add(study, "EDSR", rated.method_files(study))
    rated.opened(study)
    rating.begin(study.participants.first())
    with pytest.raises(IntakeError, match="stay as they are"):
        methods.add(study, "Other", rated.method_files(study))
    with pytest.raises(IntakeError, match="stay as they are"):
        methods.remove(method)


def test_bytes_that_are_no_image_are_not_opened_by_their_name(study: Study, tmp_path: Path) -> None:
    assert "dog.png" in refused(study, [Named("dog.png", b"#!/bin/sh")])
