"""Votes are counted per family, and a study of one family is told as before."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inference.models import Sample
from studies import results as model
from studies.aggregation.intervals import wilson
from studies.reports.sentences import caution
from studies.services import results
from studies.services.analysis import evaluation
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    """12 samples of ldm/test1 and 6 of srdiff/other; four picks of five fall on the six."""
    made = factories.mixed_study()
    factories.vote_all(made, [0, 12, 13])
    factories.vote_all(made, [12, 14])
    return made


def test_votes_per_family_of_an_item(study):
    own, other = results.collect(study).items[0].families
    assert (own.name, own.sampler, own.candidates, own.shown, own.votes) == ("ldm/test1", "ldm", 12, 24, 1)
    assert (other.name, other.sampler, other.candidates, other.shown, other.votes) == (
        "srdiff/other",
        "srdiff",
        6,
        12,
        4,
    )
    assert other.share == wilson(4, 5)
    assert other.rate == wilson(4, 12)
    assert other.expected == pytest.approx(1 / 3)
    assert (own.chosen, other.chosen) == (1, 2)
    assert (own.derivation, other.derivation) == ("", "")


def test_votes_per_family_of_the_study(study):
    found = results.collect(study)
    assert found.families == found.items[0].families


def test_samples_say_their_family_and_parents(study):
    item = study.items.get()
    parents = list(item.pool[:2])
    factories.more(item, 2, parents=parents)
    found = results.collect(study).items[0]
    assert {sample.family for sample in found.samples[:12]} == {"ldm/test1"}
    assert {sample.family for sample in found.samples[12:18]} == {"srdiff/other"}
    child = found.samples[18]
    assert (child.family, child.derivation) == ("ldm/test1, interpolated", "interpolation")
    assert child.parents == (parents[0].sha256, parents[1].sha256)
    assert [family.derivation for family in found.families] == ["", "", "interpolation"]


def test_two_files_of_one_name_are_two_families(study):
    other = factories.weights(name="again")
    factories.more(study.items.get(), 2, other)
    type(other).objects.filter(pk=other.pk).update(name="test1")
    names = [family.name for family in results.collect(study).families]
    assert names == ["ldm/test1 (abababab)", "srdiff/other", f"ldm/test1 ({other.sha256[:8]})"]


def test_one_family_is_one_family():
    study = factories.open_study_with_pool()
    factories.vote_all(study, [0, 1])
    found = results.collect(study)
    (family,) = found.families
    assert (family.votes, family.share.value, family.expected) == (2, 1.0, 1.0)
    assert "samples of one model" in caution(found)


def test_the_caution_counts_the_models(study):
    assert "the same 2 models" in caution(results.collect(study))


def test_additions_are_part_of_the_protocol_and_its_digest():
    plain, mixed = factories.open_study_with_pool(), factories.mixed_study()
    assert results.collect(plain).protocol.additions == ()
    (added,) = results.collect(mixed).protocol.additions
    assert (added.sampler, added.weights, added.count) == ("srdiff", "other", 6)
    before = results.collect(mixed).protocol_sha256
    mixed.additions.update(count=5)
    assert results.collect(mixed).protocol_sha256 != before


def test_a_digest_from_before_there_were_additions_and_pages_stays_the_same():
    protocol = results.collect(factories.open_study_with_pool(page_size=1000, see_all_pages=False))
    content = model.to_jsonable(protocol.protocol)
    newer = ("additions", "page_size", "see_all_pages", "ask_confidence", "region", "repeats", "language")
    newest = ("introduction", "viewing", "questionnaire", "translations", "plan")
    for name in (*newer, *newest, "target_participants"):
        del content[name]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    assert protocol.protocol_sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_faults_go_into_the_results(study):
    Sample.objects.filter(pk=study.items.get().pool[3].pk).update(fault="dead", attempt=2)
    sample = results.collect(study).items[0].samples[3]
    assert (sample.fault, sample.attempt) == ("dead", 2)


def test_an_ensemble_of_two_families_is_evaluated(study):
    made = evaluation.run(evaluation.request(study.items.get()).pk)
    assert made.error == ""
    assert made.figures["pool_size"] == 18


def test_queries_do_not_grow_with_families(django_assert_num_queries):
    study = factories.mixed_study()
    with CaptureQueriesContext(connection) as of_two:
        results.collect(study)
    for number in range(3):
        factories.more(study.items.get(), 2, factories.weights(name=f"more{number}"))
    with django_assert_num_queries(len(of_two)):
        results.collect(study)
