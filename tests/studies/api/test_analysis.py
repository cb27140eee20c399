"""Versions of the analysis, live figures, evidence and report: what the pages of a study do, by the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from studies.models import Evidence, Report, Study
from studies.services.analysis import versions
from studies.services.analysis.plan import Plan
from tests.conftest import Sent
from tests.studies import factories
from tests.studies.api.conftest import People, people_of

RULE = Plan(attention=0.5, stopping="consensus", most_participants=40)


@pytest.fixture
def study(db: None) -> Study:
    study = factories.open_study_with_pool(pool_size=6, plan=RULE.as_mapping(), name="Fünf oder 6?")
    for picks, label in (([0, 1], "5"), ([0, 2], "5"), ([3], "5")):
        factories.vote_all(study, picks, label)
    study.refresh_from_db()
    return study


@pytest.fixture
def people(study: Study) -> People:
    return people_of(study)


def version(**changes: Any) -> dict[str, Any]:
    return {"reason": "A reviewer asked.", "changes": changes}


def test_a_version_is_added_and_listed(study: Study, people: People) -> None:
    where = f"/api/studies/{study.pk}/analysis/"
    answer = people.editor.post(where, version(ensemble_size=2, attention=0.9), format="json")
    assert answer.status_code == 201, answer.content
    first, second = people.viewer.get(where).json()
    assert answer.json() == second
    assert (first["number"], first["reason"], first["changes"]) == (1, "", {})
    assert datetime.fromisoformat(first["made_at"]) == study.frozen_at.replace(microsecond=0)  # type: ignore[union-attr]
    assert (second["number"], second["reason"]) == (2, "A reviewer asked.")
    assert second["changes"] == {"ensemble_size": 2, "attention": 0.9}
    assert (second["analysis"]["ensemble_size"], second["analysis"]["tie_rule"]) == (2, "index")
    assert second["sha256"] == versions.current(study).sha256
    assert people.viewer.get(f"/api/studies/{study.pk}/results/").json()["analysis_versions"] == [first, second]


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (version(), 409, "Nothing differs from version 1"),
        (version(ensemble_size=50), 400, "from 1 to 6"),
        (version(ensemble_size="2"), 400, "from 1 to 6"),
        (version(tie_rule="coin"), 400, "Choose one of the tie rules"),
        (version(attention="much"), 400, "must be a number from 0 to 1"),
        (version(max_picks=2), 400, "“max_picks” cannot be changed after the first ballot"),
        (version(study=2), 400, "“study” cannot be changed after the first ballot"),
        (version(reason="None."), 400, "Give the reason beside the changes"),
        ({"reason": " ", "changes": {"ensemble_size": 2}}, 400, "blank"),
        ({"reason": "x" * 2001, "changes": {"ensemble_size": 2}}, 400, "2000"),
        ({"reason": "Why not."}, 400, "required"),
    ],
)
def test_a_version_that_cannot_be_is_refused_in_words(
    study: Study, people: People, sent: dict[str, Any], status: int, words: str
) -> None:
    answer = people.owner.post(f"/api/studies/{study.pk}/analysis/", sent, format="json")
    assert (answer.status_code, words in answer.content.decode()) == (status, True), answer.content.decode()
    assert not study.analysis_versions.exists()


def test_before_there_are_votes_there_is_no_other_version(db: None) -> None:
    draft = factories.study()
    owner = people_of(draft).owner
    (locked,) = owner.get(f"/api/studies/{draft.pk}/analysis/").json()
    assert locked["made_at"] == ""
    answer = owner.post(f"/api/studies/{draft.pk}/analysis/", version(ensemble_size=2), format="json")
    assert answer.status_code == 400
    assert answer.json()["detail"] == "There are no votes yet: change the protocol itself."


def test_live_figures(study: Study, people: People) -> None:
    body = people.viewer.get(f"/api/studies/{study.pk}/live/").json()
    assert body["participants"]["finished"] == 3
    assert (body["places_taken"], body["quota"], len(body["hours"]), body["hours"][-1]["finished"]) == (3, None, 48, 3)
    assert (body["stop"]["rule"], body["stop"]["met"], body["stop"]["most_participants"]) == ("consensus", False, 40)
    assert body["stop"]["why"] == "0 of 1 images have a label that more than half see, by strong evidence."
    (item,) = body["items"]
    # Krichevsky and Trofimov (1981): 1·3·5 / (2·4·6) against 1/2^3
    assert (item["ballots"], item["leader"], item["e_value"], item["met"]) == (3, "5", 2.5, False)
    five, six, _cannot_tell = item["labels"]
    assert (five["label"], five["count"], five["share"]) == ("5", 3, 1.0)
    assert five["low"] == pytest.approx(3 / (3 + 1.959964**2), abs=1e-6)  # Wilson (1927), all of three
    assert (six["count"], six["share"]) == (0, 0.0)


def test_live_figures_without_ballots_are_undefined_and_not_wrong(db: None) -> None:
    draft = factories.study(plan=RULE.as_mapping())
    factories.item(draft)
    body = people_of(draft).viewer.get(f"/api/studies/{draft.pk}/live/").json()
    (item,) = body["items"]
    assert (item["ballots"], item["leader"], item["half_width"]) == (0, "", None)
    assert item["labels"][0]["share"] is None


def test_live_names_who_is_left_out_by_pseudonym(db: None) -> None:
    study = factories.open_study_with_pool(items=2, plan=Plan(attention=1.0).as_mapping())
    study.items.filter(position=1).update(kind="attention", expected_label="5")
    wrong = factories.vote_all(study, [0], "6")
    body = people_of(study).viewer.get(f"/api/studies/{study.pk}/live/").json()
    assert body["left_out"] == [{"participant": wrong.code, "simulated": False, "rules": ["attention"]}]
    assert (body["left_out_by_rule"], body["stop"]["left_out"]) == ({"attention": 1}, 1)


def test_evidence_is_asked_for_and_made(study: Study, people: People, sent: Sent, run_tasks: Callable[[], int]) -> None:
    where = f"/api/studies/{study.pk}/evidence/"
    assert people.viewer.get(where).json()["state"] == "not made"
    answer = people.editor.post(where)
    assert (answer.status_code, answer.json()["state"], answer.json()["parts"]) == (202, "being made", 2)
    run_tasks()
    made = people.viewer.get(where).json()
    assert made == {"state": "made", "error": "", "being_made": 0, "to_make": 0, "parts": 2}
    (item,) = people.viewer.get(f"/api/studies/{study.pk}/results/").json()["items"]
    assert {"median", "medoid", "label-1"} <= {one["key"] for one in item["evaluation"]["variants"]["variants"]}
    factories.vote_all(study, [4, 5], "6")
    assert people.viewer.get(where).json()["state"] == "not made", "the votes have changed since"


def test_evidence_that_failed_says_why(study: Study, people: People) -> None:
    Evidence.objects.create(study=study, error="Sample ab is missing.")
    body = people.viewer.get(f"/api/studies/{study.pk}/evidence/").json()
    assert (body["state"], body["error"]) == ("failed", "Sample ab is missing.")


def test_the_report_is_asked_for_and_downloaded(
    study: Study, people: People, sent: Sent, run_tasks: Callable[[], int]
) -> None:
    where = f"/api/studies/{study.pk}/report"
    assert people.viewer.get(f"{where}/").json() == {
        "state": "not made", "current": False, "step": "", "error": "", "asked_at": None, "made_at": None,
        "html_sha256": "", "pdf_sha256": "",
    }  # fmt: skip
    assert people.viewer.get(f"{where}.html").status_code == 404
    answer = people.editor.post(f"{where}/")
    assert (answer.status_code, answer.json()["state"]) == (202, "being made")
    run_tasks()
    made = people.viewer.get(f"{where}/").json()
    assert (made["state"], made["current"], len(made["pdf_sha256"])) == ("made", True, 64)
    page = people.viewer.get(f"{where}.html", HTTP_ACCEPT="text/html")
    assert page.content.startswith(b"<!DOCTYPE html>")
    assert page["Content-Disposition"] == 'attachment; filename="report-funf-oder-6.html"'
    assert people.viewer.get(f"{where}.pdf", HTTP_ACCEPT="application/pdf").content.startswith(b"%PDF-")
    factories.vote_all(study, [4, 5], "6")
    assert people.viewer.get(f"{where}/").json()["current"] is False


@pytest.mark.parametrize("kind", ["txt", "html", "pdf"])
def test_a_report_that_is_not_there(study: Study, people: People, kind: str) -> None:
    Report.objects.create(study=study)
    answer = people.owner.get(f"/api/studies/{study.pk}/report.{kind}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")


@pytest.mark.parametrize("path", ["analysis/", "evidence/", "report/"])
def test_viewer_stranger_and_anonymous_change_nothing(study: Study, people: People, path: str, sent: Sent) -> None:
    where, asked = f"/api/studies/{study.pk}/{path}", version(ensemble_size=2)
    for client, status in ((people.viewer, 404), (people.stranger, 404), (people.anonymous, 403)):
        assert client.post(where, asked, format="json").status_code == status
    assert not study.analysis_versions.exists()
    assert not Evidence.objects.exists()
    assert not Report.objects.exists()
    assert not sent.messages


def test_files_are_for_members_only(study: Study, people: People) -> None:
    path = f"/api/studies/{study.pk}/report.html"
    assert people.stranger.get(path).status_code == 404
    assert people.anonymous.get(path).status_code == 403
