"""Analysis versions: after the freeze only, of what may be read otherwise, each with its reason, all listed."""

from __future__ import annotations

from typing import Any

import pytest

from studies.errors import LifecycleError
from studies.models import Study
from studies.services.analysis import evaluation, versions
from studies.services.analysis.plan import Plan
from studies.services.results import collect
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = factories.open_study_with_pool(plan=Plan(attention=0.5).as_mapping())
    factories.vote_all(study, [0, 1, 2])
    study.refresh_from_db()
    return study


def add(study: Study, reason: str = "A reviewer asked.", **values: Any) -> Any:
    return versions.add(study, study.memberships.get().user, reason=reason, **values)


def test_version_1_is_the_protocol(study: Study) -> None:
    found = versions.current(study)
    assert (found.number, found.ensemble_size, found.tie_rule, found.plan.attention) == (1, 3, "index", 0.5)
    assert found == versions.locked(study)


def test_each_version_goes_on_from_the_one_before(study: Study) -> None:
    second = add(study, ensemble_size=2)
    third = add(study, attention=0.9)
    assert (second.number, second.changes) == (2, {"ensemble_size": 2})
    assert (third.number, third.changes) == (3, {"ensemble_size": 2, "attention": 0.9})
    now = versions.current(study)
    assert (now.number, now.ensemble_size, now.plan.attention) == (3, 2, 0.9)
    assert now.sha256 == third.sha256 != second.sha256
    assert versions.locked(study).ensemble_size == 3


def test_back_to_what_was_locked_is_a_version_too(study: Study) -> None:
    add(study, tie_rule="strict")
    back = add(study, tie_rule="index")
    assert (back.number, back.changes, back.sha256) == (3, {}, versions.locked(study).sha256)


def test_what_is_not_of_the_analysis_stays_of_the_plan(study: Study) -> None:
    study.plan = Plan(stopping="count", most_participants=9).as_mapping()
    study.save(update_fields=["plan"])
    add(study, confidence=0.99)
    assert versions.current(study).plan == Plan(stopping="count", most_participants=9, confidence=0.99)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"max_picks": 2}, "cannot be changed after the first ballot"),
        ({"stopping": "count"}, "cannot be changed after the first ballot"),
        ({"reason": " ", "ensemble_size": 2}, "Say why"),
        ({"reason": "a" * 2001, "ensemble_size": 2}, "at most 2,000 characters"),
        ({"ensemble_size": 13}, "from 1 to 12"),
        ({"ensemble_size": 0}, "from 1 to 12"),
        ({"tie_rule": "best"}, "tie rules"),
        ({"attention": 2}, "from 0 to 1"),
        ({"ensemble_size": 3}, "Nothing differs from version 1"),
    ],
)
def test_what_is_refused(study: Study, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LifecycleError, match=sentence):
        add(study, **values)
    assert not study.analysis_versions.exists()


def test_a_number_written_otherwise_is_no_other_analysis(study: Study) -> None:
    """JSON and forms write 1 and 1.0 for the same share."""
    second = add(study, attention=1, least_seconds=2)
    with pytest.raises(LifecycleError, match="Nothing differs from version 2"):
        add(study, attention=1.0, least_seconds=2.0)
    assert second.sha256 == versions.current(study).sha256


def test_before_the_freeze_the_protocol_itself_is_changed() -> None:
    with pytest.raises(LifecycleError, match="no votes yet"):
        add(factories.study(), ensemble_size=2)


def test_results_are_those_of_the_latest_version_and_the_locked_ones_stand_beside(study: Study) -> None:
    before = collect(study)
    assert [version.number for version in before.analysis_versions] == [1]
    assert before.items[0].alternatives == ()
    add(study, ensemble_size=2, tie_rule="strict", confidence=0.9)
    after = collect(study)
    (item,) = after.items
    assert (item.selection.asked, item.selection.tie_rule, item.selection.chosen) == (2, "strict", ())
    assert item.label_shares[0].share.confidence == 0.9
    (locked,) = item.alternatives
    assert (locked.name, locked.selection) == ("as locked", before.items[0].selection)
    assert locked.label_shares == before.items[0].label_shares
    assert (after.protocol, after.protocol_sha256) == (before.protocol, before.protocol_sha256)
    assert [(version.number, version.reason) for version in after.analysis_versions] == [
        (1, ""),
        (2, "A reviewer asked."),
    ]
    assert after.analysis_versions[1].changes == {"ensemble_size": 2, "tie_rule": "strict", "confidence": 0.9}


def test_a_version_of_another_n_asks_for_another_ensemble(study: Study) -> None:
    item = study.items.get()
    first = evaluation.request(item)
    add(study, ensemble_size=2)
    second = evaluation.request(study.items.get())
    assert first is not None
    assert second is not None
    assert [made.ensemble.members.count() for made in (first, second)] == [3, 2]
    assert collect(study).items[0].evaluation.digest == second.digest
    study.refresh_from_db()
    assert study.ensemble_size == 3
