"""The report as a worker makes it, and its part of the results page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.test import Client

from inference import store
from studies import tasks
from studies.models import Report, Study
from studies.services import report, results
from tests.conftest import Sent
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = factories.open_study_with_pool(pool_size=6, name="Fünf oder 6?")
    for picks, label in (([0, 1], "5"), ([0, 2], "5"), ([3], "6")):
        factories.vote_all(study, picks, label)
    return study


@pytest.fixture
def owner(study: Study) -> Client:
    client = Client()
    client.force_login(study.memberships.get().user)
    return client


def page(client: Client, study: Study, part: str = "results") -> str:
    return " ".join(client.get(f"/studies/{study.pk}/{part}/").content.decode().split())


def stored(row: Report, kind: str) -> Path:
    name = store.path_name(getattr(row, f"{kind}_sha256"), "reports", f".{kind}")  # type: ignore[arg-type]
    return Path(storages["default"].path(name))


def test_from_the_button_to_both_files(study: Study, owner: Client, sent: Sent, run_tasks: Callable[[], int]) -> None:
    assert "Make the report" in page(owner, study)
    assert owner.post(f"/studies/{study.pk}/report/").status_code == 302
    waiting = page(owner, study)
    assert "A worker makes the report" in waiting
    assert f'hx-get="/studies/{study.pk}/report/status/" hx-trigger="every 2s"' in waiting
    assert "Make the report" not in waiting

    run_tasks()
    after = page(owner, study, "report/status")
    assert "of the results as they are" in after
    assert "hx-trigger" not in after
    html = owner.get(f"/studies/{study.pk}/report.html")
    assert html.content.startswith(b"<!DOCTYPE html>")
    assert html["Content-Disposition"] == 'attachment; filename="report-funf-oder-6.html"'
    assert "Stability card" in html.content.decode()
    assert owner.get(f"/studies/{study.pk}/report.pdf").content.startswith(b"%PDF-")
    assert owner.get(f"/studies/{study.pk}/report.txt").status_code == 404

    made = Report.objects.get()
    owner.post(f"/studies/{study.pk}/report/")
    assert run_tasks() == 0, "the same results need no other report"
    tasks.make_report(study_id=study.pk)
    assert Report.objects.get().made_at == made.made_at

    factories.vote_all(study, [3, 4], "6")
    assert "the results have changed since" in page(owner, study)
    owner.post(f"/studies/{study.pk}/report/")
    run_tasks()
    later = Report.objects.get()
    assert later.html_sha256 != made.html_sha256
    assert not stored(made, "html").exists(), "the earlier file goes"
    assert stored(later, "html").exists()


def test_what_goes_wrong_is_told_and_files_made_before_stay(
    study: Study, owner: Client, run_tasks: Callable[[], int]
) -> None:
    report.request(study, results.collect(study))
    run_tasks()
    factories.vote_all(study, [5], "6")
    lost = results.collect(study).items[0].low_res_sha256
    Path(storages["default"].path(store.path_name(lost, "low_res", ".png"))).unlink()
    owner.post(f"/studies/{study.pk}/report/")
    run_tasks()
    row = Report.objects.get()
    assert lost in row.error
    assert lost in page(owner, study)
    assert "Make the report" in page(owner, study), "it can be asked for again"
    assert stored(row, "html").exists()


def test_a_lost_message_is_sent_again(study: Study, sent: Sent) -> None:
    row = report.request(study, results.collect(study))
    sent.take()
    Report.objects.filter(pk=row.pk).update(asked_at=row.asked_at - 2 * tasks.PATIENCE)
    tasks.reconcile()
    assert ("studies.tasks.make_report", {"study_id": study.pk}) in sent.messages


def test_the_command_writes_what_its_ending_says(study: Study, tmp_path: Path) -> None:
    call_command("report_study", str(study.pk), tmp_path / "one.pdf", verbosity=0)
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF-")
    call_command("report_study", study.slug, tmp_path / "all", verbosity=0)
    assert (tmp_path / "all" / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert (tmp_path / "all" / "report.pdf").read_bytes() == (tmp_path / "one.pdf").read_bytes()
    figures = sorted(path.name for path in (tmp_path / "all" / "figures").iterdir())
    assert len({name.rpartition(".")[0] for name in figures}) * 3 == len(figures) >= 15
    votes = next(path for path in (tmp_path / "all" / "figures").iterdir() if path.name.endswith("votes.csv"))
    assert votes.read_text().splitlines()[1].startswith("0,2,true")  # sample 0 has two votes and is chosen


def test_the_command_refuses_in_one_sentence(study: Study, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"A report is \.html or \.pdf"):
        call_command("report_study", str(study.pk), tmp_path / "report.docx", verbosity=0)
    with pytest.raises(CommandError, match="There is no study"):
        call_command("report_study", "nobody's", tmp_path / "report.pdf", verbosity=0)
