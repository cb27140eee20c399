"""The pictures of a rating phase: planned from what the study has, made by a worker, stored by content.

provenance says what a stimulus is made of, before it is made: the same plan is the same picture, so that making them
again changes nothing. By kind: ensemble (digest, rule, members), control (indexes of the pool, members), single
(index, member), bicubic (low_res, scale), reference (truth), method (name, image).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from inference import sending, store
from inference import services as inference
from inference.core import ensembling
from inference.core.degradation import upscale
from inference.core.images import encode_png, read_image, to_uint8
from inference.models import Ensemble, Sample
from studies.errors import LifecycleError
from studies.models import (
    Evaluation,
    Item,
    MethodImage,
    Mode,
    RatingPhase,
    Stimulus,
    StimulusKind,
    Study,
    StudyState,
)
from studies.services.analysis import evaluation
from studies.services.design.truth import truth_png
from studies.services.opinions import methods
from studies.services.ordering import permutation, subsets

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Planned:
    """A stimulus as it should be. method: id of the method, None for all other kinds."""

    item: int
    kind: str
    provenance: dict[str, Any]
    method: int | None = None


@dataclass(frozen=True)
class Progress:
    """How many stimuli are made; running: a worker has been asked and has not said why it cannot."""

    done: int
    total: int
    running: bool


def ask(phase: RatingPhase) -> None:
    """Plan the stimuli anew and ask a worker for those that are not made. Harmless when repeated.

    Raises LifecycleError before the voting is closed and evaluated, and once people have begun to rate.
    """
    _refuse_early(phase.study)
    found = plan(phase)
    with transaction.atomic():
        current = RatingPhase.objects.select_for_update().get(pk=phase.pk)
        if current.is_open or current.raters.exists():
            raise LifecycleError("People rate these pictures already, so they stay as they are.")
        _sync(current, found)
        current.asked_at, current.error = timezone.now(), ""
        current.save(update_fields=["asked_at", "error"])
        transaction.on_commit(partial(send, phase.pk))
    phase.refresh_from_db()


def send(phase_pk: int) -> None:
    sending.send("studies.tasks.make_stimuli", phase_id=phase_pk)


def _refuse_early(study: Study) -> None:
    if study.state != StudyState.CLOSED:
        raise LifecycleError("The voting comes first: close the study, then the pictures can be made.")
    waiting = [one for one in evaluation.request_all(study) if one.made_at is None]
    if waiting:
        raise LifecycleError("The ensembles are still being computed: make the pictures when the results are there.")


def plan(phase: RatingPhase) -> list[Planned]:
    """What should be there: of every main item, in DCR of those with a truth. No stimulus where none can be made:
    no ensemble and control without votes, no truth where none is known."""
    items = phase.study.items.main().select_related("low_res", "study__weights", "truth")
    found = [one for item in items for one in _of_item(phase, item)]
    truths = {one.item for one in found if one.kind == StimulusKind.REFERENCE}
    return [one for one in found if phase.mode != Mode.DCR or one.item in truths]


def _of_item(phase: RatingPhase, item: Item) -> Iterator[Planned]:
    pool = list(item.pool)
    chosen = evaluation.selection(item, pool=pool).chosen
    made = _evaluated(item, pool, chosen) if chosen else None
    if made is not None:
        yield Planned(item.pk, StimulusKind.ENSEMBLE, _ensemble(made))
        yield Planned(item.pk, StimulusKind.CONTROL, _control(phase, item, pool, len(chosen)))
    if pool:
        yield Planned(item.pk, StimulusKind.SINGLE, _single(phase, item, pool))
    if phase.anchors:
        origin = {"low_res": item.low_res.sha256, "scale": item.study.weights.scale}
        yield Planned(item.pk, StimulusKind.BICUBIC, origin)
    for image in MethodImage.objects.filter(item=item).select_related("method").order_by("method_id"):
        origin = {"name": image.method.name, "image": image.sha256}
        yield Planned(item.pk, StimulusKind.METHOD, origin, image.method_id)
    truth = evaluation.truth_sha256(item)
    if truth is not None and (phase.hidden_reference or phase.mode == Mode.DCR):
        yield Planned(item.pk, StimulusKind.REFERENCE, {"truth": truth})


def _evaluated(item: Item, pool: list[Sample], chosen: Sequence[int]) -> Evaluation | None:
    """Of the present votes. Looking changes nothing: `ask` sees to it that they are there."""
    rows = Evaluation.objects.filter(item=item, digest=evaluation.digest(item, pool, chosen))
    return rows.select_related("ensemble").first()


def _ensemble(made: Evaluation) -> dict[str, Any]:
    members = made.ensemble.members.order_by("sample_id").values_list("sample__sha256", flat=True)
    return {"digest": made.ensemble.digest, "rule": made.ensemble.rule, "members": list(members)}


def _control(phase: RatingPhase, item: Item, pool: list[Sample], n: int) -> dict[str, Any]:
    """As many samples as the ensemble has, drawn at random from the phase's seed."""
    indexes = control_indexes(phase.seed, item.position, len(pool), n)
    return {"indexes": indexes, "members": [pool[index].sha256 for index in indexes]}


def _single(phase: RatingPhase, item: Item, pool: list[Sample]) -> dict[str, Any]:
    index = single_index(phase.seed, item.position, len(pool))
    return {"index": index, "member": pool[index].sha256}


def control_indexes(phase_seed: int, position: int, m: int, n: int) -> list[int]:
    """The samples of the control of the item at this position, n of a pool of m."""
    return subsets(phase_seed, f"control of item {position}", 1, m, n)[0].tolist()


def single_index(phase_seed: int, position: int, m: int) -> int:
    """The sample that stands alone for the pool of m of the item at this position."""
    return permutation(phase_seed, f"single sample of item {position}", m)[0]


def _sync(phase: RatingPhase, found: list[Planned]) -> None:
    """Rows as planned: what is other than before is made anew, what is not wanted any more goes."""
    there = {(row.item_id, row.kind, row.method_id): row for row in phase.stimuli.all()}
    for one in found:
        row = there.pop((one.item, one.kind, one.method), None)
        if row is not None and row.provenance == one.provenance:
            continue
        if row is not None:
            row.delete()
        Stimulus.objects.create(
            phase=phase, item_id=one.item, kind=one.kind, method_id=one.method, provenance=one.provenance
        )
    Stimulus.objects.filter(pk__in=[row.pk for row in there.values()]).delete()


def up_to_date(phase: RatingPhase) -> bool:
    """Whether the stimuli are those that the settings, methods and votes ask for now."""
    rows = {(row.item_id, row.kind, row.method_id): row.provenance for row in phase.stimuli.all()}
    return rows == {(one.item, one.kind, one.method): one.provenance for one in plan(phase)}


def progress(phase: RatingPhase) -> Progress:
    """Two queries."""
    if phase.pk is None:
        return Progress(0, 0, running=False)
    total, done = phase.stimuli.count(), phase.stimuli.exclude(sha256="").count()
    return Progress(done, total, running=done < total and phase.asked_at is not None and not phase.error)


def make(phase_pk: int) -> None:
    """Make what is not made, in a worker. What goes wrong is stored as one sentence."""
    waiting = Stimulus.objects.filter(phase=phase_pk, sha256="").select_related("item__low_res")
    try:
        for stimulus in waiting:
            sha256 = stored(stimulus)
            Stimulus.objects.filter(pk=stimulus.pk, sha256="").update(sha256=sha256, made_at=timezone.now())
    except (inference.StoreError, inference.RequestError) as error:
        RatingPhase.objects.filter(pk=phase_pk).update(error=str(error))
    except Exception as error:
        log.exception("The stimuli of phase %s could not be made", phase_pk)
        sentence = f"The pictures could not be made ({type(error).__name__}: {error}); the worker's log has more."
        RatingPhase.objects.filter(pk=phase_pk).update(error=sentence)


def stored(stimulus: Stimulus) -> str:
    """Make the file of what `provenance` says, and keep it; its sha256. Raises StoreError and RequestError."""
    return store.put(_png(stimulus), "stimuli", ".png", storage=_storage(stimulus))


def png(stimulus: Stimulus) -> bytes:
    """The stored file that people see, verified; raises StoreError."""
    return store.get(stimulus.sha256, "stimuli", ".png", storage=_storage(stimulus))


def _storage(stimulus: Stimulus) -> Any:
    """The truth stays in its own storage, also as a stimulus."""
    return storages["truth" if stimulus.kind == StimulusKind.REFERENCE else "default"]


def _png(stimulus: Stimulus) -> bytes:
    """Whatever a stimulus comes from, its file is written alike: nothing in it tells what it is."""
    return encode_png(to_uint8(_picture(stimulus)))


def _picture(stimulus: Stimulus) -> NDArray[Any]:
    origin, item = stimulus.provenance, stimulus.item
    if stimulus.kind == StimulusKind.ENSEMBLE:
        ensemble = Ensemble.objects.get(digest=origin["digest"])
        return read_image(inference.ensemble_file(ensemble, "png8"))
    if stimulus.kind == StimulusKind.CONTROL:
        return ensembling.mean_uint8(_sample(sha256) for sha256 in origin["members"])
    if stimulus.kind == StimulusKind.SINGLE:
        return _sample(origin["member"])
    if stimulus.kind == StimulusKind.BICUBIC:
        return upscale(inference.read_low_res(item.low_res), origin["scale"]).clip(0, 1)
    if stimulus.kind == StimulusKind.METHOD:
        return read_image(methods.png(origin["image"]))
    return read_image(truth_png(origin["truth"]))


def _sample(sha256: str) -> NDArray[np.uint8]:
    return to_uint8(read_image(store.get(sha256, "samples", ".png")))
