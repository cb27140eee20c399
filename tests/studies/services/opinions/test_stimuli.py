"""Stimuli: planned from the votes, made once, exactly what they say they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.core.files.storage import storages

from inference import services as inference
from inference import store
from inference.core import ensembling
from inference.core.degradation import upscale
from inference.core.images import encode_png, read_image, to_uint8
from inference.models import Sample
from studies import tasks
from studies.errors import LifecycleError
from studies.models import RatingPhase, Stimulus, StimulusKind
from studies.services import rating
from studies.services.analysis import evaluation
from studies.services.design.truth import truth_png
from studies.services.opinions import methods, rating_phase, stimuli
from tests.studies import factories, rated

pytestmark = pytest.mark.django_db
ALL = {"ensemble", "control", "single", "bicubic", "reference"}


def kinds(phase: RatingPhase) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for one in phase.stimuli.select_related("item"):
        found.setdefault(one.item.position, set()).add(one.condition)
    return found


def pixels(one: Stimulus) -> np.ndarray:
    return to_uint8(read_image(stimuli.png(one)))


def test_every_item_has_every_kind_without_any_upload() -> None:
    phase = rated.phase(rated.voted())
    assert kinds(phase) == {0: ALL, 1: ALL}
    assert stimuli.progress(phase) == stimuli.Progress(10, 10, running=False)


def test_what_a_phase_draws_follows_from_the_seed_of_its_study() -> None:
    """Or the same study, made again from its stored seed, would show other controls in another order."""
    one, other = (rating_phase.update(rated.voted(items=1, seed=seed)).seed for seed in (5, 5))
    assert one == other != rating_phase.update(rated.voted(items=1, seed=6)).seed


def test_each_is_the_picture_that_its_provenance_names() -> None:
    """The mean of the members rounded half up once; one sample of the pool; the bicubic kernel; the truth."""
    phase = rated.phase(rated.voted(items=1))
    found = {one.kind: one for one in phase.stimuli.select_related("item__low_res")}
    item = found["single"].item
    samples = {sample.sha256: inference.read_sample(sample) for sample in item.pool}
    for kind in ("ensemble", "control"):
        members = [samples[sha256] for sha256 in found[kind].provenance["members"]]
        assert len(members) == 3
        total = np.sum([member.astype(int) for member in members], axis=0)
        assert np.array_equal(pixels(found[kind]), (2 * total + 3) // 6)
    assert np.array_equal(pixels(found["single"]), samples[found["single"].provenance["member"]])
    low = inference.read_low_res(item.low_res)
    assert np.array_equal(pixels(found["bicubic"]), to_uint8(np.clip(upscale(low, factories.SCALE), 0, 1)))
    assert np.array_equal(pixels(found["reference"]), to_uint8(read_image(truth_png(item.truth.sha256))))


def test_the_ensemble_is_that_of_the_votes() -> None:
    study = rated.voted(items=1)
    phase = rated.phase(study)
    item = study.items.get()
    chosen = evaluation.selection(item).chosen
    pool = list(item.pool)
    expected = ensembling.mean_uint8(inference.read_sample(pool[index]) for index in chosen)
    assert np.array_equal(pixels(phase.stimuli.get(kind="ensemble")), expected)


def test_the_control_is_random_and_the_same_each_time() -> None:
    study = rated.voted(items=2)
    phase = rated.phase(study)
    first = {one.pk: one.provenance for one in phase.stimuli.filter(kind="control")}
    drawn = [tuple(origin["indexes"]) for origin in first.values()]
    assert drawn[0] != drawn[1]
    stimuli.ask(phase)
    assert {one.pk: one.provenance for one in phase.stimuli.filter(kind="control")} == first


def test_the_truth_as_a_stimulus_stays_in_the_storage_of_truths() -> None:
    reference = rated.phase(rated.voted(items=1)).stimuli.get(kind="reference")
    name = store.path_name(reference.sha256, "stimuli", ".png")
    assert storages["truth"].exists(name)
    assert not storages["default"].exists(name)


def test_asking_again_makes_nothing_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    phase = rated.phase(rated.voted(items=1))
    before = list(phase.stimuli.values_list("pk", "sha256", "made_at"))
    monkeypatch.setattr(stimuli, "_png", lambda one: pytest.fail("made again"))
    stimuli.ask(phase)
    tasks.make_stimuli(phase_id=phase.pk)
    assert list(phase.stimuli.values_list("pk", "sha256", "made_at")) == before


def test_methods_join_and_go() -> None:
    study = rated.voted()
    phase = rated.phase(study)
    method = methods.add(study, "EDSR", rated.method_files(study))
    assert not stimuli.up_to_date(phase)
    stimuli.ask(phase)
    stimuli.make(phase.pk)
    assert kinds(phase) == {0: {*ALL, "EDSR"}, 1: {*ALL, "EDSR"}}
    image = method.images.first()
    assert image is not None
    shown = phase.stimuli.get(method=method, item=image.item)
    assert np.array_equal(pixels(shown), to_uint8(read_image(methods.png(image.sha256))))
    methods.remove(method)
    assert kinds(phase) == {0: ALL, 1: ALL}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"anchors": False}, ALL - {"bicubic"}),
        ({"hidden_reference": False}, ALL - {"reference"}),
        ({"hidden_reference": False, "mode": "dcr"}, ALL),
    ],
    ids=str,
)
def test_settings_decide_what_is_made(asked: dict[str, Any], expected: set[str]) -> None:
    assert kinds(rated.phase(rated.voted(items=1), **asked)) == {0: expected}


def test_without_votes_there_is_no_ensemble_and_without_truth_no_reference() -> None:
    assert kinds(rated.phase(rated.voted(voters=0, truth=False))) == {place: {"single", "bicubic"} for place in (0, 1)}


def test_dcr_leaves_out_items_without_truth() -> None:
    study = factories.open_study_with_pool(items=2)
    factories.add_truth(study.items.all()[1], factories.pixels(32))
    factories.vote_all(study, [0, 1])
    assert kinds(rated.phase(rated.close(study), mode="dcr")) == {1: ALL}


def test_all_files_are_written_alike() -> None:
    """1.15 (10): nothing in a file tells what it is: the chunks of all PNG files are the same."""
    phase = rated.phase(rated.voted(items=1))
    assert {encode_png(pixels(one)) == stimuli.png(one) for one in phase.stimuli.all()} == {True}


def test_the_voting_comes_first() -> None:
    study = factories.open_study_with_pool()
    phase = rating_phase.update(study)
    with pytest.raises(LifecycleError, match="close the study"):
        stimuli.ask(phase)


def test_the_ensembles_come_first() -> None:
    study = factories.open_study_with_pool()
    factories.vote_all(study, [0, 1])
    study.state = "closed"
    study.save()
    with pytest.raises(LifecycleError, match="still being computed"):
        stimuli.ask(rating_phase.update(study))


def test_what_people_rate_stays_as_it_is() -> None:
    study = rated.voted(items=1)
    phase = rated.opened(study)
    rating.begin(study.participants.first())
    rating_phase.close_phase(phase)
    with pytest.raises(LifecycleError, match="stay as they are"):
        stimuli.ask(phase)


def test_a_broken_file_is_named_and_what_was_made_stays() -> None:
    study = rated.voted(items=1)
    phase = rating_phase.update(study)
    stimuli.ask(phase)
    one = phase.stimuli.get(kind=StimulusKind.SINGLE)
    sample = Sample.objects.get(sha256=one.provenance["member"])
    path = storages["default"].path(store.path_name(sample.sha256, "samples", ".png"))
    with open(path, "r+b") as file:
        file.write(b"broken")
    stimuli.make(phase.pk)
    phase.refresh_from_db()
    assert "has changed since it was stored" in phase.error
    assert phase.stimuli.get(pk=one.pk).sha256 == ""
    assert not stimuli.progress(phase).running


def test_a_lost_message_is_sent_again(sent: Any, django_capture_on_commit_callbacks: Any) -> None:
    phase = rating_phase.update(rated.voted(items=1))
    with django_capture_on_commit_callbacks(execute=True):
        stimuli.ask(phase)
    assert ("studies.tasks.make_stimuli", {"phase_id": phase.pk}) in sent.take()
    RatingPhase.objects.update(asked_at="2026-01-01T00:00Z")
    assert tasks.reconcile() == 1
    assert sent.take() == [("studies.tasks.make_stimuli", {"phase_id": phase.pk})]
    stimuli.make(phase.pk)
    assert tasks.reconcile() == 0
