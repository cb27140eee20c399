"""When a study stops: by number, precision or consensus; watched at any time, closed by itself where the plan says."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from studies.models import CANNOT_TELL, Item, Study, StudyState
from studies.services import lifecycle
from studies.services.analysis import stopping
from studies.services.analysis.plan import Plan
from studies.services.people import recruiting
from studies.tasks import reconcile
from tests.studies import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def study_with(items: int = 1, **plan: Any) -> Study:
    return factories.open_study_with_pool(items=items, plan=Plan(**plan).as_mapping())


def vote(study: Study, labels: dict[str, int], **options: Any) -> None:
    for label, people in labels.items():
        for _ in range(people):
            factories.vote_all(study, [0], label, **options)


def test_without_a_rule_nothing_stops() -> None:
    study = study_with()
    vote(study, {"5": 3})
    found = stopping.state(study)
    assert (found.met, found.finished) == (False, 3)
    assert "by hand" in found.why


def test_a_number_of_participants() -> None:
    study = study_with(stopping="count", most_participants=3)
    vote(study, {"5": 2})
    assert stopping.state(study).why == "2 of 3 participants have finished."
    vote(study, {"6": 1})
    assert stopping.state(study).met
    assert stopping.state(study).why == "3 participants have finished: the most that the plan asks for."


def test_precision_of_the_leading_label_by_wilsons_interval() -> None:
    """Wilson (JASA 22, 1927): 8 of 10 have [0.4902, 0.9433] at 95 %, so half a width of 0.2266."""
    study = study_with(stopping="precision", most_participants=100, half_width=0.226)
    vote(study, {"5": 8, "6": 2})
    (item,) = stopping.state(study).items
    assert item.half_width == pytest.approx((0.943318 - 0.490162) / 2, abs=1e-4)
    assert not item.met
    study.plan["half_width"] = 0.227
    assert stopping.state(study).met


def test_every_image_must_be_precise() -> None:
    study = study_with(items=2, stopping="precision", most_participants=100, half_width=0.25)
    vote(study, {"5": 6})
    assert stopping.state(study).met
    first = study.items.first()
    assert first is not None
    first.trials.all().delete()
    found = stopping.state(study)
    assert (found.met, found.items_met) == (False, 1)
    assert found.why == "1 of 2 images are known well enough."


def test_consensus_by_the_e_value() -> None:
    """Of n ballots all alike E = B(n + 1/2, 1/2) / (B(1/2, 1/2) 2^-n) = C(2n, n) / 2^n: 14.4 for 6, 26.8 for 7."""
    study = study_with(stopping="consensus", most_participants=100)
    vote(study, {"5": 6})
    (item,) = stopping.state(study).items
    assert item.evidence.value == pytest.approx(924 / 64)
    assert not item.met
    vote(study, {"5": 1})
    (item,) = stopping.state(study).items
    assert item.evidence.value == pytest.approx(3432 / 128)
    assert stopping.state(study).met
    assert item.leader == "5"


def test_a_leading_label_of_few_is_no_consensus_however_sure_that_is() -> None:
    labels = [str(digit) for digit in range(10)]
    study = factories.open_study_with_pool(
        labels=labels, plan=Plan(stopping="consensus", most_participants=1000).as_mapping()
    )
    vote(study, dict.fromkeys(labels, 3) | {CANNOT_TELL: 4})
    (item,) = stopping.state(study).items
    assert item.evidence.value == 1, "what is far below one half is no evidence for more than half"
    assert item.leader == CANNOT_TELL
    assert not item.met


def test_people_who_cannot_tell_are_no_consensus() -> None:
    """Eight ballots all alike are enough for a label: C(16, 8) / 2^8 = 50.3."""
    study = study_with(stopping="consensus", most_participants=100)
    vote(study, {CANNOT_TELL: 8})
    found = stopping.state(study)
    assert (found.met, found.items[0].met, found.items[0].evidence.value) == (False, False, 1)


def test_people_who_cannot_tell_count_among_those_of_whom_more_than_half_are_needed() -> None:
    """8 of 8 are a consensus, 8 of 16 are none."""
    study = study_with(stopping="consensus", most_participants=100)
    vote(study, {"5": 8})
    assert stopping.state(study).met
    vote(study, {CANNOT_TELL: 8})
    assert not stopping.state(study).met


@pytest.mark.parametrize("share", [0.5, 0.4, 1 / 3])
def test_consensus_by_chance_is_as_seldom_as_the_plan_says(share: float) -> None:
    """Looking after each ballot, counted exactly: labels that so many see, 1 / share of them (Ville's inequality)."""
    plan, item = Plan(stopping="consensus", most_participants=1, alpha=0.2), Item()
    going_on, by_chance = [1.0], 0.0
    for ballots in range(1, 81):
        reached = [0.0] * (ballots + 1)
        for count, mass in enumerate(going_on):
            reached[count] += mass * (1 - share)
            reached[count + 1] += mass * share
        for count in range(ballots + 1):
            counts = Counter({"5": count, "other": ballots - count})
            if stopping._item(item, plan, ("5",), counts).met:
                by_chance, reached[count] = by_chance + reached[count], 0.0
        going_on = reached
    assert 0 < by_chance / share <= 0.2


def test_ties_and_no_ballots_have_no_leader() -> None:
    study = study_with(stopping="precision", most_participants=9)
    (item,) = stopping.state(study).items
    assert (item.leader, item.met, item.ballots) == ("", False, 0)
    vote(study, {"5": 1, "6": 1})
    assert stopping.state(study).items[0].leader == ""


def test_it_closes_by_itself_where_the_plan_says_so_once(django_capture_on_commit_callbacks: Any) -> None:
    study = study_with(stopping="count", most_participants=2, close_when_reached=True)
    other = study_with(stopping="count", most_participants=1)
    vote(other, {"5": 1})
    vote(study, {"5": 1})
    reconcile()
    study.refresh_from_db()
    assert study.state == StudyState.OPEN
    vote(study, {"5": 1})
    assert [lifecycle.close_due(), lifecycle.close_due()] == [1, 0]
    study.refresh_from_db()
    other.refresh_from_db()
    assert (study.state, other.state) == (StudyState.CLOSED, StudyState.OPEN)


def test_the_periodic_task_closes(django_capture_on_commit_callbacks: Any) -> None:
    study = study_with(stopping="count", most_participants=1, close_when_reached=True)
    vote(study, {"5": 1})
    reconcile()
    study.refresh_from_db()
    assert study.state == StudyState.CLOSED


def test_who_comes_after_it_has_closed_by_itself_gets_the_code_for_no_place(client: Any) -> None:
    study = study_with(stopping="count", most_participants=1, close_when_reached=True)
    recruiting.update(
        study, open_link=True, platforms=True, quota=None, release_minutes=60, codes={"full": "NOPLACE"}, addresses={}
    )
    vote(study, {"5": 1})
    assert "NOPLACE" not in client.get(f"/s/{study.slug}/").content.decode()
    lifecycle.close_due()
    assert "NOPLACE" in client.get(f"/s/{study.slug}/").content.decode()


def test_a_rehearsal_closes_nothing() -> None:
    study = study_with(stopping="count", most_participants=1, close_when_reached=True)
    vote(study, {"5": 2}, simulated=True)
    found = stopping.state(study)
    assert (found.met, found.closes) == (True, False)
    assert lifecycle.close_due() == 0


def test_who_is_left_out_does_not_count() -> None:
    study = study_with(stopping="count", most_participants=2)
    vote(study, {"5": 2})
    person = study.participants.first()
    assert person is not None
    found = stopping.state(study, [person.pk])
    assert (found.finished, found.met, found.items[0].ballots) == (1, False, 1)
