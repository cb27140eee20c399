"""Every address: what its headers forbid, no inline script or style, and looking at it changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from inference import store
from inference.core.images import encode_png
from studies import access
from studies.models import RatingPhase, Study
from studies.services import enrolment, sign_in
from studies.services.analysis import evaluation
from studies.services.people import invitations
from tests.studies import factories
from tests.studies.test_access import OWN, PARTICIPANTS, RULES, address

NUMBERED = {"label", "draft", "ballot", "trial-low-res", "candidates", "feedback", "rating-give", "rating-picture"}
NAMED = {"study-picture": ["five"], "check-pattern": ["dark"], "rating-picture": ["first"]}
#: Scripts that run, as opposed to data blocks; styles; handlers such as onclick.
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style\b|\sstyle=|\son[a-z]+\s*=|javascript:", re.I
)


@pytest.fixture
def study(db: None) -> Study:
    """With everything that a page can show: truth, ballots, results, an administrator who owns it."""
    owner = factories.user("root", is_staff=True, is_superuser=True)
    study = factories.open_study_with_pool(owner=owner, truth=True, items=1)
    item = study.items.get()
    factories.more(item, 2, parents=list(item.pool[:2]))
    study.additions.create(weights=factories.weights(sampler="srdiff", name="other"), count=2)
    factories.vote_all(study, [0, 1, 2])
    factories.vote_all(study, [0, 1, 3], simulated=True)
    evaluation.request(item)
    evaluation.run(item.evaluations.get().pk)
    invitations.make(study, 1)
    factories.picture(study)
    phase = RatingPhase.objects.create(study=study)
    study.methods.create(name="EDSR")
    rater = phase.raters.create(participant=study.participants.first(), turn=0)
    sha256 = store.put(encode_png(factories.pixels(32)), "stimuli", ".png")
    rater.ratings.create(number=1, stimulus=phase.stimuli.create(item=item, kind="bicubic", sha256=sha256))
    return study


def participants(study: Study) -> list[str]:
    link = reverse("studies:invitation", args=[invitations.key(study.invitations.get())])
    return [link] + [
        reverse(f"studies:{name}", args=[study.slug, *([1] if name in NUMBERED else []), *NAMED.get(name, [])])
        for name in sorted(PARTICIPANTS - {"invitation"})
    ]


def of_the_researcher(study: Study) -> list[str]:
    return [*(address(name, study) for name in RULES), *(reverse(f"studies:{name}") for name in sorted(OWN))]


def of_admin(study: Study) -> list[str]:
    found = [reverse("admin:index"), reverse("admin:auth_user_add"), reverse("admin:studies_study_add")]
    votes = ("study", "participant", "ballot", "evaluation", "variantset", "variant")
    for model in (*votes, "ratingphase", "method", "stimulus", "rater", "rating"):
        row = apps.get_model("studies", model).objects.latest("pk")
        found += [reverse(f"admin:studies_{model}_changelist"), reverse(f"admin:studies_{model}_change", args=[row.pk])]
    return found


def of_everybody(study: Study) -> list[str]:
    link = sign_in.make_link_path(study.memberships.get().user)
    return ["/", reverse("studies:sign-in-form"), link, reverse("admin:login"), "/nothing/here/"]


@pytest.fixture
def answers(study: Study) -> list[HttpResponse]:
    """The answer to GET of every address, to whom it is meant for; of a participant's, also as the next step."""
    anonymous, researcher, participant = Client(), Client(), Client()
    researcher.force_login(study.memberships.get().user)
    _, token = enrolment.enrol(study)
    participant.cookies[access.cookie_name(study.slug)] = access.cookie_value(study, token)
    found = [anonymous.get(path) for path in of_everybody(study)]
    found += [researcher.get(path) for path in of_the_researcher(study) + of_admin(study)]
    found += [participant.get(path) for path in participants(study)]
    participant.post(reverse("studies:label", args=[study.slug, 1]), {"label": "5"})
    found += [participant.get(reverse("studies:trial", args=[study.slug]))]
    assert {answer.status_code for answer in found} == {200, 302, 404, 405}
    return found


def test_headers_of_every_answer(answers: list[HttpResponse]) -> None:
    for answer in answers:
        path = answer.request["PATH_INFO"]  # type: ignore[attr-defined]
        policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'self'", path
        assert policy["frame-ancestors"] == policy["object-src"] == "'none'", path
        assert not re.search("unsafe|http:|https:|\\*", answer["Content-Security-Policy"]), path
        assert answer["X-Content-Type-Options"] == "nosniff", path
        assert answer["Referrer-Policy"] == "same-origin", path
        assert answer["X-Frame-Options"] == "DENY", path


def test_no_page_has_anything_inline(answers: list[HttpResponse]) -> None:
    pages = [answer for answer in answers if answer.headers.get("Content-Type", "").startswith("text/html")]
    assert sum(answer.status_code == 200 for answer in pages) > 15
    for answer in pages:
        assert not (found := INLINE.search(answer.content.decode())), (answer.request["PATH_INFO"], found)  # type: ignore[attr-defined]


def test_no_page_asks_anybody_else(answers: list[HttpResponse]) -> None:
    for answer in answers:
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            page = answer.content.decode()
            assert not re.search(r'(?:src|action)="(?:https?:)?//', page)
            assert not re.search(r'<link[^>]*href="(?:https?:)?//', page)


def everything() -> Iterator[Any]:
    """All rows of all tables."""
    for model in apps.get_models():
        yield serializers.serialize("json", model._default_manager.order_by("pk"))


@pytest.mark.parametrize("method", ["get", "head"])
def test_link_previews_change_nothing(study: Study, method: str) -> None:
    """Mail programs and messengers open every link ahead of their readers."""
    paths = of_everybody(study) + participants(study) + of_the_researcher(study) + of_admin(study)
    before = list(everything())
    for path in paths:
        answer = getattr(Client(), method)(path)
        assert answer.status_code in (200, 302, 404, 405), path
        assert not any(name.startswith("participant") or name == "sessionid" for name in answer.cookies), path
    assert list(everything()) == before


def test_a_researcher_who_looks_around_changes_no_study(study: Study) -> None:
    client = Client()
    client.force_login(study.memberships.get().user)
    of_studies = [model for model in apps.get_models() if model._meta.app_label == "studies"]
    before = [serializers.serialize("json", model._default_manager.order_by("pk")) for model in of_studies]
    for path in of_the_researcher(study):
        client.get(path)
    assert [serializers.serialize("json", model._default_manager.order_by("pk")) for model in of_studies] == before


def test_a_participants_secret_is_in_their_cookie_and_nowhere_else(study: Study) -> None:
    client = Client()
    answers = [client.post(reverse("studies:welcome", args=[study.slug]))]
    answers += [client.get(path) for path in participants(study)]
    (value,) = (morsel.value for name, morsel in client.cookies.items() if name.startswith("participant"))
    token = value.split(":")[0]
    assert enrolment.find(study.slug, token) is not None
    for answer in answers:
        head = "".join(f"{name}: {text}" for name, text in answer.items())
        assert token not in answer.content.decode("latin-1") + head
    assert not any(token in rows for rows in everything())


def test_a_fresh_site_has_no_account_and_the_demo_makes_one_without_password(db: None) -> None:
    from django.contrib.auth.models import User

    from studies.management.commands.demo import researcher

    assert not User.objects.exists()
    assert not researcher().has_usable_password()
    assert User.objects.count() == 1
