"""Participants of a study, its doors and personal links: what owner, viewer and stranger see and may do."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from studies.models import Invitation, Participant, RecruiterIdentity, Recruiting, Role, Source, Study, StudyMembership
from studies.services import enrolment
from studies.services.people import invitations, recruiting
from studies.services.people.recruiting import Door
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return factories.open_study_with_pool(owner=factories.user("owner"), name="Old digits")


def client_of(study: Study, role: Role | None) -> Client:
    client, user = Client(), factories.user()
    if role is not None:
        StudyMembership.objects.create(study=study, user=user, role=role)
    client.force_login(user)
    return client


@pytest.fixture
def editor(study: Study) -> Client:
    return client_of(study, Role.EDITOR)


@pytest.fixture
def viewer(study: Study) -> Client:
    return client_of(study, Role.VIEWER)


def url(name: str, study: Study, *more: Any, **query: str) -> str:
    return reverse(f"studies:{name}", args=[study.pk, *more], query=query or None)


def page(client: Client, name: str, study: Study, *more: Any, **query: str) -> str:
    answer = client.get(url(name, study, *more, **query))
    assert answer.status_code == 200
    return answer.content.decode()


def recruited(study: Study, pid: str) -> Participant:
    return enrolment.enrol(study, door=Door(Source.PROLIFIC, pid))[0]


def filled(**changes: str) -> dict[str, str]:
    """The form of the doors as a browser sends it."""
    empty = {f"{kind}.{outcome}": "" for kind in ("codes", "addresses") for outcome in recruiting.OUTCOMES}
    return empty | {"who": "anybody", "quota": "", "release_minutes": "120"} | changes


def test_participants_stand_there_by_pseudonym_and_state(study: Study, viewer: Client) -> None:
    person = factories.vote_all(study, [0])
    factories.participant(study, simulated=True)
    shown = page(viewer, "participants", study)
    assert person.code[:8] in shown
    assert "pill-finished" in shown
    assert "1 of 1" in shown
    assert shown.count("pill-simulated") == 1
    assert "places taken" in shown


def test_recruiters_ids_are_shown_to_editors_only(study: Study, editor: Client, viewer: Client) -> None:
    recruited(study, "pid-5f1a")
    assert "pid-5f1a" in page(editor, "participants", study)
    assert "pid-5f1a" not in page(viewer, "participants", study)
    assert "Nobody fits." not in page(editor, "participants", study, search="pid-5")
    assert "Nobody fits." in page(viewer, "participants", study, search="pid-5")


def test_the_list_has_pages_and_keeps_what_was_asked_for(study: Study, viewer: Client) -> None:
    Participant.objects.bulk_create(
        Participant(study=study, token_sha256=str(number), seed=number, finished_at=timezone.now() if number else None)
        for number in range(120)
    )
    first = page(viewer, "participants", study, state="finished")
    assert first.count("<tr>") == 51
    assert "page 1 of 3" in first
    assert 'href="?state=finished&amp;page=2"' in first
    last = page(viewer, "participants", study, state="finished", page="3")
    assert last.count("<tr>") == 20
    assert page(viewer, "participants", study, state="in progress").count("<tr>") == 2


def test_data_of_one_participant_is_a_file(study: Study, editor: Client) -> None:
    person = recruited(study, "pid-5f1a")
    answer = editor.get(url("participant-data", study, person.code))
    assert f"participant-{person.code}.json" in answer["Content-Disposition"]
    assert json.loads(answer.content)["recruiter"]["external_id"] == "pid-5f1a"
    elsewhere = factories.participant(factories.open_study_with_pool())
    assert editor.get(url("participant-data", study, elsewhere.code)).status_code == 404


def test_an_identity_is_erased_after_a_second_look(study: Study, editor: Client, viewer: Client) -> None:
    person = recruited(study, "pid-5f1a")
    address = url("identity-erase", study, person.code)
    for client in (viewer, client_of(study, None)):
        assert client.get(address).status_code == client.post(address).status_code == 404
    assert "cannot be undone" in page(editor, "identity-erase", study, person.code)
    assert RecruiterIdentity.objects.exists()
    assert editor.post(address).status_code == 302
    assert not RecruiterIdentity.objects.exists()
    assert "pid-5f1a" not in page(editor, "participants", study)
    assert "Nothing leads from this participant" in page(editor, "identity-erase", study, person.code)


def test_doors_are_set_and_shown_again(study: Study, editor: Client) -> None:
    sent = filled(
        who="sent",
        quota="30",
        release_minutes="45",
        **{"codes.complete": "C1", "addresses.complete": "https://app.prolific.com/submissions/complete?cc=C1"},
    )
    assert editor.post(url("doors-save", study), sent).status_code == 302
    row = Recruiting.objects.get()
    assert (row.open_link, row.platforms, row.quota, row.release_minutes) == (False, True, 30, 45)
    assert row.codes == {"complete": "C1"}
    assert row.addresses == {"complete": "https://app.prolific.com/submissions/complete?cc=C1"}
    shown = page(editor, "doors", study)
    assert 'value="C1"' in shown
    assert re.search(r'value="sent"[^>]*checked', shown)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"addresses.full": "http://panel.example/"}, "begins with https://"),
        ({"codes.full": "two words"}, "letters, digits"),
        ({"quota": "0"}, "Give 1 to 1,000,000 places"),
        ({"release_minutes": "1"}, "5 to 43,200 minutes"),
        ({"release_minutes": "99999999999"}, "5 to 43,200 minutes"),
        ({"who": "robots"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    study: Study, editor: Client, wrong: dict[str, str], sentence: str
) -> None:
    answer = editor.post(url("doors-save", study), filled(**wrong))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert "Nothing was saved" in answer.content.decode()
    assert not Recruiting.objects.exists()


def test_doors_are_a_viewers_to_see_and_not_to_set(study: Study, viewer: Client) -> None:
    shown = page(viewer, "doors", study)
    assert "disabled" in shown
    assert ">Save<" not in shown
    for client in (viewer, client_of(study, None)):
        assert client.post(url("doors-save", study), filled(quota="3")).status_code == 404
    assert client_of(study, None).get(url("doors", study)).status_code == 404
    assert not Recruiting.objects.exists()


def test_the_addresses_to_give_away_have_blanks_for_the_recruiter(study: Study, viewer: Client) -> None:
    shown = page(viewer, "doors", study)
    assert f"/s/{study.slug}/?PROLIFIC_PID={{{{%PROLIFIC_PID%}}}}&amp;STUDY_ID=" in shown
    assert f"/s/{study.slug}/?workerId=${{workerId}}&amp;hitId=${{hitId}}" in shown


def make(editor: Client, study: Study, count: int = 3, **fields: str) -> Any:
    return editor.post(url("links-make", study), {"count": count, "note": "", "expires": ""} | fields)


def test_links_are_made_in_batches(study: Study, editor: Client) -> None:
    assert make(editor, study, 3, note="class 7b", expires="2199-12-31").status_code == 302
    made = Invitation.objects.first()
    assert made is not None
    assert (made.note, made.expires_at.isoformat()) == ("class 7b", "2199-12-31T23:59:59.999999+00:00")
    shown = page(editor, "links", study)
    assert shown.count("not used yet") == 3
    assert "Print 3 unused" in shown
    assert make(editor, study, 1001).status_code == 400
    assert make(editor, study, 1, expires="2020-01-01").status_code == 400
    assert Invitation.objects.count() == 3


def test_the_table_of_links_works_and_defuses_formulas(study: Study, editor: Client) -> None:
    make(editor, study, 2, note="=1+1")
    enrolment.enrol(study, door=recruiting.personal_door(Invitation.objects.get(number=1)))
    answer = editor.get(url("links-csv", study))
    assert answer["Content-Type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["number"], row["note"]) == ("2", "'=1+1")
    assert row["link"].startswith("http://testserver/i/")
    assert "I agree, start" in Client().get(row["link"], follow=True).content.decode()


def test_one_slip_for_each_unused_link_in_the_studys_language(study: Study, editor: Client) -> None:
    make(editor, study, 4)
    invitations.revoke(Invitation.objects.get(number=2))
    shown = page(editor, "links-print", study)
    assert shown.count('class="slip"') == 3
    assert shown.count("http://testserver/i/") == 3
    assert "please do not pass it on" in shown
    assert page(editor, "links-print", study, **{"from": "3", "to": "3"}).count('class="slip"') == 1
    Study.objects.update(language="de")
    assert 'lang="de"' in page(editor, "links-print", study)


def test_a_link_is_revoked(study: Study, editor: Client) -> None:
    make(editor, study, 2)
    assert editor.post(url("link-revoke", study, 1)).status_code == 302
    assert Invitation.objects.get(number=1).revoked_at is not None
    assert Invitation.objects.get(number=2).revoked_at is None
    assert "revoked" in page(editor, "links", study)
    assert editor.post(url("link-revoke", study, 9)).status_code == 404


def test_keys_are_not_a_viewers_to_see(study: Study, editor: Client, viewer: Client) -> None:
    """A link is its person: who has it can answer, and withdraw, in their name."""
    make(editor, study, 2)
    shown = page(viewer, "links", study)
    assert shown.count("not used yet") == 2
    assert "/i/" not in shown
    for name in ("links-print", "links-csv"):
        assert f'href="{url(name, study)}"' not in shown
        assert viewer.get(url(name, study)).status_code == 404
    assert make(viewer, study).status_code == 404
    assert viewer.post(url("link-revoke", study, 1)).status_code == 404
    assert Invitation.objects.filter(revoked_at=None).count() == 2


def test_links_have_pages(study: Study, viewer: Client) -> None:
    invitations.make(study, 120)
    assert page(viewer, "links", study).count("<tr>") == 51
    assert page(viewer, "links", study, page="3").count("<tr>") == 21


@pytest.mark.parametrize("name", ["participants", "doors", "links"])
def test_more_people_are_no_more_queries(study: Study, viewer: Client, name: str) -> None:
    counts = []
    for round_ in range(2):
        for number in range(3):
            recruited(study, f"p{round_}-{number}")
        for made in invitations.make(study, 3):
            enrolment.enrol(study, door=recruiting.personal_door(made))
        with CaptureQueriesContext(connection) as captured:
            page(viewer, name, study)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_study_page_leads_there_and_tells_who_may_come(study: Study, viewer: Client) -> None:
    shown = page(viewer, "study", study)
    for name in ("participants", "doors", "links"):
        assert f'href="{url(name, study)}"' in shown
    assert "Anyone with this link can take part." in shown
    Recruiting.objects.create(study=study, open_link=False)
    assert "Not everybody with this link may take part" in page(viewer, "study", study)
