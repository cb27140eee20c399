"""The pictures of a trial: the right pixels in the right order, to nobody else."""

from __future__ import annotations

import hashlib
import io
import struct
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from django.core.files.storage import storages
from django.utils import timezone
from PIL import Image

from inference import store
from inference.core.degradation import upscale
from inference.core.images import to_uint8
from studies.models import Participant, Study, StudyState
from studies.services import ordering
from tests.studies import factories
from tests.studies.views.participant.conftest import Person

pytestmark = pytest.mark.django_db
Arrive = Callable[[Study], Person]


def unpack(data: bytes) -> list[bytes]:
    """The PNG files of a bundle, in their order."""
    body, digest = data[:-32], data[-32:]
    assert hashlib.sha256(body).digest() == digest
    (count,) = struct.unpack_from("<I", body)
    files, at = [], 4
    while at < len(body):
        (length,) = struct.unpack_from("<I", body, at)
        files.append(body[at + 4 : at + 4 + length])
        at += 4 + length
    assert (at, len(files)) == (len(body), count)
    return files


def bundle(person: Person, query: str = "", number: int = 1) -> list[bytes]:
    answer = person.client.get(person.url("candidates", number) + query)
    assert answer.status_code == 200
    return unpack(answer.getvalue())


def decode(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.fixture
def person(arrive: Arrive) -> Person:
    someone = arrive(factories.open_study_with_pool())
    someone.post("label", 1, label="5")
    return someone


@pytest.mark.parametrize("state", ["checked_at", "failed_at"])
def test_who_is_not_let_in_gets_no_pictures(person: Person, state: str) -> None:
    """Before the check of the screen, and after one that has failed for good."""
    Study.objects.update(viewing={"window_width": 800, "on_failure": "block"})
    passed = timezone.now()
    Participant.objects.update(checked_at=passed)
    assert person.get("candidates", 1).status_code == 200
    assert person.get("trial-low-res", 1).status_code == 200
    Participant.objects.update(**{state: passed if state == "failed_at" else None})
    assert person.get("candidates", 1).status_code == 404
    assert person.get("trial-low-res", 1).status_code == 404


def test_all_candidates_come_in_the_persons_order(person: Person) -> None:
    answer = person.get("candidates", 1)
    assert answer.status_code == 200
    trial = person.row.trials.get()
    (page,) = ordering.candidate_pages(trial)
    expected = [store.get(sample.sha256, "samples", ".png") for sample in page]
    shown = unpack(answer.getvalue())
    assert len(shown) == 12
    for one, other in zip(shown, expected, strict=True):
        np.testing.assert_array_equal(decode(one), decode(other))


def test_two_people_see_the_same_pool_in_different_orders(person: Person, arrive: Arrive) -> None:
    other = arrive(person.study)
    other.post("label", 1, label="6")
    first, second = bundle(person), bundle(other)
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
    for query in ("", "?pages=0", "?low=1&pages=0", "?pages=0-0", "?low=1&pages="):
        assert person.client.get(person.url("candidates", 1) + query).status_code == 404
    assert person.get("trial-low-res", 1).status_code == 200
    assert len(bundle(person, "?low=1")) == 2


@pytest.mark.parametrize("name", ["trial-low-res", "candidates"])
def test_only_ones_own_while_the_study_is_open(person: Person, name: str) -> None:
    assert Person(person.study).get(name, 1).status_code == 404
    assert person.get(name, 2).status_code == 404
    assert person.post(name, 1).status_code == 405
    Study.objects.update(state=StudyState.CLOSED)
    assert person.get(name, 1).status_code == 404


# Pages


@pytest.fixture
def reader(arrive: Arrive) -> Person:
    """In a study with 12 candidates on three pages of four."""
    someone = arrive(factories.open_study_with_pool(page_size=4))
    someone.post("label", 1, label="5")
    return someone


def test_a_range_of_pages_is_that_part_of_all(reader: Person) -> None:
    """1.15 (3): pages stand in the order that the participant's turn and seed give."""
    whole = bundle(reader)
    pages = ordering.candidate_pages(reader.row.trials.get())
    assert [hashlib.sha256(one).hexdigest() for one in whole] == [sample.sha256 for page in pages for sample in page]
    assert bundle(reader, "?pages=0") == whole[:4]
    assert bundle(reader, "?pages=1-2") == whole[4:]
    assert bundle(reader, "?pages=1") == whole[4:8]


def test_the_image_and_its_enlargement_come_first(reader: Person) -> None:
    low, enlarged, *first_page = bundle(reader, "?low=1&pages=0")
    assert low == reader.get("trial-low-res", 1).getvalue()
    assert first_page == bundle(reader, "?pages=0")
    assert decode(low).shape[:2] == (8, 8)
    assert decode(enlarged).shape == decode(first_page[0]).shape
    expected = to_uint8(np.clip(upscale(decode(low)[..., None] / 255, 4), 0, 1))[..., 0]
    np.testing.assert_array_equal(decode(enlarged), expected)


@pytest.mark.parametrize("pages", ["3", "0-3", "2-1", "-1", "1-", "all", "99999999999", "0-99999999999", "٣"])
def test_pages_that_are_not_there_are_not_found(reader: Person, pages: str) -> None:
    assert reader.get("candidates", 1).status_code == 200
    assert reader.client.get(reader.url("candidates", 1), {"pages": pages}).status_code == 404


def test_the_first_page_of_the_next_trial_may_be_loaded_ahead_without_a_label_only(arrive: Arrive) -> None:
    person = arrive(factories.open_study_with_pool(items=2, ask_label=False, labels=[]))
    assert len(bundle(person, "?low=1&pages=0", number=2)) == 14
    labelling = arrive(factories.open_study_with_pool(items=2))
    assert len(bundle(labelling, "?low=1", number=2)) == 2
    assert labelling.client.get(labelling.url("candidates", 2) + "?low=1&pages=0").status_code == 404


def test_a_large_pool_takes_no_more_memory_than_a_small_one(arrive: Arrive) -> None:
    """Files are sent one after the other: at no time are there many in memory."""
    peaks = []
    noise = np.random.default_rng(1).integers(0, 256, (128, 128, 1)).astype(np.uint8)
    for count in (10, 200):
        study = factories.study(pool_size=count, ask_label=False, labels=[])
        factories.pool(factories.item(study, side=32), images=[np.roll(noise, i) for i in range(count)])
        Study.objects.filter(pk=study.pk).update(state=StudyState.OPEN)
        answer = arrive(study).get("candidates", 1)
        tracemalloc.start()
        total = sum(len(part) for part in answer.streaming_content)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert total > count * 16_000
    assert peaks[1] < peaks[0] + 200_000


def test_a_picture_that_is_damaged_later_ends_the_bundle_without_its_sha256(person: Person) -> None:
    (page,) = ordering.candidate_pages(person.row.trials.get())
    storages["default"].delete(store.path_name(page[5].sha256, "samples", ".png"))
    data = person.get("candidates", 1).getvalue()
    assert hashlib.sha256(data[:-32]).digest() != data[-32:]
    assert page[5].sha256.encode() not in data


def test_a_damaged_picture_is_said_in_one_sentence_that_names_nothing(person: Person) -> None:
    sample = ordering.candidate_pages(person.row.trials.get())[0][0]
    storages["default"].delete(store.path_name(sample.sha256, "samples", ".png"))
    answer = person.get("candidates", 1)
    assert answer.status_code == 503
    assert answer.content.decode() == "The pictures cannot be shown at the moment: please try again later."
    assert answer["Cache-Control"] == "private, no-store"
