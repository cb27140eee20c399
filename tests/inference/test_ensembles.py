"""Ensembles: exact, made once whoever asks, and never from files that changed."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from django.db import connection

from inference import services, store
from inference.core import ensembling
from inference.core.images import encode_png, read_image, to_uint8
from inference.core.metrics import lr_consistency
from inference.core.regions import Parts, region_mean
from inference.models import Ensemble, EnsembleMember, Sample


@pytest.fixture
def samples(job, run_tasks):
    run_tasks()
    return list(job.samples.all())


def make(*arguments, **options):
    return services.build_ensemble(services.request_ensemble(*arguments, **options).pk)


def whole(data):
    """PNG bytes as integers (H, W), read by Pillow, not by our own code."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(data))).astype(np.int64)


def test_the_mean_is_rounded_half_up_from_exact_sums(samples):
    ensemble = make(samples[:5])
    total = np.sum([services.read_sample(sample)[:, :, 0].astype(np.int64) for sample in samples[:5]], axis=0)

    assert np.array_equal(whole(services.ensemble_file(ensemble, "png8")), (2 * total + 5) // 10)
    assert np.array_equal(whole(services.ensemble_file(ensemble, "png16")), (2 * total * 65535 + 5 * 255) // (10 * 255))
    floats = tifffile.imread(io.BytesIO(services.ensemble_file(ensemble, "tiff")))
    assert floats.dtype == np.float32
    assert np.array_equal(floats, (total / (5 * 255)).astype(np.float32))


def test_the_spread_is_numpy_s_standard_deviation(samples):
    stack = np.stack([services.read_sample(sample)[:, :, 0] / 255 for sample in samples[:4]])
    spread = tifffile.imread(io.BytesIO(services.ensemble_file(make(samples[:4]), "spread")))
    assert np.allclose(spread, stack.std(axis=0, ddof=1), atol=1e-7)


def test_votes_as_weights(samples):
    ensemble = make(samples[:2], weights=[3, 1])
    a, b = (services.read_sample(sample)[:, :, 0].astype(np.int64) for sample in samples[:2])
    assert np.array_equal(whole(services.ensemble_file(ensemble, "png8")), (2 * (3 * a + b) + 4) // 8)


def test_lr_consistency_of_a_picture_that_repeats_its_pixels(tiny, low_res, run_tasks):
    job = services.request_generation(low_res, "tiny", "grey", range(3), {"noise": 0})
    run_tasks()
    one = make(list(job.samples.all()))
    assert one.lr_consistency == pytest.approx(job.samples.first().lr_consistency)


def test_the_same_request_is_the_same_row_in_any_order(samples, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = services.request_ensemble(samples[:3])
        again = services.request_ensemble(reversed(samples[:3]), weights=[1, 1, 1])
    assert first.pk == again.pk
    assert EnsembleMember.objects.count() == 3
    assert sent.messages == [("inference.tasks.build_ensemble", {"ensemble_id": first.pk})]
    assert services.request_ensemble(samples[:3], weights=[1, 1, 2]).pk != first.pk


def test_one_sample_has_no_spread(samples):
    ensemble = make(samples[:1])
    assert services.ensemble_file(ensemble, "png8") == services.sample_png(samples[0])
    with pytest.raises(services.RequestError, match="spread of a single sample is not defined"):
        services.ensemble_file(ensemble, "spread")


def test_made_by_the_task_and_never_twice(samples, run_tasks):
    ensemble = services.request_ensemble(samples[:3])
    run_tasks()
    ensemble.refresh_from_db()
    made = ensemble.made_at
    assert ensemble.code_version

    assert services.build_ensemble(ensemble.pk).made_at == made


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"samples": 0}, "at least one sample"),
        ({"weights": [1, 1]}, "3 samples but 2 weights"),
        ({"weights": [1, 0, 1]}, "positive"),
        ({"weights": [1, float("nan"), 1]}, "positive"),
        ({"rule": "sum"}, "no ensemble rule 'sum': choose one of mean"),
        ({"rule": "median", "weights": [1, 2, 1]}, "takes no weights"),
        ({"rule": "regions"}, "Parts of the picture belong to the rule 'regions'"),
        ({"parts": Parts(1, 1, ((0, 1, 2),))}, "Parts of the picture belong to the rule 'regions'"),
        ({"rule": "regions", "parts": Parts(1, 1, ((0, 1),))}, "or leave some out"),
    ],
)
def test_what_makes_no_ensemble_is_refused(samples, arguments, words):
    chosen = samples[: arguments.pop("samples", 3)]
    with pytest.raises(services.RequestError, match=words):
        services.request_ensemble(chosen, **arguments)
    assert not Ensemble.objects.exists()


def test_samples_of_two_images_are_not_mixed(samples, run_tasks):
    other = services.store_low_res(encode_png(np.zeros((6, 5, 1), np.uint8)))
    job = services.request_generation(other, "tiny", "grey", range(2))
    run_tasks()
    with pytest.raises(services.RequestError, match="same low-resolution image"):
        services.request_ensemble([*samples[:2], *job.samples.all()])
    with pytest.raises(services.RequestError, match="named twice"):
        services.request_ensemble([samples[0], samples[0]])


def test_a_changed_sample_is_not_fused(samples, data_dir, run_tasks):
    sha256 = samples[1].sha256
    path = data_dir / "default" / "samples" / sha256[:2] / f"{sha256}.png"
    whole_file = path.read_bytes()
    path.write_bytes(whole_file + b" ")
    ensemble = services.request_ensemble(samples[:3])
    run_tasks()

    ensemble.refresh_from_db()
    assert "has changed since it was stored" in ensemble.error
    with pytest.raises(services.RequestError, match="not made yet"):
        services.ensemble_file(ensemble, "png8")

    path.write_bytes(whole_file)
    services.request_ensemble(samples[:3])
    run_tasks()
    ensemble.refresh_from_db()
    assert (ensemble.error, ensemble.made_at is not None) == ("", True)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_requests_and_builders_at_once_make_one_ensemble(job, tiny):
    from inference import generation

    generation.run(job.pk)
    chosen = list(Sample.objects.all()[:5])
    barrier = threading.Barrier(8)

    def work(_):
        barrier.wait()
        try:
            return make(chosen).png8_sha256
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(work, range(8)))) == 1
    assert Ensemble.objects.get().members.count() == 5


def shown(ensemble):
    return to_uint8(read_image(services.ensemble_file(ensemble, "png8")))


@pytest.mark.parametrize(
    ("rule", "combine"),
    [
        ("linear", ensembling.linear_mean),
        ("median", ensembling.median),
        ("geometric_median", ensembling.geometric_median),
        ("medoid", ensembling.medoid),
    ],
)
def test_other_rules_are_ensembles_of_their_own(samples, rule, combine):
    pictures = np.stack([services.read_sample(sample) for sample in samples[:4]])
    ensemble = services.make_ensemble(samples[:4], rule=rule)
    assert np.array_equal(shown(ensemble), to_uint8(combine(pictures)))
    assert services.make_ensemble(reversed(samples[:4]), rule=rule).pk == ensemble.pk
    assert make(samples[:4]).pk != ensemble.pk


def test_the_medoid_is_one_of_its_members(samples):
    ensemble = services.make_ensemble(samples[:5], rule="medoid")
    assert ensemble.png8_sha256 in {sample.sha256 for sample in samples[:5]}


def test_parts_are_the_same_recipe_in_any_order_of_the_samples(samples):
    parts = Parts(2, 1, ((0, 2), (1,)))
    ensemble = services.make_ensemble(samples[:3], rule="regions", parts=parts)
    expected = region_mean([services.read_sample(sample) for sample in samples[:3]], parts)
    assert np.array_equal(shown(ensemble), to_uint8(expected))
    turned = Parts(2, 1, ((0, 2), (1,)))
    assert services.make_ensemble(samples[2::-1], rule="regions", parts=turned).pk == ensemble.pk
    other = Parts(2, 1, ((0, 1), (2,)))
    assert services.make_ensemble(samples[:3], rule="regions", parts=other).pk != ensemble.pk


def test_the_residual_map_says_where_the_lr_consistency_is_lost(samples, low_res):
    """LR consistency is the PSNR of the downscaled picture: -10 log10 of the residual's mean square."""
    ensemble = make(samples[:3])
    residual = tifffile.imread(io.BytesIO(services.ensemble_file(ensemble, "residual"))).astype(np.float64)
    assert residual.shape == (low_res.height, low_res.width)
    assert -10 * np.log10(np.mean(residual**2)) == pytest.approx(ensemble.lr_consistency, abs=1e-4)
    assert ensemble.lr_consistency == lr_consistency(shown(ensemble), services.read_low_res(low_res), ensemble.scale)


def test_ensembles_from_before_residuals_say_so(samples):
    ensemble = make(samples[:3])
    ensemble.residual_sha256 = ""
    with pytest.raises(services.RequestError, match="before residuals were kept"):
        services.ensemble_file(ensemble, "residual")


def test_the_mean_of_two_and_three_is_three(tiny, low_res, run_tasks):
    """PNG (RFC 2083) and MATLAB round halves up; numpy's rint and OpenCV would make it 2."""
    job = services.request_generation(low_res, "tiny", "grey", range(2))
    run_tasks()
    pair = list(job.samples.all())
    for sample, level in zip(pair, (2, 3), strict=True):
        side = services.read_sample(sample).shape[:2]
        sample.sha256 = store.put(encode_png(np.full((*side, 1), level, np.uint8)), "samples", ".png")
        sample.save(update_fields=["sha256"])
    assert (shown(make(pair)) == 3).all()
