"""The door: what is accepted, what is refused in which words, and that asking twice is asking once."""

import io
import threading

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from inference import services
from inference.core.images import encode_png, encode_tiff
from inference.models import GenerationJob, JobState, LowResImage, Sample, Weights
from inference.samplers import FAMILIES
from tests.tiny import TinySettings


def picture(height=6, width=5, channels=1, dtype=np.uint8):
    most = np.iinfo(dtype).max
    return np.random.default_rng(1).integers(0, most, (height, width, channels), dtype=dtype, endpoint=True)


def test_an_upload_is_stored_from_its_pixels(db):
    pixels = picture(channels=3)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", exif=Image.Exif(), pnginfo=None)
    row = services.store_low_res(SimpleUploadedFile("name.png", file.getvalue() + b"trailing bytes"))

    assert (row.width, row.height, row.channels, row.bit_depth) == (5, 6, 3, 8)
    assert np.array_equal(services.read_low_res(row), (pixels / 255).astype(np.float32))
    assert b"trailing" not in services.low_res_png(row)


def test_the_same_pixels_are_the_same_row(db):
    pixels = picture()
    png, tiff = io.BytesIO(), io.BytesIO()
    Image.fromarray(pixels[:, :, 0]).save(png, "PNG", compress_level=0)
    Image.fromarray(pixels[:, :, 0]).save(tiff, "TIFF")

    assert services.store_low_res(png.getvalue()) == services.store_low_res(tiff.getvalue())
    assert LowResImage.objects.count() == 1


def test_sixteen_bits_are_kept(db):
    pixels = picture(dtype=np.uint16)
    row = services.store_low_res(encode_png(pixels))

    assert row.bit_depth == 16
    assert np.array_equal(services.read_low_res(row), (pixels / 65535).astype(np.float32))


def test_float_images_are_kept_with_sixteen_bits(db):
    assert services.store_low_res(encode_tiff(picture() / 255)).bit_depth == 16


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"not an image", "not an image"),
        (encode_png(picture(3, 9)), "9 x 3 pixels; a low-resolution image has 4 to 16 per side"),
        (encode_png(picture(17, 9)), "9 x 17 pixels"),
        (encode_png(picture(40, 40)), "40 x 40 pixels, more than the limit of 256"),
    ],
)
def test_unusable_images_are_refused_and_not_stored(db, settings, data_dir, file, words):
    settings.TRUSTSR_MAX_LOW_RES_SIDE = 16
    with pytest.raises(services.ImageError, match=words):
        services.store_low_res(file)
    assert not LowResImage.objects.exists()
    assert not [path for path in data_dir.rglob("*") if path.is_file()]


def test_the_catalogue_lists_weights_by_sampler_and_name(tiny, db):
    listed = [str(row) for row in services.catalogue() if row.sampler == "tiny"]
    assert listed == ["tiny/colour", "tiny/grey"]
    services.catalogue()
    assert Weights.objects.filter(sampler="tiny").count() == 2


def test_weights_that_were_known_by_hearsay_are_known_by_their_file_once_it_is_here(tiny, db):
    told = {"scale": 9, "channels": 3, "licence": "as a stranger said", "source": "the file is not here"}
    known = next(row for row in services.catalogue() if str(row) == "tiny/grey")
    Weights.objects.filter(pk=known.pk).update(**told)
    again = next(row for row in services.catalogue() if str(row) == "tiny/grey")
    stored = Weights.objects.get(pk=known.pk)
    for row in (again, stored):
        assert {name: getattr(row, name) for name in told} == {name: getattr(known, name) for name in told}


def test_weights_without_a_usable_description_are_left_out(tiny, db, data_dir, caplog):
    (data_dir / "weights" / "tiny" / "grey.json").write_text("{")
    assert [row.name for row in services.catalogue() if row.sampler == "tiny"] == ["colour"]
    assert "tiny/grey are left out" in caplog.text


def test_a_request_becomes_a_queued_job_and_one_message_after_commit(
    tiny, low_res, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        job = services.request_generation(low_res, "tiny", "grey", range(7, 10), {"noise": "0.2"})
        assert sent.messages == []

    assert (job.state, job.count, list(job.seeds)) == (JobState.QUEUED, 3, [7, 8, 9])
    assert job.settings == {"projection": 0, "precision": "auto", "noise": 0.2, "delay": 0.0}
    assert sent.messages == [("inference.tasks.generate", {"job_id": job.pk})]


def test_the_same_request_is_the_same_job(tiny, low_res, sent, django_capture_on_commit_callbacks):
    weights = next(row for row in services.catalogue() if str(row) == "tiny/grey")
    asked = [
        lambda: services.request_generation(low_res, "tiny", "grey", range(5)),
        lambda: services.request_generation(low_res, "tiny", weights, [0, 1, 2, 3, 4], {}),
        lambda: services.request_generation(low_res, "tiny", "grey", range(5), {"delay": 0}),
        lambda: services.request_generation(low_res, "tiny", "grey", range(5), TinySettings()),
    ]
    with django_capture_on_commit_callbacks(execute=True):
        assert len({ask().pk for ask in asked}) == 1
    assert len(sent.messages) == 1
    assert services.request_generation(low_res, "tiny", "grey", range(5), {"noise": 0.3}).pk != asked[0]().pk


def request(low_res, **changes):
    asked = {"sampler": "tiny", "weights": "grey", "seeds": range(5), "settings": {}} | changes
    return services.request_generation(low_res, **asked)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sampler": "gan"}, f"There is no sampler 'gan': choose one of {', '.join(sorted([*FAMILIES, 'tiny']))}"),
        ({"weights": "faces"}, "There are no weights tiny/faces: choose one of colour, grey"),
        ({"weights": Weights(sampler="ldm", name="digits")}, "ldm/digits are for the sampler ldm, not for tiny"),
        ({"settings": {"noise": 2}}, "'noise' must be a number from 0 to 1, not 2"),
        ({"settings": {"noise": "much"}}, "'noise' must be a number"),
        ({"settings": {"noize": 0.1}}, "There is no setting 'noize'"),
        ({"seeds": range(0)}, "1 to 100,000 samples, not 0"),
        ({"seeds": range(100_001)}, "1 to 100,000 samples, not 100,001"),
        ({"seeds": range(0, 10, 2)}, "consecutive"),
        ({"seeds": range(-1, 3)}, "from 0 to"),
        ({"seeds": range(2**63 - 1, 2**63 + 1)}, "from 0 to"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(tiny, low_res, changes, words):
    with pytest.raises(services.RequestError, match=words):
        request(low_res, **changes)
    assert not GenerationJob.objects.exists()


def test_a_colour_image_needs_weights_for_colour(tiny, db):
    colour = services.store_low_res(encode_png(picture(channels=3)))
    with pytest.raises(services.RequestError, match="in colour, but the weights tiny/grey draw grey"):
        request(colour)
    assert request(colour, weights="colour").state == JobState.QUEUED


def test_the_last_seed_there_is(tiny, low_res, run_tasks):
    job = request(low_res, seeds=range(2**63 - 2, 2**63))
    run_tasks()
    assert list(job.samples.values_list("seed", flat=True)) == [2**63 - 2, 2**63 - 1]


def test_a_queued_job_is_cancelled_at_once(job, run_tasks):
    assert services.cancel(job).state == JobState.CANCELLED
    run_tasks()
    assert not Sample.objects.exists()


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_a_settled_job_stays_as_it_is_when_cancelled(job, state):
    GenerationJob.objects.update(state=state)
    assert services.cancel(job).state == state
    assert not job.cancel_requested


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_asking_again_queues_a_failed_or_cancelled_job_anew(job, low_res, run_tasks, state):
    GenerationJob.objects.update(state=state, error="some reason", attempts=5, cancel_requested=True)

    again = request(low_res, seeds=range(100, 110))
    assert again.pk == job.pk
    assert (again.state, again.error) == (JobState.QUEUED, "")
    run_tasks()
    job.refresh_from_db()
    assert (job.state, job.samples.count()) == (JobState.DONE, 10)


def test_progress_is_read_off_the_rows(tiny, low_res, run_tasks):
    request(low_res, seeds=range(5))
    run_tasks()
    request(low_res, seeds=range(100, 130))
    now = services.progress(GenerationJob.objects.all())

    assert (now.done, now.total, now.states) == (5, 35, {"done": 1, "queued": 1})
    assert (now.settled, now.complete, now.seconds_left) == (False, False, None)


def test_an_image_too_large_to_draw_is_refused_at_once(tiny, low_res):
    LowResImage.objects.filter(pk=low_res.pk).update(width=2048, height=2048)
    low_res.refresh_from_db()
    with pytest.raises(services.RequestError, match="at most 1,048,576 pixels"):
        request(low_res)
    assert not GenerationJob.objects.exists()


def test_progress_tells_speed_and_time_left_while_drawing(job, tiny):
    seen = []
    tiny.before = lambda seed: seen.append(services.progress(GenerationJob.objects.all()))
    from inference import generation

    generation.run(job.pk)

    assert [report.done for report in seen] == [0, 0, 0, 0, 4, 4, 4, 4, 8, 8]
    report = seen[-1]
    assert report.samples_per_second > 0
    assert report.seconds_left == pytest.approx(2 / report.samples_per_second)
    finished = services.progress(GenerationJob.objects.all())
    assert (finished.settled, finished.complete, finished.samples_per_second) == (True, True, None)


def test_a_broker_that_is_away_costs_a_warning_only(tiny, low_res, caplog, monkeypatch, run_tasks):
    from celery import Celery
    from kombu.exceptions import OperationalError

    def away(self, *arguments, **options):
        raise OperationalError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(Celery, "send_task", away)
        job = request(low_res)
        run_tasks()
    assert "connection refused" in caplog.text
    job.refresh_from_db()
    assert job.state == JobState.QUEUED

    assert services.reconcile() == 1
    run_tasks()
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_threads_of_a_web_server_publish_through_the_site_s_broker():
    from celery import current_app

    found = []
    thread = threading.Thread(target=lambda: found.append(current_app.main))
    thread.start()
    thread.join()
    assert found == ["trustsr"]
