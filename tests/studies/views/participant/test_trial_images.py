"""The pictures of a trial: the right pixels in the right order, to nobody else."""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Callable

import numpy as np
import pytest
from django.core.files.storage import storages
from PIL import Image

from inference import store
from studies.models import Study, StudyState
from studies.services import ordering
from tests.studies import factories
from tests.studies.views.participant.conftest import Person

pytestmark = pytest.mark.django_db
Arrive = Callable[[Study], Person]


def unpack(data: bytes) -> list[bytes]:
    (count,) = struct.unpack_from("<I", data)
    lengths = struct.unpack_from(f"<{count}I", data, 4)
    ends = np.cumsum([4 + 4 * count, *lengths]).tolist()
    assert ends[-1] == len(data)
    return [data[start:end] for start, end in itertools.pairwise(ends)]


def decode(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.fixture
def person(arrive: Arrive) -> Person:
    someone = arrive(factories.open_study_with_pool())
    someone.post("label", 1, label="5")
    return someone


def test_all_candidates_come_in_the_persons_order(person: Person) -> None:
    answer = person.get("candidates", 1)
    assert answer.status_code == 200
    trial = person.row.trials.get()
    expected = [store.get(sample.sha256, "samples", ".png") for sample in ordering.candidates(trial)]
    shown = unpack(answer.content)
    assert len(shown) == 12
    for one, other in zip(shown, expected, strict=True):
        np.testing.assert_array_equal(decode(one), decode(other))


def test_two_people_see_the_same_pool_in_different_orders(person: Person, arrive: Arrive) -> None:
    other = arrive(person.study)
    other.post("label", 1, label="6")
    first, second = (unpack(one.get("candidates", 1).content) for one in (person, other))
    assert first != second
    assert sorted(first) == sorted(second)


def test_the_low_res_image(person: Person) -> None:
    answer = person.get("trial-low-res", 1)
    assert answer["Content-Type"] == "image/png"
    assert decode(answer.content).shape[:2] == (8, 8)


@pytest.mark.parametrize("name", ["trial-low-res", "candidates"])
def test_nothing_is_cached_or_named(person: Person, name: str) -> None:
    answer = person.get(name, 1)
    assert answer["Cache-Control"] == "private, no-store"
    for header in ("ETag", "Last-Modified", "Content-Disposition"):
        assert header not in answer


def test_no_candidates_before_the_label(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool())
    assert person.get("candidates", 1).status_code == 404
    assert person.get("trial-low-res", 1).status_code == 200


@pytest.mark.parametrize("name", ["trial-low-res", "candidates"])
def test_only_ones_own_while_the_study_is_open(person: Person, name: str) -> None:
    assert Person(person.study).get(name, 1).status_code == 404
    assert person.get(name, 2).status_code == 404
    assert person.post(name, 1).status_code == 405
    Study.objects.update(state=StudyState.CLOSED)
    assert person.get(name, 1).status_code == 404


def test_a_damaged_picture_is_said_in_one_sentence_that_names_nothing(person: Person) -> None:
    sample = person.study.items.get().pool[0]
    storages["default"].delete(store.path_name(sample.sha256, "samples", ".png"))
    answer = person.get("candidates", 1)
    assert answer.status_code == 503
    assert answer.content.decode() == "The pictures cannot be shown at the moment: please try again later."
    assert answer["Cache-Control"] == "private, no-store"
