"""One frozen look at a study: what every page and export reads."""

from __future__ import annotations

import dataclasses
import json
import math
from uuid import uuid4

import pytest

from studies import results as model
from studies.aggregation.intervals import wilson
from studies.models import CANNOT_TELL
from studies.services import enrolment, lifecycle, results, voting
from studies.services.analysis import evaluation
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    study = factories.open_study_with_pool(items=2, truth=True, pool_size=6, ensemble_size=2)
    for picks, label in (([0, 1], "5"), ([0, 2], "5"), ([0, 1], "6"), ([], CANNOT_TELL)):
        factories.vote_all(study, picks, label)
    return study


def collected_after_evaluation(study):
    for row in evaluation.request_all(study):
        evaluation.run(row.pk)
    return results.collect(study)


def test_votes_labels_and_selection_of_an_item(study):
    item = results.collect(study).items[0]
    assert [sample.votes for sample in item.samples] == [3, 2, 1, 0, 0, 0]
    assert [sample.votes_by_label for sample in item.samples[:2]] == [(2, 1, 0), (1, 1, 0)]
    assert item.labels == ("5", "6", CANNOT_TELL)
    assert [share.count for share in item.label_shares] == [2, 1, 1]
    assert item.label_shares[0].share == wilson(2, 4)
    assert (item.majority, item.ballots) == ("5", 4)
    assert (item.selection.chosen, item.selection.tied_at_cut) == ((0, 1), ())


def test_figures_come_with_the_evaluation(study):
    before = results.collect(study).items[0].evaluation
    assert (before.state, before.reason) == (model.NOT_MADE, "it was not asked for")
    evaluation.request_all(study)
    assert results.collect(study).items[0].evaluation.state == model.BEING_MADE
    item = collected_after_evaluation(study).items[0]
    assert item.evaluation.state == model.MADE
    assert [metric.name for metric in item.evaluation.metrics] == ["lr_consistency", "psnr", "ssim"]
    psnr = item.metric("psnr")
    assert psnr.control.low <= psnr.control.mean <= psnr.control.high
    assert psnr.control.draws == 100
    # MSE(mean) = mean MSE - mean variance, so the ensemble beats its members on average.
    assert psnr.ensemble > psnr.single_chosen_mean
    assert item.evaluation.ensemble.png8_sha256
    assert item.metric("lr_consistency").ensemble == pytest.approx(item.evaluation.ensemble.lr_consistency, abs=1e-5)


def test_new_votes_make_an_old_evaluation_stale(study):
    collected_after_evaluation(study)
    for _ in range(5):
        factories.vote_all(study, [4, 5], "5")
    now = results.collect(study).items[0].evaluation
    assert (now.state, now.reason) == (model.NOT_MADE, "the votes have changed since the last evaluation")


def test_a_failed_evaluation_says_why(study):
    row = evaluation.request(study.items.first())
    type(row).objects.update(error="The disk is full.")
    shown = results.collect(study).items[0].evaluation
    assert (shown.state, shown.reason) == (model.FAILED, "The disk is full.")


def test_participants_are_counted_apart(study):
    factories.vote_all(study, [1], simulated=True)
    factories.participant(study)
    enrolment.withdraw(factories.participant(study))
    found = results.collect(study)
    assert found.participants == model.Participants(
        people=5, simulated=1, finished=4, finished_simulated=1, withdrawn=1
    )
    assert found.has_simulated
    assert [item.simulated_ballots for item in found.items] == [1, 1]


def test_nothing_is_guessed_without_votes():
    study = factories.open_study_with_pool()
    item = results.collect(study).items[0]
    assert math.isnan(item.label_shares[0].share.value)
    assert item.majority is None
    assert item.selection.reason == item.evaluation.reason == "undefined: no sample has a vote yet"
    assert item.chance_threshold.reason
    assert item.truth_sha256 is None


def test_a_study_without_items_or_pools_has_results_too():
    assert results.collect(factories.study()).items == ()
    study = factories.study()
    factories.item(study)
    assert results.collect(study).items[0].samples == ()


def test_everything_goes_into_json_with_undefined_as_null(study):
    found = collected_after_evaluation(factories.open_study_with_pool())
    text = json.dumps(model.to_jsonable(found), allow_nan=False)
    again = json.loads(text)
    assert again["items"][0]["chance_threshold"]["value"] is None
    assert again["protocol"]["labels"] == ["5", "6"]
    assert json.loads(json.dumps(model.to_jsonable(results.collect(study)), allow_nan=False))


def test_results_cannot_be_changed(study):
    with pytest.raises(dataclasses.FrozenInstanceError):
        results.collect(study).items[0].ballots = 5


def test_the_protocol_digest_changes_with_the_protocol_alone():
    study = factories.open_study_with_pool()
    first = results.collect(study).protocol_sha256
    lifecycle.update_protocol(study, name="Other", target_participants=3)
    assert results.collect(study).protocol_sha256 == first
    lifecycle.update_protocol(study, question="Other?")
    assert results.collect(study).protocol_sha256 != first


def test_queries_do_not_grow_with_items_samples_or_votes(study, django_assert_max_num_queries):
    large = factories.open_study_with_pool(items=4, pool_size=20)
    for _ in range(4):
        factories.vote_all(large, [0, 1])
    for row in (study, large):
        with django_assert_max_num_queries(27):
            results.collect(row)


def test_a_study_without_labels_has_no_shares():
    study = factories.open_study_with_pool(ask_label=False, labels=[])
    person = factories.participant(study)
    voting.cast(voting.current_trial(person), submission_id=uuid4(), label="", positions=[0])
    item = results.collect(study).items[0]
    assert (item.labels, item.label_shares, item.majority, item.ballots) == ((), (), None, 1)
