"""Ratings as tables: scores by observer, wins in pairs; and simulated raters, whose model shows in them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from studies.aggregation.opinion import mos
from studies.models import Participant, Rating
from studies.services import enrolment, rating
from studies.services.opinions import ratings
from studies.services.simulated import simulated_ratings, simulation
from tests.studies import factories, rated

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_scores_stand_where_they_were_given() -> None:
    study = rated.voted(items=2)
    rated.opened(study, repeats=2)
    for person, answer in zip(study.participants.order_by("pk"), ("2", "5"), strict=True):
        rated.rate_all(person, answer)
    found = ratings.matrix(study)
    assert found is not None
    assert found.observers == tuple(study.participants.order_by("pk").values_list("code", flat=True))
    assert np.array_equal(found.scores, np.tile([2.0, 5.0], (10, 1)))
    again = ratings.repeats(study)
    assert again is not None
    assert again.first == again.second == ("2", "2", "5", "5")
    assert again.observers == (found.observers[0],) * 2 + (found.observers[1],) * 2
    assert [(one.item, one.condition) for one in found.stimuli[:5]] == [
        (0, "ensemble"), (0, "control"), (0, "single"), (0, "bicubic"), (0, "reference"),
    ]  # fmt: skip
    assert not found.simulated.any()


def test_what_was_not_given_is_missing_and_who_left_is_not_there() -> None:
    study = rated.voted(items=1)
    rated.opened(study)
    one, other = study.participants.order_by("pk")
    first = rating.current(rating.begin(one))
    assert first is not None
    rated.give(first, "4")
    rated.rate_all(other)
    enrolment.withdraw(other)
    found = ratings.matrix(study)
    assert found is not None
    assert found.observers == (one.code,)
    place = [stimulus.pk for stimulus in found.stimuli].index(first.stimulus_id)
    assert found.scores[place, 0] == 4
    assert np.isnan(np.delete(found.scores, place)).all()


def test_nothing_rated_is_an_empty_table() -> None:
    study = rated.voted(items=1)
    assert ratings.matrix(study) is None
    assert ratings.wins(study) is None
    rated.opened(study)
    found = ratings.matrix(study)
    assert found is not None
    assert found.scores.shape == (5, 0)


def test_wins_are_counted_by_condition_whichever_side_it_stood_on() -> None:
    """Whoever always prefers the ensemble gives it every win; no difference is half a win for both."""
    study = rated.voted(items=2)
    rated.opened(study, mode="pairwise", repeats=3)
    person = study.participants.first()
    rater = rating.begin(person)
    while (one := rating.current(rater)) is not None:
        kinds = one.stimulus.kind, one.other.kind
        answer = "first" if kinds[0] == "ensemble" else "second" if kinds[1] == "ensemble" else "none"
        rated.give(one, answer)
    found = ratings.wins(study)
    assert found is not None
    assert found.conditions == ("ensemble", "control", "single", "bicubic", "reference")
    expected = np.full((5, 5), 1.0)  # two items, half a win each
    expected[0], expected[:, 0] = 2.0, 0.0
    np.fill_diagonal(expected, 0)
    assert np.array_equal(found.wins, expected)
    assert np.array_equal(found.items[0] + found.items[1], expected)
    assert ratings.matrix(study) is None


def test_dcr_rates_the_reference_only_where_it_is_hidden() -> None:
    study = rated.voted(items=1)
    rated.opened(study, mode="dcr", hidden_reference=False)
    rated.rate_all(study.participants.first(), "4")
    found = ratings.matrix(study)
    assert found is not None
    assert [one.condition for one in found.stimuli] == ["ensemble", "control", "single", "bicubic"]
    assert (found.scores == 4).all()


def simulated(mode: str = "acr", who: str = "same", count: int = 12) -> simulated_ratings.RatingPhase:
    study = factories.open_study_with_pool(items=2, truth=True, labels=["cat", "dog"])
    simulation.simulate(study, count=count, seed=1)
    phase = rated.opened(rated.close(study), mode=mode, who=who)
    simulated_ratings.simulate(study, count=count, seed=4)
    return phase


@pytest.mark.parametrize("who", ["same", "others"])
def test_simulated_raters_are_marked_and_give_everything(who: str) -> None:
    phase = simulated(who=who, count=3)
    found = ratings.matrix(phase.study)
    assert found is not None
    assert found.simulated.all()
    assert found.scores.shape == (10, 3)
    assert not np.isnan(found.scores).any()
    simulated_ratings.simulate(phase.study, count=3, seed=4)
    assert phase.raters.count() == 3
    assert Participant.objects.filter(simulated=False).count() == 0


def test_simulated_scores_follow_the_model() -> None:
    """The truth is best, and the mean score follows the quality that the model states."""
    phase = simulated()
    quality = simulated_ratings.qualities(phase)
    found = ratings.matrix(phase.study)
    assert found is not None
    means = np.array(mos(found.scores).scores)
    stated = np.array([quality[one.pk] for one in found.stimuli])
    assert np.corrcoef(means, stated)[0, 1] > 0.8
    truths = [place for place, one in enumerate(found.stimuli) if one.kind == "reference"]
    assert means[truths].min() > np.delete(means, truths).max()


def test_simulated_pairs_prefer_the_truth() -> None:
    found = ratings.wins(simulated("pairwise", count=6).study)
    assert found is not None
    place = found.conditions.index("reference")
    assert found.wins[place].sum() > 4 * found.wins[:, place].sum()


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    study = factories.open_study_with_pool(items=1, labels=["cat", "dog"])
    call_command("simulate_participants", study.slug, "--count", "2", stderr=io.StringIO())
    rated.close(study)
    with pytest.raises(CommandError, match="not open"):
        call_command("simulate_participants", study.slug, "--ratings", "--count", "2")
    rated.opened(study)
    call_command("simulate_participants", study.slug, "--ratings", "--count", "2")
    assert "2 simulated participants have rated." in capsys.readouterr().out
    assert Rating.objects.given().count() == 2 * 4
