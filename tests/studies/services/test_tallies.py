"""Votes counted by the database in groups are those that are counted one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import numpy as np
import pytest

from studies.models import CANNOT_TELL, Ballot, Item, Kind, Participant, Study, Trial
from studies.services import enrolment, tallies
from tests.studies import factories

pytestmark = pytest.mark.django_db

LABELS = ["5", "6", CANNOT_TELL]


def answer(study: Study, rng: np.random.Generator, *, simulated: bool = False) -> Participant:
    """A participant who answers everything by chance; who cannot tell may pick nothing."""
    person = factories.participant(study, simulated=simulated)
    for trial in person.trials.all():
        label = str(rng.choice(LABELS))
        number = int(rng.integers(0 if label == CANNOT_TELL else 1, study.max_picks + 1))
        factories.vote(trial, rng.choice(12, size=number, replace=False).tolist(), label)
    return person


def one_by_one(item: Item, without: Collection[int]) -> tuple[Counter[int], Counter[str], Counter[int], int]:
    """Votes by sample, ballots by label and by number of picks, and simulated ones: a look at every ballot."""
    by_sample, by_label, by_number, simulated = Counter[int](), Counter[str](), Counter[int](), 0
    for ballot in Ballot.objects.filter(trial__item=item):
        trial, person = ballot.trial, ballot.trial.participant
        if item.kind != Kind.MAIN or trial.repeat or person.withdrawn_at or person.pk in without:
            continue
        picks = [pick.sample_id for pick in ballot.picks.all()]
        by_sample.update(picks)
        by_label[ballot.label] += 1
        by_number[len(picks)] += 1
        simulated += person.simulated
    return by_sample, by_label, by_number, simulated


def counted(item: Item, tally: tallies.Tally) -> tuple[Counter[int], Counter[str], Counter[int], int]:
    assert (tally.by_label.sum(axis=0) == tally.votes).all()
    assert tally.ballots == tally.label_counts.sum()
    votes = Counter(dict(zip(tally.samples, tally.votes.tolist(), strict=True)))
    labels = Counter(dict(zip(tally.labels, tally.label_counts.tolist(), strict=True)))
    return +votes, +labels, Counter(tally.picks), tally.simulated_ballots


@pytest.fixture
def study() -> Study:
    """Second answers, people who withdrew, an item for practice, and another study with votes on the same samples."""
    rng = np.random.default_rng(8)
    made = factories.open_study_with_pool(items=4, repeats=2)
    Item.objects.filter(study=made, position=4).update(kind=Kind.PRACTICE)
    other = factories.open_study_with_pool(items=2)
    for mine, theirs in zip(made.items.all()[:2], other.items.all(), strict=True):
        theirs.jobs.set(mine.jobs.all())
    for _ in range(6):
        answer(made, rng)
        answer(other, rng)
    for _ in range(2):
        answer(made, rng, simulated=True)
        enrolment.withdraw(answer(made, rng))
    return made


def test_every_count_is_that_of_the_ballots_one_by_one(study: Study) -> None:
    assert Trial.objects.filter(item__study=study, repeat=1, ballot__isnull=False).exists()
    left_out = list(study.participants.values_list("pk", flat=True)[:2])
    for without in ([], left_out):
        items = list(study.items.all())
        found = tallies.tallies(study, items, without=without)
        assert [counted(item, found[item.pk]) for item in items] == [one_by_one(item, without) for item in items]


def test_one_image_is_counted_as_among_all(study: Study) -> None:
    items = list(study.items.main())
    found = tallies.tallies(study, items)
    assert [counted(item, tallies.tally(item)) for item in items] == [counted(item, found[item.pk]) for item in items]


def test_deleted_answers_are_not_counted(study: Study) -> None:
    item = study.items.main().first()
    assert item is not None
    Ballot.objects.filter(trial__item=item).first().delete()  # type: ignore[union-attr]
    assert counted(item, tallies.tally(item)) == one_by_one(item, [])
