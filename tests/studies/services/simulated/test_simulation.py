"""Rehearsals: simulated participants use the real services and are always marked."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from inference import readers
from studies.errors import VotingError
from studies.models import Ballot, Participant, Pick
from studies.services import lifecycle, tallies
from studies.services.simulated import simulation
from tests.studies import factories

pytestmark = pytest.mark.django_db


def picks_by_sample(study):
    return tallies.tally(study.items.get()).votes.tolist()


def test_everybody_answers_everything_and_is_marked():
    study = factories.open_study_with_pool(items=2, labels=["cat", "dog"])
    people = simulation.simulate(study, count=6, seed=1)
    assert Participant.objects.filter(simulated=True).count() == len(people) == 6
    assert all(person.finished_at for person in people)
    assert Ballot.objects.count() == 12
    assert set(Ballot.objects.values_list("label", flat=True)) <= {"cat", "dog", "cannot tell"}


def test_exactly_k_is_kept():
    study = factories.open_study_with_pool(labels=["cat", "dog"], exact_picks=True, max_picks=2)
    simulation.simulate(study, count=4, seed=1)
    assert Pick.objects.count() == 8


def test_the_same_seed_goes_on_instead_of_making_people_twice():
    study = factories.open_study_with_pool(labels=["cat", "dog"])
    simulation.simulate(study, count=3, seed=1)
    before = list(Ballot.objects.values_list("pk", flat=True))
    simulation.simulate(study, count=5, seed=1)
    assert Participant.objects.count() == 5
    assert list(Ballot.objects.values_list("pk", flat=True))[:3] == before
    simulation.simulate(study, count=1, seed=2)
    assert Participant.objects.count() == 6


def test_the_same_seed_votes_the_same_in_the_same_study():
    images = [factories.pixels(32, 1, seed) for seed in range(12)]
    votes = []
    for _ in range(2):
        study = factories.open_study_with_pool(items=0, labels=["cat", "dog"])
        factories.pool(factories.item(study), images=images)
        simulation.simulate(study, count=5, seed=3)
        votes.append(picks_by_sample(study))
    assert votes[0] == votes[1]


def test_people_prefer_what_reads_as_their_label(monkeypatch):
    """With a reader that sees a "5" in the first half of the pool only, who says 5 picks there."""

    def read(pictures):
        probabilities = np.full((len(pictures), 10), 0.001)
        probabilities[: len(pictures) // 2, 5] = probabilities[len(pictures) // 2 :, 6] = 0.99
        return probabilities

    monkeypatch.setattr(readers, "read_digits", read)
    study = factories.open_study_with_pool(labels=["5", "6"], pool_size=12)
    simulation.simulate(study, count=30, seed=1)
    table = tallies.tally(study.items.get()).by_label
    assert table[0, :6].sum() > 20 * max(table[0, 6:].sum(), 0.5)
    assert table[1, 6:].sum() > 20 * max(table[1, :6].sum(), 0.5)


def test_a_closed_study_takes_no_simulated_people_either():
    study = factories.open_study_with_pool()
    lifecycle.close_study(study)
    with pytest.raises(VotingError, match="not open"):
        simulation.simulate(study, count=1, seed=1)


def test_the_command_by_number_or_link():
    study = factories.open_study_with_pool(labels=["cat", "dog"])
    for name in (str(study.pk), study.slug):
        said = io.StringIO()
        call_command("simulate_participants", name, "--count", "2", "--seed", "4", stdout=said)
        assert "2 simulated participants" in said.getvalue()
    assert Participant.objects.filter(simulated=True).count() == 2


@pytest.mark.parametrize(("name", "match"), [("999999", "no study “999999”"), ("nothing", "no study “nothing”")])
def test_the_command_says_what_is_wrong(name, match):
    with pytest.raises(CommandError, match=match):
        call_command("simulate_participants", name)
