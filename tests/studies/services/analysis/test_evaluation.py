"""Selections become ensembles with a random control, figures and a stored reason where something is missing."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from inference import services as inference
from inference import store
from inference.core import ensembling
from inference.core.images import encode_png, read_image, to_uint8
from studies.models import CANNOT_TELL, Evaluation
from studies.services import enrolment, tallies
from studies.services.analysis import evaluation, figures
from studies.services.candidates.pools import Pool
from tests.studies import factories

pytestmark = pytest.mark.django_db


def noisy_pool(study, good=4):
    """A truth, `good` samples near it and the rest far away, all uint8."""
    rng = np.random.default_rng(3)
    item = factories.item(study)
    truth = factories.pixels(32, 1, 9)
    factories.add_truth(item, truth)
    spreads = [10] * good + [90] * (study.pool_size - good)
    noise = [np.clip(truth + rng.normal(0, spread, truth.shape), 0, 255) for spread in spreads]
    factories.pool(item, images=[image.astype(np.uint8) for image in noise])
    return item, truth


@pytest.fixture
def voted():
    study = factories.open_study_with_pool(items=0, pool_size=12, ensemble_size=3)
    item, truth = noisy_pool(study)
    for picks in ([0, 1, 2], [0, 1, 3], [0, 2, 1]):
        factories.vote_all(study, picks)
    return item, truth


def made(item):
    return evaluation.run(evaluation.request(item).pk)


def test_votes_and_labels_are_counted_by_sample():
    study = factories.open_study_with_pool(pool_size=4)
    factories.vote_all(study, [0, 1], "5")
    factories.vote_all(study, [1, 2], "6")
    factories.vote_all(study, [], CANNOT_TELL)
    counted = tallies.tally(study.items.get())
    assert counted.labels == ("5", "6", CANNOT_TELL)
    assert counted.votes.tolist() == [1, 2, 1, 0]
    assert counted.by_label.tolist() == [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    assert tallies.label_counts(study.items.get()) == {"5": 1, "6": 1, CANNOT_TELL: 1}


def test_without_a_vote_there_is_nothing_to_evaluate():
    study = factories.open_study_with_pool()
    assert evaluation.request(study.items.get()) is None
    factories.vote_all(study, [], CANNOT_TELL)
    assert evaluation.request(study.items.get()) is None


def test_the_stored_tie_rule_decides():
    chosen = {}
    for rule in ("index", "include_all", "strict", "random", "secondary"):
        study = factories.open_study_with_pool(pool_size=8, ensemble_size=2, tie_rule=rule)
        for picks in ([1, 2], [1, 3], [1, 5]):
            factories.vote_all(study, picks)
        selection = evaluation.selection(study.items.get())
        assert selection.tied_at_cut == (2, 3, 5)
        chosen[rule] = selection.chosen
        if rule == "secondary":
            best = max((2, 3, 5), key=lambda index: study.items.get().pool[index].lr_consistency)
            assert selection.chosen == (1, best)
    assert chosen["index"] == (1, 2)
    assert chosen["include_all"] == (1, 2, 3, 5)
    assert chosen["strict"] == (1,)
    assert chosen["random"][0] == 1


def test_figures_of_the_ensemble_agree_with_scikit_image(voted):
    item, truth = voted
    numbers = made(item).figures
    pool = np.stack([inference.read_sample(sample) for sample in item.pool])
    picture = np.floor(pool[[0, 1, 2]].mean(axis=0) + 0.5).astype(np.uint8)
    assert numbers["chosen"] == [0, 1, 2]
    assert numbers["measures"]["psnr"]["ensemble"] == pytest.approx(peak_signal_noise_ratio(truth, picture), abs=1e-5)
    ssim = structural_similarity(
        truth[..., 0], picture[..., 0], gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert numbers["measures"]["ssim"]["ensemble"] == pytest.approx(ssim, abs=1e-5)
    assert numbers["spread_pool"] == pytest.approx((pool / 255).std(axis=0, ddof=1).mean(), abs=1e-6)


def test_good_choice_beats_the_random_control_and_a_bad_one_does_not(voted):
    item, _ = voted
    psnr = made(item).figures["measures"]["psnr"]
    assert figures.at_least_as_good(psnr["ensemble"], psnr["control"]) < 0.05
    bad = factories.open_study_with_pool(items=0, pool_size=12, ensemble_size=3)
    far, _ = noisy_pool(bad)
    factories.vote_all(bad, [9, 10, 11])
    psnr = made(far).figures["measures"]["psnr"]
    assert figures.at_least_as_good(psnr["ensemble"], psnr["control"]) > 0.5
    # The lesson of the control: even badly chosen, the mean beats its average member.
    assert psnr["ensemble"] > np.mean(psnr["samples"][9:])


def test_the_control_can_be_replayed_from_its_seed(voted):
    item, truth = voted
    row = made(item)
    draws = evaluation.controls(row, pool_size=12, n=3)
    assert draws.shape == (100, 3)
    pool = Pool(list(item.pool))
    pictures = [pool.mean(draw.tolist()) for draw in draws]
    expected = [peak_signal_noise_ratio(truth, picture) for picture in pictures]
    assert row.figures["measures"]["psnr"]["control"] == pytest.approx(expected, abs=1e-5)
    assert np.array_equal(evaluation.control_image(row), pictures[0])
    assert np.array_equal(to_uint8(read_image(evaluation.control_png(row))), pictures[0])


def test_lr_consistency_agrees_with_the_rows(voted):
    item, _ = voted
    row = made(item)
    numbers = row.figures["measures"]["lr_consistency"]
    row.ensemble.refresh_from_db()
    assert numbers["ensemble"] == pytest.approx(row.ensemble.lr_consistency, abs=1e-5)
    assert numbers["samples"] == pytest.approx([sample.lr_consistency for sample in item.pool], abs=1e-5)


def test_without_a_truth_only_lr_consistency_is_measured():
    study = factories.open_study_with_pool()
    factories.vote_all(study, [0, 1])
    assert set(made(study.items.get()).figures["measures"]) == {"lr_consistency"}


def test_the_same_selection_is_evaluated_once(voted, sent, django_capture_on_commit_callbacks):
    item, _ = voted
    with django_capture_on_commit_callbacks(execute=True):
        first = evaluation.request(item)
        assert evaluation.request(item) == first
    assert ("studies.tasks.evaluate", {"evaluation_id": first.pk}) in sent.messages
    made_at = evaluation.run(first.pk).made_at
    assert evaluation.run(first.pk).made_at == made_at
    factories.vote_all(item.study, [5, 6, 7])
    for picks in ([5], [5], [5], [5]):
        factories.vote_all(item.study, picks)
    assert evaluation.request(item) != first
    assert Evaluation.objects.count() == 2


def test_what_goes_wrong_is_stored_and_tried_again(voted, data_dir):
    item, _ = voted
    sample = item.pool[0]
    path = data_dir / "default" / store.path_name(sample.sha256, "samples", ".png")
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"x")
    row = made(item)
    assert "has changed since it was stored" in row.error
    assert row.made_at is None
    path.write_bytes(data)
    again = made(item)
    assert again.pk == row.pk
    assert again.error == ""
    assert again.made_at is not None


def test_a_worker_that_vanished_is_made_up_for(voted, sent, django_capture_on_commit_callbacks):
    from studies import tasks

    item, _ = voted
    row = evaluation.request(item)
    assert tasks.reconcile() == 0  # its message may still be on the way
    Evaluation.objects.update(created_at=row.created_at - 2 * tasks.PATIENCE)
    sent.messages.clear()
    assert tasks.reconcile() == 1
    assert sent.names == ["studies.tasks.evaluate"]
    tasks.evaluate(evaluation_id=row.pk)
    assert tasks.reconcile() == 0
    tasks.evaluate(evaluation_id=row.pk + 1)  # deleted meanwhile: nothing to do


def test_who_withdraws_changes_the_selection():
    study = factories.open_study_with_pool(ensemble_size=1)
    person = factories.vote_all(study, [4])
    assert evaluation.selection(study.items.get()).chosen == (4,)
    enrolment.withdraw(person)
    assert evaluation.selection(study.items.get()).chosen == ()


def test_a_pool_larger_than_memory_gives_the_same_means(voted):
    item, _ = voted
    samples = list(item.pool)
    small, large = Pool(samples, memory=1), Pool(samples)
    assert np.array_equal(small.mean([0, 5, 7]), large.mean([0, 5, 7]))
    assert np.array_equal(ensembling.mean_uint8(iter(small)), ensembling.mean_uint8(iter(large)))
    assert encode_png(small.mean([1])) == encode_png(inference.read_sample(samples[1]))
