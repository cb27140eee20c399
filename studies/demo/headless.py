"""The demonstration without a browser: draw, simulate votes and ratings, evaluate, export, verify, sum up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.db.models import Sum
from tqdm import tqdm

from inference.models import GenerationJob
from studies.demo import contact_sheet, examples, figures, ratings, rivals
from studies.errors import StudyError
from studies.exports import folder, verify
from studies.models import Evaluation, Study, StudyState
from studies.reports import tables
from studies.results import StudyResults
from studies.services import lifecycle, results
from studies.services.analysis import evaluation, evidence_work
from studies.services.candidates import drawing
from studies.services.simulated import simulation

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def run(
    owner: User, example: examples.Example, *, items: int, participants: int, seed: int, output: Path
) -> dict[str, object]:
    """The whole protocol on an example study; the figures that the command prints as one JSON line.

    Begun before with the same numbers, it goes on where it was: nothing is drawn and nobody votes twice.
    """
    name = f"{example.name}, simulated, seed {seed}, {participants} participants"
    study = examples.study(owner, example, items=items, name=name, seed=seed)
    if not drawing.ready(study):
        draw(study)
    if not ratings.begun(study):
        vote(study, participants, seed)
    evaluate(study)
    rivals.add(study, example.rivals)
    if example.rated:
        ratings.rate(study, mode=example.rated, participants=participants, seed=seed)
    work_out(study)
    collected = results.collect(study)
    output.mkdir(parents=True, exist_ok=True)
    export = output / "export"
    folder.write(study, export)
    sheet = contact_sheet.write(study, collected, output / "contact_sheet.png")
    write_tables(collected, output)
    true_labels = {one.name: one.label for one in example.images(items) if one.label is not None}
    return figures.summary(collected, seconds_drawing(study), true_labels) | {
        "export": str(export),
        "contact_sheet": str(sheet),
        "verified": not verify.verify(export),
    }


def write_tables(collected: StudyResults, output: Path) -> None:
    """The tables of the paper: what people saw, and how methods compare, as Markdown and CSV."""
    wanted = {"table-2": tables.compared(collected), "table-2-lead": tables.lead(collected)}
    if collected.protocol.ask_label:
        wanted["table-1"] = tables.labels(collected)
    for name, table in wanted.items():
        (output / f"{name}.md").write_text(table.to_markdown(), encoding="utf-8")
        (output / f"{name}.csv").write_text(table.to_csv(), encoding="utf-8", newline="")


def vote(study: Study, participants: int, seed: int) -> None:
    """Simulated participants answer everything, then the study is closed."""
    if study.state != StudyState.OPEN:
        lifecycle.open_study(study)
    simulation.simulate(study, count=participants, seed=seed, progress=lambda r: tqdm(r, desc="Simulated votes"))
    lifecycle.close_study(study)


def draw(study: Study) -> None:
    """Draw every pool in this process, by the same code as a worker. Raises StudyError for a job that fails."""
    drawing.start(study)
    jobs = [job for item in study.items.all() for job in item.jobs.all()]
    for job in tqdm(jobs, desc="Drawing candidates", unit="item"):
        rivals.run(job)


def seconds_drawing(study: Study) -> float:
    """Of all pools, as their jobs have noted."""
    return GenerationJob.objects.filter(pk__in=study.items.values("jobs")).aggregate(all=Sum("seconds"))["all"] or 0.0


def evaluate(study: Study) -> None:
    """Make the ensembles and controls of all items in this process."""
    for item in tqdm(study.items.main(), desc="Ensembles and controls", unit="item"):
        requested = evaluation.request(item)
        if requested is not None:
            evaluation.run(requested.pk)
    failed = Evaluation.objects.filter(item__study=study).exclude(error="").first()
    if failed is not None:
        raise StudyError(f"An evaluation failed: {failed.error}")


def work_out(study: Study) -> None:
    """Intervals, stability and methods compared, as a worker would."""
    found = evidence_work.run(study)
    if found.error:
        raise StudyError(found.error)
