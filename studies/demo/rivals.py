"""Other sampler families beside a study's own: one picture of each image, as a method that is compared."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from tqdm import tqdm

from inference import generation
from inference import services as inference
from inference.models import GenerationJob, JobState, Weights
from studies.errors import StudyError
from studies.models import Item, Method, Study
from studies.services.candidates import drawing
from studies.services.opinions import methods


def add(study: Study, names: Sequence[str]) -> None:
    """Draw a single sample of every item by each of these weights and add it as a method, unless it is there.

    One, as papers show it: means of several would be ensembles. Weights that are not here are left out.
    Raises StudyError for a job that fails.
    """
    known = {str(weights): weights for weights in inference.catalogue()}
    there = set(Method.objects.filter(study=study).values_list("name", flat=True))
    wanted = {f"{name}, one sample": known[name] for name in names if name in known}
    items = list(study.items.main().select_related("low_res", "study__weights"))
    for method in tqdm([one for one in wanted if one not in there], desc="Other families", unit="family", disable=None):
        files = [methods.Named(f"{item.position}.png", BytesIO(_drawn(study, item, wanted[method]))) for item in items]
        methods.add(study, method, files, pattern="{position}")


def _drawn(study: Study, item: Item, weights: Weights) -> bytes:
    """The PNG file of the sample."""
    first = drawing.first_seed(study, item, weights)
    job = inference.request_generation(item.low_res, weights.sampler, weights, [first])
    run(job)
    return inference.sample_png(job.samples.get())


def run(job: GenerationJob) -> None:
    """Draw in this process, by the same code as a worker. Raises StudyError for a job that fails."""
    generation.run(job.pk)
    job.refresh_from_db()
    if job.state != JobState.DONE:
        raise StudyError(f"Drawing stopped: {job.error or job.get_state_display()}")
