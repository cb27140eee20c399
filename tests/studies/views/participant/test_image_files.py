"""The files that people see are the files that are stored, named in the manifest, and published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from studies.exports import folder
from studies.models import Study
from studies.services.ordering import candidate_pages
from tests.studies import factories
from tests.studies.blindness import PICTURE_CHUNKS, chunks, pixels, unpack_pngs
from tests.studies.views.participant.conftest import Person
from tests.studies.views.participant.crawl import body_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(arrive: Callable[[Study], Person]) -> Person:
    someone = arrive(factories.open_study_with_pool(page_size=5))
    someone.post("label", 1, label="5")
    return someone


def bundle(person: Person, query: str = "") -> bytes:
    return body_of(person.client.get(person.url("candidates", 1) + query))


def test_what_is_shown_is_what_is_published(person: Person, tmp_path: Path) -> None:
    """1.15 (5): byte for byte, by the sha256 in the manifest, and pixel for pixel when decoded."""
    path = folder.write(person.study, tmp_path / "export")
    manifest = json.loads((path / "manifest.json").read_text())["files"]
    named = {entry["sha256"]: name for name, entry in manifest.items() if name.startswith("samples/")}
    shown = unpack_pngs(bundle(person))
    assert {hashlib.sha256(png).hexdigest() for png in shown} == set(named)
    for png in shown:
        published = (path / named[hashlib.sha256(png).hexdigest()]).read_bytes()
        np.testing.assert_array_equal(pixels(published), pixels(png))


def test_no_colour_profile_and_no_gamma_travels(person: Person) -> None:
    """1.15 (5): a profile, a gamma or a resolution would let the browser change colours or sizes."""
    files = unpack_pngs(bundle(person, "?low=1&pages=0-2"))
    assert len(files) == 14, "the LR image, its enlargement, and all candidates"
    for png in files:
        assert {kind for kind, _ in chunks(png)} <= PICTURE_CHUNKS


def test_the_bundle_ends_with_its_hash(person: Person) -> None:
    """1.15 (5): with which the page compares what arrived, before anything is shown."""
    for query in ("", "?pages=1-2", "?low=1&pages=0"):
        data = bundle(person, query)
        assert data[-32:] == hashlib.sha256(data[:-32]).digest()


def test_pages_of_the_bundle_are_the_pages_of_the_order(person: Person) -> None:
    """1.15 (2) and (5): in this participant's order, page after page."""
    expected = [[sample.sha256 for sample in page] for page in candidate_pages(person.row.trials.get())]
    for number, page in enumerate(expected):
        files = unpack_pngs(bundle(person, f"?pages={number}"))
        assert [hashlib.sha256(png).hexdigest() for png in files] == page
