"""Django's admin: studies are made by the rules of the form, votes are read-only, secrets are not shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from studies.models import (
    Ballot,
    Imported,
    Participant,
    Report,
    Role,
    Source,
    Study,
    StudyMembership,
)
from studies.services import enrolment
from studies.services.analysis import evaluation, versions
from studies.services.people.recruiting import Door
from tests.studies import factories, rated


@pytest.fixture
def root(db: None) -> User:
    return factories.user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def admin(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def filled(db: None) -> dict[str, Any]:
    inlines = {f"{name}-{key}": 0 for name in ("memberships", "items") for key in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return inlines | {
        "name": "From admin", "question": "Which digit is this?", "ask_label": "on", "labels": "5\n6",
        "instructions": "", "consent_text": "I agree.", "weights": factories.weights().pk, "settings": '{"steps": 10}',
        "pool_size": 20, "max_picks": 3, "ensemble_size": 3, "tie_rule": "index", "control_draws": 200,
        "target_participants": 30, "language": "en", "page_size": 40, "repeats": 0, "viewing": '{"window_width": 900}',
        "questionnaire": "[age] Age?\nnumber 18 to 99",
    }  # fmt: skip


def test_make_a_study(root: User, admin: Client, filled: dict[str, Any]) -> None:
    answer = admin.post(reverse("admin:studies_study_add"), filled)
    study = Study.objects.get()
    assert answer.url == study.get_absolute_url()
    assert study.labels == ["5", "6"]
    assert study.memberships.get(user=root).role == Role.OWNER
    assert (study.viewing["window_width"], study.viewing["attempts"]) == (900, 3), "written out"
    assert study.questionnaire[0]["key"] == "age"
    assert admin.get(answer.url).status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"max_picks": 21}, "cannot pick 21 of 20"),
        ({"ensemble_size": 21}, "An ensemble of 21"),
        ({"labels": "5\n5"}, "more than once"),
        ({"settings": '{"steps": 0}'}, "steps"),
        ({"settings": '{"magic": 1}'}, "magic"),
        ({"viewing": '{"magic": 1}'}, "no viewing rule"),
        ({"questionnaire": "Age?\nnumber"}, "a number needs two whole numbers"),
        ({"page_size": 0}, "candidates on a page"),
    ],
)
def test_same_rules_as_the_form(admin: Client, filled: dict[str, Any], changes: dict[str, Any], sentence: str) -> None:
    answer = admin.post(reverse("admin:studies_study_add"), filled | changes)
    assert sentence in answer.content.decode()
    assert "Constraint" not in answer.content.decode()
    assert not Study.objects.exists()


def test_change_of_what_is_drawn_unlinks_the_pools(root: User, admin: Client, filled: dict[str, Any]) -> None:
    admin.post(reverse("admin:studies_study_add"), filled)
    study = Study.objects.get()
    factories.pool(factories.item(study))
    member = study.memberships.get()
    kept = {
        "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1, "memberships-0-id": member.pk,
        "memberships-0-study": study.pk, "memberships-0-user": root.pk, "memberships-0-role": "owner",
    }  # fmt: skip
    address = reverse("admin:studies_study_change", args=[study.pk])
    answer = admin.post(address, filled | kept | {"settings": '{"steps": 11}'}, follow=True)
    study.refresh_from_db()
    assert study.settings["steps"] == 11
    assert not study.items.get().pool.exists()
    assert "made from two" not in answer.content.decode()

    own = factories.pool(study.items.get())
    factories.more(study.items.get(), 2, parents=own[:2])
    answer = admin.post(address, filled | kept | {"settings": '{"steps": 12}'}, follow=True)
    assert "Candidates made from two are no longer in the pools" in answer.content.decode()

    study.additions.create(weights=factories.weights(name="more"), count=4)
    sent = filled | kept | {"settings": '{"steps": 12}', "weights": factories.weights(3).pk}
    answer = admin.post(address, sent)
    assert answer.status_code == 200
    assert "The addition ldm/more draws grey images" in answer.content.decode()


def test_frozen_protocol_has_no_fields(admin: Client) -> None:
    study = factories.open_study_with_pool()
    factories.vote_all(study, [1])
    page = admin.get(reverse("admin:studies_study_change", args=[study.pk])).content.decode()
    assert 'name="name"' in page
    for name in ("question", "labels", "max_picks", "weights", "settings", "tie_rule", "consent_text"):
        assert f'name="{name}"' not in page


def test_votes_are_read_only_and_secrets_stay_secret(admin: Client) -> None:
    study = factories.open_study_with_pool()
    person = factories.vote_all(study, [1])
    for model, row in ((Participant, person), (Ballot, Ballot.objects.get())):
        name = model._meta.model_name
        listed = admin.get(reverse(f"admin:studies_{name}_changelist"))
        page = admin.get(reverse(f"admin:studies_{name}_change", args=[row.pk]))
        assert (listed.status_code, page.status_code) == (200, 200)
        for secret in (person.token_sha256, str(person.seed)):
            assert secret not in listed.content.decode() + page.content.decode()
        assert admin.post(reverse(f"admin:studies_{name}_change", args=[row.pk]), {}).status_code == 403
        assert admin.post(reverse(f"admin:studies_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert Ballot.objects.count() == 1


def test_staff_see_their_own_studies_only(db: None) -> None:
    from django.contrib.auth.models import Permission

    staff = factories.user(is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label="studies"))
    study = factories.study(name="Somebody else's secret study")
    client = Client()
    client.force_login(staff)
    assert "secret study" not in client.get(reverse("admin:studies_study_changelist")).content.decode()
    assert client.get(reverse("admin:studies_study_change", args=[study.pk])).status_code == 302


def test_who_people_are_elsewhere_is_for_editors(db: None) -> None:
    """As on the study's own pages."""
    study = factories.open_study_with_pool()
    enrolment.enrol(study, door=Door(Source.PROLIFIC, "5f1a"))
    shown = {}
    for role in (Role.VIEWER, Role.EDITOR):
        person, client = factories.user(is_staff=True), Client()
        person.user_permissions.set(Permission.objects.filter(codename="view_recruiteridentity"))
        StudyMembership.objects.create(study=study, user=person, role=role)
        client.force_login(person)
        shown[role] = "5f1a" in client.get("/admin/studies/recruiteridentity/").content.decode()
    assert shown == {Role.VIEWER: False, Role.EDITOR: True}


WORKED_OUT = (
    "variantset", "variant", "evidence", "report", "stimulus", "rater", "rating", "analysisversion", "imported",
)  # fmt: skip


def test_what_is_made_of_a_study_is_for_its_members_to_look_at(db: None) -> None:
    """Owner and colleague see the rows, and may change none; a stranger on the staff finds nothing."""
    study = rated.voted(items=1)
    (made,) = evaluation.request_all(study)
    evaluation.run(made.pk)
    rated.opened(study)
    rated.rate_all(study.participants.order_by("pk")[0])
    Report.objects.create(study=study)
    Imported.objects.create(study=study, digest="ab" * 32)
    versions.add(study, study.memberships.get().user, reason="A reviewer asked.", ensemble_size=2)
    for role, status in ((Role.OWNER, 200), (Role.VIEWER, 200), (None, 302)):
        person, client = factories.user(is_staff=True), Client()
        person.user_permissions.set(Permission.objects.filter(content_type__app_label="studies"))
        if role is not None:
            StudyMembership.objects.create(study=study, user=person, role=role)
        client.force_login(person)
        for name in WORKED_OUT:
            row = apps.get_model("studies", name).objects.order_by("pk")[0]
            page = reverse(f"admin:studies_{name}_change", args=[row.pk])
            listed = client.get(reverse(f"admin:studies_{name}_changelist")).context
            assert (listed["cl"].result_count > 0, client.get(page).status_code) == (role is not None, status), name
            assert client.post(page, {}).status_code in (302, 403), name
            assert not listed["has_add_permission"], name


def test_additions_are_shown(admin: Client) -> None:
    study = factories.mixed_study()
    page = admin.get(reverse("admin:studies_study_change", args=[study.pk])).content.decode()
    assert "6 of srdiff/other" in page
