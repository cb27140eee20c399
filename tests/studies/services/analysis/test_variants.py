"""Other ensembles of the same votes: made beside the study's own, kept when the selection stays, and never guessed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from inference import services as inference
from inference import store
from inference.core.images import read_image, read_uint8, to_uint8
from inference.models import Ensemble
from studies import results as model
from studies.models import CANNOT_TELL, Ballot, Evaluation
from studies.models.evaluation import Variant, VariantSet
from studies.services import results
from studies.services.analysis import evaluation, variants
from studies.services.design.truth import truth_png
from tests.studies import factories

pytestmark = pytest.mark.django_db


def study_of(images, **fields):
    """An open study of one item whose pool is these images."""
    made = factories.open_study_with_pool(items=0, pool_size=len(images), **fields)
    item = factories.item(made)
    factories.pool(item, images=images)
    return made


def twice(study, picks, label):
    for _ in range(2):
        factories.vote_all(study, picks, label)


def flat(*levels):
    return [np.full((32, 32, 1), level, np.uint8) for level in levels]


def collected(study):
    for row in evaluation.request_all(study):
        evaluation.run(row.pk)
    return results.collect(study).items[0].evaluation


def shown(variant):
    return read_uint8(inference.ensemble_file(Ensemble.objects.get(pk=variant.ensemble.pk), "png8"))


def by_key(found):
    return {variant.key: variant for variant in found.variants.variants}


@pytest.fixture
def voted():
    study = factories.open_study_with_pool(truth=True, ensemble_size=2, pool_size=6)
    for picks, label in (([0, 1], "5"), ([0, 1], "5"), ([0, 2], "6"), ([0, 2], "6"), ([3], CANNOT_TELL)):
        factories.vote_all(study, picks, label)
    return study


def test_every_variant_is_what_numpy_makes_of_the_samples(voted):
    found = by_key(collected(voted))
    pool = np.stack([inference.read_sample(sample) for sample in voted.items.get().pool]).astype(float)

    def rounded(image):
        return np.floor(image + 0.5 + 1e-9).astype(np.uint8)

    assert list(found) == [
        "linear", "median", "geometric_median", "medoid", "votes", "all", "label-1", "label-2", "pool", "consistent"
    ]  # fmt: skip
    assert np.array_equal(shown(found["votes"]), rounded(np.average(pool[:2], axis=0, weights=[4, 2])))
    assert np.array_equal(shown(found["all"]), rounded(np.average(pool[:4], axis=0, weights=[4, 2, 2, 1])))
    assert np.array_equal(shown(found["pool"]), rounded(pool.mean(axis=0)))
    assert np.array_equal(shown(found["median"]), rounded(np.median(pool[:2], axis=0)))
    assert np.array_equal(shown(found["label-1"]), rounded(pool[:2].mean(axis=0)))
    assert np.array_equal(shown(found["label-2"]), rounded(pool[[0, 2]].mean(axis=0)))
    order = np.argsort([-sample.lr_consistency for sample in voted.items.get().pool], kind="stable")
    assert found["consistent"].samples == tuple(sorted(order[:2]))
    assert found["medoid"].ensemble.png8_sha256 in {voted.items.get().pool[index].sha256 for index in (0, 1)}


def test_cannot_tell_is_no_reading(voted):
    found = by_key(collected(voted))
    assert [variant.label for variant in found.values() if variant.label] == ["5", "6"]


def test_variants_are_measured_like_the_ensemble(voted):
    found = by_key(collected(voted))
    truth = to_uint8(read_image(truth_png(voted.items.get().truth.sha256)))
    for variant in found.values():
        assert variant.psnr == pytest.approx(peak_signal_noise_ratio(truth, shown(variant)), abs=1e-5)
        assert variant.lr_consistency == pytest.approx(variant.ensemble.lr_consistency, abs=1e-5)
        assert -1 <= variant.ssim <= 1
    assert found["votes"].effective_n == pytest.approx(36 / 20)
    assert math.isnan(found["median"].effective_n)


def test_without_a_truth_only_lr_consistency_is_known():
    study = factories.open_study_with_pool()
    factories.vote_all(study, [0, 1])
    for variant in collected(study).variants.variants:
        assert math.isnan(variant.psnr)
        assert math.isnan(variant.ssim)
        assert variant.lr_consistency > 0


def test_new_votes_for_the_same_selection_make_new_variants_and_keep_the_evaluation(voted):
    before = collected(voted)
    factories.vote_all(voted, [0, 1], "6")
    stale = results.collect(voted).items[0].evaluation
    assert (stale.state, stale.pk) == (model.MADE, before.pk)
    assert (stale.variants.state, stale.variants.reason) == (
        model.NOT_MADE,
        "the votes have changed since they were made",
    )
    evaluation.request_all(voted)
    assert results.collect(voted).items[0].evaluation.variants.state == model.BEING_MADE
    after = collected(voted)
    assert (after.pk, after.variants.state) == (before.pk, model.MADE)
    assert by_key(after)["votes"].weights == (5, 3)
    # What did not change is the same ensemble, not made again.
    assert by_key(after)["pool"].ensemble == by_key(before)["pool"].ensemble


def test_evaluations_from_before_there_were_variants_stay_readable(voted):
    collected(voted)
    VariantSet.objects.all().delete()
    found = results.collect(voted).items[0].evaluation
    assert found.state == model.MADE
    assert found.variants == model.VariantsResult(reason="they were not asked for")


def test_a_second_worker_ends_in_the_same_rows(voted):
    collected(voted)
    rows = list(Variant.objects.values_list("key", "ensemble"))
    VariantSet.objects.update(made_at=None)  # as it was when the second one began
    evaluation.run(Evaluation.objects.get().pk)
    assert list(Variant.objects.values_list("key", "ensemble")) == rows
    assert results.collect(voted).items[0].evaluation.variants.state == model.MADE


@pytest.mark.parametrize("harm", ["missing", "changed"])
def test_a_sample_that_is_not_as_it_was_is_named_and_nothing_stands_in(voted, data_dir, harm):
    collected(voted)
    factories.vote_all(voted, [0, 1], "6")
    sample = voted.items.get().pool[3]  # in nobody's top 2, but somebody's vote
    name = store.path_name(sample.sha256, "samples", ".png")
    path = data_dir / "default" / name
    data = path.read_bytes()
    path.unlink() if harm == "missing" else path.write_bytes(data[:-1] + b"x")
    found = collected(voted)
    assert found.state == model.MADE
    assert found.variants.state == model.FAILED
    assert name in found.variants.reason
    assert "missing" in found.variants.reason or "has changed" in found.variants.reason
    assert found.variants.variants == ()
    path.write_bytes(data)
    assert collected(voted).variants.state == model.MADE


def test_two_readings_are_both_supported_where_labels_differ_more_than_samples():
    """Of levels 100, 104 and 200, 204: means 102 and 202 differ by 100, each pair's deviation is sqrt(8)."""
    study = study_of(flat(100, 104, 200, 204, 0), ensemble_size=2)
    twice(study, [0, 1], "5")
    factories.vote_all(study, [2, 3], "6")
    assert collected(study).variants.readings == (), "one ballot is no reading"
    factories.vote_all(study, [2, 3], "6")
    (pair,) = collected(study).variants.readings
    assert (pair.labels, pair.both) == (("5", "6"), True)
    assert pair.difference == pytest.approx(100 / 255, abs=1e-6)
    assert pair.within == pytest.approx(math.sqrt(8) / 255, abs=1e-6)


def test_two_labels_for_pictures_alike_are_not_two_readings():
    study = study_of(flat(100, 120, 104, 116, 0), ensemble_size=2)
    twice(study, [0, 1], "5")
    twice(study, [2, 3], "6")
    (pair,) = collected(study).variants.readings
    assert (pair.difference, pair.both) == (0, False)


def test_of_single_samples_nobody_can_say():
    study = study_of(flat(100, 200, 0), ensemble_size=1)
    twice(study, [0], "5")
    twice(study, [1], "6")
    (pair,) = collected(study).variants.readings
    assert pair.both is None
    assert math.isnan(pair.within)


def test_a_pool_of_equal_samples_gives_that_sample_by_every_rule():
    study = study_of(flat(*[77] * 6), ensemble_size=3)
    twice(study, [1, 2, 4], "5")
    twice(study, [2], "6")
    found = collected(study)
    assert all((shown(variant) == 77).all() for variant in found.variants.variants)
    assert found.variants.readings[0].both is None


@pytest.mark.parametrize("region", ["grid", "lasso"])
def test_each_part_of_the_picture_is_made_of_what_was_marked_there(region):
    study = study_of(flat(10, 240, 90, 91), ensemble_size=1, region=region)
    halves = {
        "grid": [[row * 8 + column for row in range(8) for column in half] for half in (range(4), range(4, 8))],
        "lasso": [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]], [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]],
    }[region]
    for sample, half in zip((0, 1), halves, strict=True):
        for _ in range(2):
            person = factories.vote_all(study, [sample])
            mark = {"kind": "grid", "columns": 8, "rows": 8, "cells": half}
            mark = mark if region == "grid" else {"kind": "lasso", "points": half}
            Ballot.objects.filter(trial__participant=person).update(region=mark)
    found = by_key(collected(study))["regions"]
    picture = shown(found)
    assert (picture[:, :12] == 10).all()
    assert (picture[:, 20:] == 240).all()
    assert (np.diff(picture[0, :, 0].astype(int)) >= 0).all()
    assert math.isnan(found.effective_n)


def test_a_worker_that_vanished_is_made_up_for(voted):
    collected(voted)
    factories.vote_all(voted, [0, 1], "6")
    row = evaluation.request(voted.items.get())
    late = VariantSet.objects.latest("pk").created_at
    assert evaluation.waiting(late) == []
    VariantSet.objects.filter(made_at=None).update(created_at=late.replace(year=2020))
    assert evaluation.waiting(late) == [row.pk]
    evaluation.run(row.pk)
    assert evaluation.waiting(late) == []


def test_marks_of_many_ballots_are_one_query(django_assert_num_queries):
    study = factories.open_study_with_pool(region="grid", items=2)
    for _ in range(5):
        factories.vote_all(study, [0, 1])
    Ballot.objects.update(region={"kind": "grid", "columns": 8, "rows": 8, "cells": [3]})
    items = list(study.items.all())
    pools = {item.pk: tuple(item.pool.values_list("pk", flat=True)) for item in items}
    with django_assert_num_queries(1):
        found = variants.marks_of(items, pools)
    assert [len(found[item.pk]) for item in items] == [5, 5]
    assert found[items[0].pk][0] == ({"kind": "grid", "columns": 8, "rows": 8, "cells": [3]}, [0, 1])
