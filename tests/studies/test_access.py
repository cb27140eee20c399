"""Every address, walked by everybody: who may not see or do a thing is told that it does not exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from inference import store
from inference.services import catalogue
from studies import urls
from studies.models import Participant, RatingPhase, Report, Role, Study, StudyMembership
from studies.services.analysis import evaluation
from studies.services.candidates import drawing
from tests.studies import factories
from tests.tiny import TinySettings

#: Name -> (least role, method) of the researcher's addresses of one study.
RULES = {
    "study": (Role.VIEWER, "get"),
    "item": (Role.VIEWER, "get"),
    "progress": (Role.VIEWER, "get"),
    "results": (Role.VIEWER, "get"),
    "results-status": (Role.VIEWER, "get"),
    "report-status": (Role.VIEWER, "get"),
    "report-file": (Role.VIEWER, "get"),
    "live": (Role.VIEWER, "get"),
    "live-numbers": (Role.VIEWER, "get"),
    "export": (Role.VIEWER, "get"),
    "image": (Role.VIEWER, "get"),
    "preview": (Role.VIEWER, "get"),
    "preview-candidates": (Role.VIEWER, "get"),
    "preview-sent": (Role.VIEWER, "post"),
    "pictures": (Role.VIEWER, "get"),
    "own-picture": (Role.VIEWER, "get"),
    "participants": (Role.VIEWER, "get"),
    "doors": (Role.VIEWER, "get"),
    "links": (Role.VIEWER, "get"),
    "edit": (Role.EDITOR, "get"),
    "analysis": (Role.EDITOR, "get"),
    "participant-data": (Role.EDITOR, "get"),
    "identity-erase": (Role.EDITOR, "get"),
    "doors-save": (Role.EDITOR, "post"),
    "links-make": (Role.EDITOR, "post"),
    "links-print": (Role.EDITOR, "get"),
    "links-csv": (Role.EDITOR, "get"),
    "link-revoke": (Role.EDITOR, "post"),
    "texts": (Role.EDITOR, "get"),
    "texts-delete": (Role.EDITOR, "post"),
    "items": (Role.EDITOR, "post"),
    "item-kind": (Role.EDITOR, "post"),
    "picture-remove": (Role.EDITOR, "post"),
    "item-delete": (Role.EDITOR, "post"),
    "more": (Role.EDITOR, "get"),
    "job-remove": (Role.EDITOR, "post"),
    "additions": (Role.EDITOR, "post"),
    "addition-remove": (Role.EDITOR, "post"),
    "draw": (Role.EDITOR, "post"),
    "draw-cancel": (Role.EDITOR, "post"),
    "open": (Role.EDITOR, "post"),
    "close": (Role.EDITOR, "post"),
    "results-refresh": (Role.EDITOR, "post"),
    "report": (Role.EDITOR, "post"),
    "rating": (Role.VIEWER, "get"),
    "rating-save": (Role.EDITOR, "post"),
    "rating-methods": (Role.EDITOR, "post"),
    "rating-method-remove": (Role.EDITOR, "post"),
    "rating-make": (Role.EDITOR, "post"),
    "rating-open": (Role.EDITOR, "post"),
    "rating-close": (Role.EDITOR, "post"),
    "delete": (Role.OWNER, "get"),
    "members": (Role.OWNER, "post"),
    "member-remove": (Role.OWNER, "post"),
}
#: Of every signed-in researcher, and of everybody.
OWN, PUBLIC = {"list", "new", "sampler-settings"}, {"home", "sign-in-form", "sign-in", "sign-out"}
PARTICIPANTS = {
    "welcome",
    "accessibility",
    "language",
    "invitation",
    "declined",
    "withdraw",
    "my-data",
    "trial",
    "thanks",
    "check",
    "check-go-on",
    "check-give-up",
    "check-pattern",
    "introduction",
    "introduction-read",
    "study-picture",
    "feedback",
    "questionnaire",
    "label",
    "draft",
    "ballot",
    "rating-begin",
    "rating-give",
    "rating-picture",
    "trial-low-res",
    "candidates",
}
RANK = {None: -1, Role.VIEWER: 0, Role.EDITOR: 1, Role.OWNER: 2}


@pytest.fixture
def study(db: None) -> Study:
    study = factories.open_study_with_pool(owner=factories.user("owner"), truth=True)
    item = study.items.get()
    factories.more(item, 2, parents=list(item.pool[:2]))
    study.additions.create(weights=factories.weights(sampler="srdiff", name="other"), count=2)
    factories.vote_all(study, [0, 1, 2])
    study.invitations.create(number=1)
    factories.picture(study)
    RatingPhase.objects.create(study=study)
    study.methods.create(name="EDSR")
    Report.objects.create(study=study, html_sha256=store.put(b"<!DOCTYPE html>", "reports", ".html"))
    return study


def browser(study: Study, role: Role | None) -> Client:
    """Signed in as somebody with this role; None is a stranger."""
    client, user = Client(), factories.user()
    if role is not None:
        StudyMembership.objects.create(study=study, user=user, role=role)
    client.force_login(user)
    return client


def address(name: str, study: Study) -> str:
    item, more = study.items.get(), []
    if name in ("item", "item-delete", "item-kind", "more") or name.startswith("preview"):
        more = [item.pk]
    elif name == "job-remove":
        more = [item.pk, item.jobs.exclude(derivation={}).get().pk]
    elif name == "addition-remove":
        more = [study.additions.get().pk]
    elif name in ("participant-data", "identity-erase"):
        more = [study.participants.first().code]
    elif name == "link-revoke":
        more = [study.invitations.first().number]
    elif name == "report-file":
        more = ["html"]
    elif name in ("texts", "texts-delete"):
        more = ["de"]
    elif name == "image":
        more = ["low-res", item.pk]
    elif name in ("own-picture", "picture-remove"):
        more = [study.pictures.get().name]
    elif name == "rating-method-remove":
        more = [study.methods.get().pk]
    elif name == "member-remove":
        more = [study.memberships.first().pk]
    return reverse(f"studies:{name}", args=[study.pk, *more])


def visit(client: Client, name: str, study: Study) -> Any:
    return getattr(client, RULES[name][1])(address(name, study))


def test_every_address_is_walked_here() -> None:
    names = {pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}
    assert names == set(RULES) | OWN | PUBLIC | PARTICIPANTS


@pytest.mark.parametrize("name", RULES)
def test_anonymous_is_led_to_sign_in(study: Study, name: str) -> None:
    answer = visit(Client(), name, study)
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("studies:sign-in-form"))


@pytest.mark.parametrize("name", sorted(OWN))
def test_anonymous_has_no_studies(db: None, name: str) -> None:
    assert Client().get(reverse(f"studies:{name}")).url.startswith(reverse("studies:sign-in-form"))


@pytest.mark.parametrize("role", RANK, ids=str)
def test_roles(study: Study, role: Role | None) -> None:
    """404 below the least role, never a hint that the study is there; anything else from it on."""
    client = browser(study, role)
    for name, (least, _) in RULES.items():
        found = visit(client, name, study).status_code != 404
        assert found == (RANK[role] >= RANK[least]), name


@pytest.mark.parametrize("role", [None, Role.VIEWER], ids=str)
def test_refused_actions_change_nothing(study: Study, role: Role | None) -> None:
    client = browser(study, role)
    members = study.memberships.count()
    for name, (least, method) in RULES.items():
        if least != Role.VIEWER and method == "post":
            visit(client, name, study)
    study.refresh_from_db()
    assert (study.state, study.items.count(), study.memberships.count()) == ("open", 1, members)
    assert not study.items.get().evaluations.exists()


@pytest.fixture
def draft(db: None, tiny: object, run_tasks: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> Study:
    """Its pools may change: nothing but the role stands in the way."""
    monkeypatch.setattr(TinySettings, "MIXTURES", ("interpolation",), raising=False)
    weights = {str(row): row for row in catalogue()}
    study = factories.study(weights=weights["tiny/grey"], settings={})
    item = factories.item(study)
    drawing.start(study)
    run_tasks()
    factories.more(item, 2, parents=list(item.pool[:2]))
    study.additions.create(weights=factories.weights(sampler="srdiff", name="other"), count=2)
    return study


def pool_actions(study: Study) -> dict[str, dict[str, Any]]:
    """Name -> what is posted there, such that it changes the pools."""
    first, second = study.items.get().pool[2:4]
    pair = {"kind": "interpolation", "first": first.pk, "second": second.pk, "count": 2}
    added = {"weights": next(row.pk for row in catalogue() if str(row) == "tiny/colour"), "count": 3}
    return {"more": pair, "additions": added, "addition-remove": {}, "job-remove": {}}


def pools(study: Study) -> tuple[list[int], list[int]]:
    jobs, added = study.items.get().jobs, study.additions
    return list(jobs.order_by("pk").values_list("pk", flat=True)), list(added.values_list("pk", flat=True))


@pytest.mark.parametrize("role", [None, Role.VIEWER], ids=str)
def test_refused_actions_do_not_change_pools(draft: Study, role: Role | None) -> None:
    client, before = browser(draft, role), pools(draft)
    for name, sent in pool_actions(draft).items():
        assert client.post(address(name, draft), sent).status_code == 404
        assert pools(draft) == before, name


@pytest.mark.parametrize("name", ["more", "additions", "addition-remove", "job-remove"])
def test_the_same_actions_of_an_editor_do(draft: Study, name: str) -> None:
    client, before = browser(draft, Role.EDITOR), pools(draft)
    client.post(address(name, draft), pool_actions(draft)[name])
    assert pools(draft) != before


@pytest.mark.parametrize("name", [name for name, (_, method) in RULES.items() if method == "post"])
def test_actions_are_posted_only(study: Study, name: str) -> None:
    client = Client()
    client.force_login(study.memberships.get().user)
    assert client.get(address(name, study)).status_code == 405


def test_pictures_of_other_studies_do_not_exist(study: Study) -> None:
    """Neither by their own study's address for a stranger, nor by the address of a study of one's own."""
    item = study.items.get()
    evaluation.request(item)
    made = evaluation.run(item.evaluations.get().pk)
    mine = factories.study(owner=factories.user("eve"))
    eve = Client()
    eve.force_login(mine.memberships.get().user)
    pictures = {
        "low-res": item.pk, "truth": item.pk, "sample": item.pool[0].pk, "ensemble": made.ensemble_id,
        "spread": made.ensemble_id, "residual": made.ensemble_id, "control": made.pk,
    }  # fmt: skip
    owner = Client()
    owner.force_login(study.memberships.get().user)
    for kind, pk in pictures.items():
        assert owner.get(reverse("studies:image", args=[study.pk, kind, pk])).status_code == 200, kind
        for at in (study, mine):
            assert eve.get(reverse("studies:image", args=[at.pk, kind, pk])).status_code == 404, kind


def test_participants_see_nothing_of_the_researchers(study: Study) -> None:
    client = Client()
    client.post(reverse("studies:welcome", args=[study.slug]))
    assert Participant.objects.filter(study=study).count() == 2
    for name in RULES:
        assert visit(client, name, study).status_code == 302, name


def test_superuser_has_every_role(study: Study) -> None:
    client = Client()
    client.force_login(factories.user(is_superuser=True, is_staff=True))
    assert client.get(address("delete", study)).status_code == 200
