"""Ensembles: exact, made once whoever asks, and never from files that changed."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from django.db import connection

from inference import services
from inference.core.images import encode_png
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
