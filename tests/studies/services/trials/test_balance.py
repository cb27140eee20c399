"""Places of candidates over participants, through the services that people use."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from studies.models import Study
from studies.services import enrolment
from studies.services.ordering import candidate_pages, pages
from studies.services.trials.paging import williams
from tests.studies import factories

pytestmark = pytest.mark.django_db
M, PAGE_SIZE, PAGES = 12, 3, 4


def shown(study: Study, people: int) -> list[list[list[int]]]:
    """For each of so many new participants the pool indexes by page, as their first trial shows them."""
    found = []
    for _ in range(people):
        person, _ = enrolment.enrol(study)
        trial = person.trials.select_related("item", "participant__study").get()
        pool = {pk: index for index, pk in enumerate(trial.item.pool.values_list("pk", flat=True))}
        found.append([[pool[sample.pk] for sample in page] for page in candidate_pages(trial)])
    return found


@pytest.fixture
def study() -> Study:
    return factories.open_study_with_pool(pool_size=M, page_size=PAGE_SIZE)


def test_every_sample_stands_everywhere_equally_often(study: Study) -> None:
    """1.15 (2): each sample's mean place is the same, by design over pages and by chance within them."""
    people = 60 * PAGES
    orders = np.array([[index for page in pages for index in page] for pages in shown(study, people)])
    places = np.argsort(orders, axis=1)  # (people, samples)
    for sample in range(M):
        by_page = np.bincount(places[:, sample] // PAGE_SIZE, minlength=PAGES)
        assert by_page.tolist() == [people // PAGES] * PAGES, "exactly, whatever the seeds"
        assert chisquare(np.bincount(places[:, sample], minlength=M)).pvalue > 1e-5
    # Within a page the standard deviation of a place is 0.82, of its mean over 240 people 0.053.
    assert np.abs(places.mean(axis=0) - (M - 1) / 2).max() < 5 * 0.053


def test_pages_follow_each_other_equally_often(study: Study) -> None:
    """1.15 (2): a Williams square. In every block of turns each group of samples stands once on each page, and just
    before each other group once."""
    for _ in range(3):
        block = shown(study, PAGES)
        groups = {frozenset(page) for pages in block for page in pages}
        assert len(groups) == PAGES
        assert all(len({frozenset(pages[page]) for pages in block}) == PAGES for page in range(PAGES))
        followed = Counter(
            (frozenset(first), frozenset(then)) for pages in block for first, then in itertools.pairwise(pages)
        )
        assert set(followed.values()) == {1}
        assert len(followed) == PAGES * (PAGES - 1)


def test_groups_are_dealt_anew_for_each_block(study: Study) -> None:
    blocks = [{frozenset(page) for pages in shown(study, PAGES) for page in pages} for _ in range(4)]
    assert len({frozenset(block) for block in blocks}) > 1


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 9, 25])
def test_williams_squares_are_balanced(count: int) -> None:
    """Williams (1949): n rows for even n, 2n for odd; every place and every pair of neighbours equally often."""
    rows = williams(count)
    assert len(rows) == (count if count % 2 == 0 else 2 * count)
    each = len(rows) // count
    assert all(Counter(row[place] for row in rows) == dict.fromkeys(range(count), each) for place in range(count))
    pairs = Counter(pair for row in rows for pair in itertools.pairwise(row))
    assert pairs == dict.fromkeys(itertools.permutations(range(count), 2), each)


def test_what_is_stored_replays_what_was_shown(study: Study) -> None:
    """1.15 (2): seed and turn of the participant, seed of the study."""
    places = shown(study, 7)
    for person, own in zip(study.participants.order_by("pk"), places, strict=True):
        replayed = pages(M, page_size=PAGE_SIZE, study_seed=study.seed, seed=person.seed, turn=person.turn, position=0)
        assert replayed == own
    assert list(study.participants.order_by("pk").values_list("turn", flat=True)) == list(range(7))
