"""The analysis plan: what it may be, how it is stored, hashed and frozen with the protocol."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from typing import Any

import pytest

from studies import results
from studies.errors import LifecycleError
from studies.services import lifecycle
from studies.services.analysis import plan
from studies.services.analysis.plan import Plan
from studies.services.ordering import derived_seed
from studies.services.results import collect
from tests.studies import factories


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"attention": 1.1}, "“Attention checks right, at least” must be a number from 0 to 1."),
        ({"attention": "0.8"}, "must be a number"),
        ({"least_seconds": -1}, "from 0 to 600"),
        ({"resamples": 10}, "a whole number from 100 to 10,000"),
        ({"confidence": 1}, "from 0.5 to 0.999"),
        ({"stopping": "when I like it"}, "one of nothing, count, precision, consensus"),
        ({"stopping": ["count"]}, "one of nothing"),
        ({"stopping": "precision"}, "at how many participants"),
        ({"ratio_change": 1}, "true or false"),
        ({"magic": 1}, "no rule of the analysis “magic”"),
        ([1], "Give the rules of the analysis as names"),
    ],
)
def test_plans_that_cannot_be(values: Any, sentence: str) -> None:
    assert sentence in plan.problem(values)


def test_rules_about_labels_need_labels() -> None:
    precise = Plan(stopping="precision", most_participants=10).as_mapping()
    assert plan.problem(precise) == ""
    assert "ask what people see" in plan.problem(precise, ask_label=False)
    assert plan.problem(Plan(stopping="count", most_participants=10).as_mapping(), ask_label=False) == ""


def test_a_plan_is_stored_whole_and_none_as_nothing() -> None:
    assert Plan().as_mapping() == {}
    stored = Plan(attention=0.8).as_mapping()
    assert set(stored) == {item.name for item in fields(Plan)}
    assert Plan.from_mapping(stored) == Plan(attention=0.8)


def test_bootstrap_seeds_follow_from_the_studys() -> None:
    assert plan.bootstrap_seed(7, 0) == derived_seed(7, "bootstrap of item 0")
    assert plan.bootstrap_seed(7, 0) != plan.bootstrap_seed(7, 1) != plan.bootstrap_seed(8, 1)


@pytest.mark.django_db
def test_the_plan_is_normalised_hashed_and_frozen() -> None:
    study = factories.open_study_with_pool()
    before = collect(study).protocol_sha256
    lifecycle.update_protocol(study, plan={"attention": 0.8})
    assert study.plan == Plan(attention=0.8).as_mapping()
    hashed = collect(study).protocol_sha256
    assert hashed != before
    lifecycle.update_protocol(study, plan={})
    assert collect(study).protocol_sha256 == before
    factories.vote_all(study, [0])
    with pytest.raises(LifecycleError, match="frozen"):
        lifecycle.update_protocol(study, plan={"attention": 0.8})


@pytest.mark.django_db
def test_studies_without_a_plan_keep_the_digest_they_had_before_there_were_plans() -> None:
    protocol = results.to_jsonable(collect(factories.study()).protocol)
    before = {name: value for name, value in protocol.items() if name not in ("target_participants", "plan")}
    for name, usual in results._PARTS_ADDED.items():
        if before.get(name, usual) == usual:
            before.pop(name, None)
    text = json.dumps(before, sort_keys=True, separators=(",", ":"))
    assert results.protocol_sha256(protocol) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.django_db
def test_a_plan_that_cannot_be_is_refused() -> None:
    with pytest.raises(LifecycleError, match="at how many participants"):
        lifecycle.update_protocol(factories.study(), plan={"stopping": "count"})
