"""The page of the rating phase: settings, methods, pictures, opening, closing, numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from studies.models import RatingPhase, Study
from studies.services import lifecycle
from studies.services.opinions import stimuli
from tests.studies import factories, rated

pytestmark = pytest.mark.django_db
SETTINGS = {"mode": "acr", "who": "same", "hidden_reference": "on", "anchors": "on", "repeats": "2", "instructions": ""}


@pytest.fixture
def study() -> Study:
    return rated.voted(owner=factories.user("ada"))


@pytest.fixture
def client(study: Study) -> Client:
    made = Client()
    made.force_login(study.memberships.get().user)
    return made


def url(name: str, study: Study, *more: int) -> str:
    return reverse(f"studies:{name}", args=[study.pk, *more])


def post(client: Client, name: str, study: Study, *more: int, **data: object) -> str:
    """The page that the action leads to."""
    return client.post(url(name, study, *more), data, follow=True).content.decode()


def page(client: Client, study: Study) -> str:
    return client.get(url("rating", study)).content.decode()


def test_from_the_settings_to_the_ratings(client: Client, study: Study, run_tasks: Callable[[], int]) -> None:
    assert "Add a rating phase" in page(client, study)
    assert "The settings are saved." in post(client, "rating-save", study, **SETTINGS)
    assert "A worker makes the pictures now." in post(client, "rating-make", study)
    assert 'hx-trigger="every 2s"' in page(client, study)
    run_tasks()
    shown = page(client, study)
    assert "10 of 10" in shown
    assert "hx-trigger" not in shown
    assert 'gives <strong class="numeric">12</strong> ratings' in shown
    assert "People can rate now" in post(client, "rating-open", study)
    person = study.participants.first()
    assert person is not None
    rated.rate_all(person)
    shown = page(client, study)
    assert '<dd class="stat-value">1</dd><dt class="stat-label">people have finished</dt>' in shown
    assert "Fixed: people have begun to rate." in shown
    assert "takes no more ratings" in post(client, "rating-close", study)
    assert "Open again" in page(client, study)


def test_the_page_says_how_much_each_person_is_asked(
    client: Client, study: Study, run_tasks: Callable[[], int]
) -> None:
    post(client, "rating-save", study, **SETTINGS | {"mode": "pairwise", "per_person": "8"})
    post(client, "rating-make", study)
    run_tasks()
    shown = " ".join(page(client, study).split())
    assert '<strong class="numeric">10</strong> ratings, of which 2 once more at the end: about 1 minute.' in shown
    assert 'There are <span class="numeric">20</span> in all.' in shown
    assert 'Once <span class="numeric">3</span> have rated, each has been asked for.' in shown
    post(client, "rating-save", study, **SETTINGS | {"mode": "pairwise", "per_person": ""})
    assert RatingPhase.objects.get().per_person is None
    assert "in all." not in page(client, study)


def test_instructions_are_asked_for_in_the_languages_of_the_study(client: Client, study: Study) -> None:
    assert "Instructions in" not in page(client, study)
    study.texts.create(language="de", question="Welche Ziffer?")
    assert "Instructions in German" in page(client, study)
    said = {"instructions": "Look.", "instructions.de": "Schauen Sie.", "instructions.fr": "Regardez."}
    post(client, "rating-save", study, **SETTINGS | said)
    assert RatingPhase.objects.get().translations == {"de": "Schauen Sie."}, "it is not offered in French"
    assert "Schauen Sie." in page(client, study)
    assert "rating instructions</span>" not in client.get(study.get_absolute_url()).content.decode()
    post(client, "rating-save", study, **SETTINGS | said | {"instructions.de": " "})
    assert RatingPhase.objects.get().translations == {}
    assert "rating instructions</span>" in client.get(study.get_absolute_url()).content.decode()


def test_the_study_page_leads_there(client: Client, study: Study) -> None:
    assert url("rating", study) in client.get(study.get_absolute_url()).content.decode()


def test_what_is_wrong_stands_beside_the_field(client: Client, study: Study) -> None:
    answer = client.post(url("rating-save", study), SETTINGS | {"repeats": "51"})
    assert answer.status_code == 400
    assert "less than or equal to 50" in answer.content.decode()
    assert not RatingPhase.objects.exists()


def test_refusals_are_said_in_one_sentence(client: Client, study: Study) -> None:
    post(client, "rating-save", study, **SETTINGS)
    assert "Make the pictures to be rated first." in post(client, "rating-open", study)
    assert "is not open, so it cannot be closed" in post(client, "rating-close", study)


def test_while_people_vote_the_settings_may_be_fixed_in_advance_and_nothing_be_made() -> None:
    study = factories.open_study_with_pool(owner=factories.user("ada"))
    client = Client()
    client.force_login(study.memberships.get().user)
    assert "the voting has to be closed first" in post(client, "rating-save", study, **SETTINGS)
    assert "close the study, then the pictures can be made" in post(client, "rating-make", study)


def upload(client: Client, study: Study, files: list[SimpleUploadedFile], **data: str) -> HttpResponse:
    sent = {"name": "EDSR", "pattern": "{item}.png"} | data | {"pictures": files}
    return client.post(url("rating-methods", study), sent, follow=True)


def test_results_of_another_network_are_uploaded_at_once(client: Client, study: Study) -> None:
    files = [SimpleUploadedFile(one.name, one.file) for one in rated.method_files(study)]  # type: ignore[arg-type]
    shown = upload(client, study, files).content.decode()
    assert "2 of 2 images" in shown
    method = study.methods.get()
    assert "“EDSR” was removed." in post(client, "rating-method-remove", study, method.pk)
    assert not study.methods.exists()


def test_files_that_fit_no_image_are_named_beside_the_field(client: Client, study: Study) -> None:
    answer = upload(client, study, [SimpleUploadedFile("bird.png", b"x")])
    assert answer.status_code == 400
    assert "bird.png fits no image of this study" in answer.content.decode()
    assert not study.methods.exists()


def test_pictures_can_be_looked_at(client: Client, study: Study) -> None:
    phase = rated.phase(study)
    for one in phase.stimuli.all():
        path = reverse("studies:image", args=[study.pk, "stimulus", one.pk])
        assert path in page(client, study)
        assert client.get(path).content == stimuli.png(one)


def test_pictures_of_another_study_are_not_there(client: Client, study: Study) -> None:
    other = rated.phase(rated.voted(items=1))
    one = other.stimuli.first()
    assert one is not None
    assert client.get(reverse("studies:image", args=[study.pk, "stimulus", one.pk])).status_code == 404


def test_simulated_raters_are_told_apart(client: Client) -> None:
    study = factories.open_study_with_pool(truth=True, owner=factories.user("grace"))
    person = factories.vote_all(study, [0, 1], simulated=True)
    rated.opened(rated.close(study))
    rated.rate_all(person)
    client.force_login(study.memberships.get().user)
    shown = page(client, study)
    assert '<strong class="numeric">1 simulated</strong> raters are among them' in shown
    assert '<dd class="stat-value">0</dd><dt class="stat-label">people have finished</dt>' in shown


def test_a_rated_study_is_kept(client: Client, study: Study) -> None:
    rated.opened(study)
    answer = client.post(url("open", study), follow=True).content.decode()
    assert "the study takes no more" in answer
    study.refresh_from_db()
    assert study.state == "closed"
    with pytest.raises(Exception, match="evidence"):
        lifecycle.delete_study(study)
