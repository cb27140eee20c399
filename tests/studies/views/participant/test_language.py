"""In which language participants are spoken to, and that nobody else is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from studies.models import Item, Kind, Participant, Study
from studies.services.design import translations
from studies.services.screens.viewing import Rules
from studies.views.participant.urls import urlpatterns
from tests.studies import factories
from tests.studies.views.participant.conftest import Person

pytestmark = pytest.mark.django_db
Arrive = Callable[[Study], Person]


@pytest.fixture
def study() -> Study:
    return factories.open_study_with_pool(items=2)


def page_language(answer: HttpResponse) -> str:
    found = re.search(r'<html lang="([\w-]+)" dir="ltr">', answer.content.decode())
    assert found is not None
    assert answer.headers.get("Content-Language", found[1]) == found[1]
    return found[1]


def welcome(study: Study, query: str = "", **headers: str) -> str:
    answer = Client().get(reverse("studies:welcome", args=[study.slug]) + query, headers=headers)
    return page_language(answer)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("it-IT, fr;q=0.7, en;q=0.3", "fr"),
        ("zh-CN,zh;q=0.9", "zh-hans"),
        ("tr;q=0.4, es;q=0.6", "es"),
        ("fi", "en"),
        ("", "en"),
        ("de\x00;q=x,,;", "en"),
    ],
)
def test_the_browsers_language(study: Study, accepted: str, language: str) -> None:
    """1.14: multi-language interface; the first of the browser's languages that our pages speak."""
    assert welcome(study, **{"Accept-Language": accepted}) == language


def test_without_a_wish_the_studys_own_language(study: Study) -> None:
    Study.objects.update(language="tr")
    assert welcome(study) == "tr"
    assert welcome(study, **{"Accept-Language": "fi"}) == "tr"
    assert welcome(study, **{"Accept-Language": "de"}) == "de"
    Study.objects.update(language="ja")  # which our pages do not speak
    assert welcome(study) == "en"


def test_a_link_can_name_the_language_and_is_remembered(study: Study) -> None:
    assert welcome(study, "?lang=es", **{"Accept-Language": "de"}) == "es"
    assert welcome(study, "?lang=tlh", **{"Accept-Language": "de"}) == "de"
    person = Person(study)
    person.client.get(person.url("welcome") + "?lang=fr")
    assert page_language(person.get("welcome")) == "fr"
    assert person.enter().row.language == "fr"
    assert page_language(person.get("trial")) == "fr"


def test_the_picker_before_consent(study: Study) -> None:
    person = Person(study)
    back = person.url("welcome") + "?PROLIFIC_PID=x&preview=1"
    answer = person.post("language", language="zh-hans", next=back, htmx=False)
    assert (answer.status_code, answer["Location"]) == (303, back)
    assert page_language(person.get("welcome", headers={"Accept-Language": "de"})) == "zh-hans"
    assert not Participant.objects.exists()
    assert person.enter().row.language == "zh-hans"


def test_the_picker_later_changes_the_participants_language_on_all_their_devices(study: Study, arrive: Arrive) -> None:
    person = arrive(study)
    assert person.row.language == "en"
    person.post("language", language="tr", next=person.url("trial"), htmx=False)
    assert person.row.language == "tr"
    assert page_language(person.get("trial")) == "tr"
    del person.client.cookies["language"]
    assert page_language(person.get("trial", headers={"Accept-Language": "de"})) == "tr"


@pytest.mark.parametrize("chosen", ["", "tlh", "../de", "x" * 600])
def test_a_language_that_is_not_offered_changes_nothing(study: Study, arrive: Arrive, chosen: str) -> None:
    person = arrive(study)
    assert person.post("language", language=chosen, htmx=False).status_code == 303
    assert person.row.language == "en"
    assert "language" not in person.client.cookies


@pytest.mark.parametrize(
    "away", ["https://evil.example/s/x/", "//evil.example", "/admin/", "/s/other/", "javascript:x"]
)
def test_the_picker_leads_nowhere_else(study: Study, away: str) -> None:
    person = Person(study)
    assert person.post("language", language="de", next=away)["Location"] == person.url("welcome")


def test_the_picker_is_posted_only_and_belongs_to_a_study(study: Study) -> None:
    person = Person(study)
    assert person.get("language").status_code == 405
    assert Client().post(reverse("studies:language", args=["nobody"]), {"language": "de"}).status_code == 404


def test_every_language_stands_on_the_page_in_its_own_name(study: Study, arrive: Arrive) -> None:
    for answer in (Person(study).get("welcome"), arrive(study).get("trial")):
        page = answer.content.decode()
        for code, name in (("de", "Deutsch"), ("fr", "Français"), ("tr", "Türkçe"), ("zh-hans", "简体中文")):
            assert re.search(rf'<button[^>]*value="{code}" lang="{code}"[^>]*>{name}</button>', page)
        assert len(re.findall(r'aria-current="true"', page)) == 1


def test_a_study_that_does_not_speak_the_language_says_so(study: Study) -> None:
    link = reverse("studies:welcome", args=[study.slug])

    def note(language: str) -> list[str]:
        page = Client().get(f"{link}?lang={language}").content.decode()
        return re.findall(r'class="languages-note">([^<]+)<', page)

    assert note("en") == []
    assert len(note("de")) == 1
    assert "Englisch" in note("de")[0]
    translations.save(study, "de", question="Welche Ziffer?")
    assert note("de") != note("fr")  # some of it, none of it
    translations.save(study, "de", consent_text="Einverstanden.")
    assert note("de") == []


def test_foreign_words_are_marked_as_such(study: Study) -> None:
    """WCAG 3.1.2: a screen reader says the study's English words in English, on a German page."""
    Study.objects.update(language="ar", consent_text="أوافق")
    german = Client().get(reverse("studies:welcome", args=[study.slug]), headers={"Accept-Language": "de"})
    assert re.search(r'<[^>]+ lang="ar" dir="rtl"[^>]*>\s*(<p>)?أوافق', german.content.decode())


def test_foreign_words_are_marked_on_the_way_too(arrive: Arrive) -> None:
    question = {
        "key": "q",
        "kind": "text",
        "text": "تعليق",
        "options": [],
        "required": False,
        "low": None,
        "high": None,
    }
    study = factories.open_study_with_pool(
        language="ar", question="ما هذا؟", labels=["قط", "كلب"], instructions="اختر", introduction="مرحبا",
        questionnaire=[question],
    )  # fmt: skip
    Item.objects.update(kind=Kind.PRACTICE, expected_label="كلب", feedback="انظر")
    person = arrive(study)
    person.post("language", language="de", htmx=False)

    def marked(*words: str) -> None:
        page = person.get("trial").content.decode()
        for word in words:
            assert re.search(rf'<[^>]+ lang="ar" dir="rtl"[^>]*>(\s*<[^>]+>)*\s*{word}', page), word

    marked("مرحبا")
    person.post("introduction-read")
    marked("ما هذا؟", "قط")
    person.post("label", 1, label="قط")
    marked("اختر", "قط")
    person.ballot(positions=[0], label="قط")
    marked("قط", "كلب", "انظر")
    person.post("feedback", 1)
    marked("تعليق")


def test_votes_are_stored_in_the_studys_own_words(arrive: Arrive) -> None:
    study = factories.open_study_with_pool(labels=["dog", "cat"])
    translations.save(study, "de", question="Welches Tier ist das?", labels=["Hund", "Katze"])
    person = arrive(study)
    person.post("language", language="de", htmx=False)
    page = person.get("trial").content.decode()
    assert "Welches Tier ist das?" in page
    assert re.search(r'<button[^>]* value="cat"[^>]*>Katze</button>', page)
    assert "Katze" in person.post("label", 1, label="cat").content.decode()
    assert person.post("label", 1, label="Katze").status_code == 400  # what is shown is not what is sent
    person.ballot(positions=[0], label="cat")
    assert person.row.trials.get().ballot.label == "cat"


@pytest.mark.parametrize(
    ("language", "needed", "zoom", "minutes"),
    [
        ("en", "at least 1.5", "100%", "About 1 minute."),
        ("de", "mindestens 1,5", "100\u00a0%", "Etwa 1 Minute."),
        ("fr", "au moins 1,5", "100\u00a0%", "Environ 1 minute."),
        ("es", "al menos 1,5", "100\u00a0%", "Alrededor de 1 minuto."),
        ("tr", "en az 1,5", "%100", "Yaklaşık 1 dakika."),
        ("zh-hans", "至少 1.5", "100%", "大约 1 分钟。"),
    ],
)
def test_numbers_are_written_as_the_language_writes_them(
    arrive: Arrive, language: str, needed: str, zoom: str, minutes: str
) -> None:
    study = factories.open_study_with_pool(viewing=Rules(least_ratio=1.5, no_zoom=True).as_mapping())
    assert minutes in Client().get(reverse("studies:welcome", args=[study.slug]) + f"?lang={language}").content.decode()
    person = arrive(study)
    person.post("language", language=language, htmx=False)
    page = person.get("trial").content.decode()
    assert needed in page
    assert zoom in page


def test_every_address_of_participants_speaks_their_language() -> None:
    assert len(urlpatterns) > 9
    assert [pattern.name for pattern in urlpatterns if not hasattr(pattern.callback, "localised")] == []


@pytest.mark.parametrize("language", ["de", "zh-hans"])
def test_what_is_not_found_is_said_in_the_visitors_language(language: str) -> None:
    answer = Client().get("/s/nobody/", headers={"Accept-Language": language})
    assert answer.status_code == 404
    assert page_language(answer) == language
    assert "There is nothing here" not in answer.content.decode()


def test_researchers_and_administrators_are_spoken_to_in_english(study: Study, settings: Any) -> None:
    user = factories.user("root", is_staff=True, is_superuser=True)
    client = Client(headers={"Accept-Language": "de"})
    client.get(reverse("studies:welcome", args=[study.slug]) + "?lang=de")
    client.force_login(user)
    assert page_language(Client().get("/", headers={"Accept-Language": "de"})) == "en"
    for path in ("/studies/", study.get_absolute_url(), f"/studies/{study.pk}/edit/", "/nothing/"):
        page = client.get(path, headers={"Accept-Language": "de"})
        assert page_language(page) == "en", path
        assert "Skip to the content" in page.content.decode()
    assert 'lang="en"' in client.get("/admin/", headers={"Accept-Language": "de"}).content.decode()


def test_a_page_from_right_to_left(study: Study, settings: Any) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]
    answer = Client().get(reverse("studies:welcome", args=[study.slug]), headers={"Accept-Language": "ar"})
    assert '<html lang="ar" dir="rtl">' in answer.content.decode()
