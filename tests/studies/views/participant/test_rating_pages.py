"""The rating phase at a browser, as the server sees it: doors, instructions, one rating after the other, the end."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from inference import store
from studies import access
from studies.models import Item, Participant, Rating, RecruiterIdentity, Source, Study, StudyText
from studies.services import enrolment
from studies.services.opinions import rating_phase, stimuli
from studies.services.people import invitations, recruiting
from studies.services.screens.viewing import Rules
from tests.studies import factories, rated
from tests.studies.views.participant.conftest import Person

pytestmark = pytest.mark.django_db


def voter(study: Study) -> Person:
    """The browser in which somebody voted."""
    person, who = Person(study), study.participants.order_by("pk").first()
    assert who is not None
    person.client.cookies[access.cookie_name(study.slug)] = access.cookie_value(study, enrolment.secret(who))
    return person


def give(person: Person, number: int, answer: str, **options: Any) -> HttpResponse:
    return person.post("rating-give", number, **{"answer": answer, "submission_id": str(uuid.uuid4())} | options)


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


@pytest.fixture
def study() -> Study:
    return rated.voted(items=2)


def test_instructions_stand_in_the_raters_language_and_say_so_where_they_do_not(study: Study) -> None:
    StudyText.objects.create(study=study, language="de", question="Welche Ziffer?")
    rated.opened(study, instructions="Look at *edges*.", translations={"de": "Achten Sie auf *Kanten*."}, per_person=7)
    Participant.objects.update(language="de")
    start = text(voter(study).get("trial"))
    assert "Achten Sie auf <em>Kanten</em>." in start
    assert "Sie sehen nacheinander 7 Bilder" in start, "not all ten of them"
    assert "Look at" not in start
    Participant.objects.update(language="fr")
    start = text(voter(study).get("trial"))
    assert '<section class="written" lang="en" dir="ltr">' in start
    assert "Look at <em>edges</em>." in start


def test_who_has_rated_gets_the_code_of_the_rating_phase(study: Study) -> None:
    recruiting.update(study, open_link=True, platforms=True, quota=None, release_minutes=60,
                      codes={"complete": "V0TED", "rated": "RAT3D"}, addresses={})  # fmt: skip
    person = voter(study)
    assert "V0TED" in text(person.get("thanks"))
    rated.opened(study)
    rated.rate_all(study.participants.order_by("pk")[0])
    assert "RAT3D" in text(person.get("thanks"))
    assert "V0TED" not in text(person.get("thanks"))


def test_a_voter_comes_back_by_the_same_door_and_rates(study: Study) -> None:
    recruiting.update(study, open_link=True, platforms=True, quota=None, release_minutes=60,
                      codes={"complete": "C0DE"}, addresses={})  # fmt: skip
    rated.opened(study, instructions="Look at the *edges*.")
    person = voter(study)
    assert person.get("welcome")["Location"] == person.url("trial")
    start = text(person.get("trial"))
    assert "You see 10 pictures, one after the other." in start
    assert "Look at the <em>edges</em>." in start
    assert not Rating.objects.exists()
    assert person.post("rating-begin", htmx=False)["Location"] == person.url("trial")
    for number in range(1, 11):
        page = text(person.get("trial"))
        assert f"Picture {number} of 10" in page
        answer = give(person, number, "4")
        assert answer.status_code == 200
    assert "All your 10 answers are stored." in text(answer)
    assert "C0DE" in text(answer)
    assert answer["HX-Replace-Url"] == person.url("thanks")
    assert "Everyone’s ratings are brought together" in text(person.get("thanks"))
    assert person.get("welcome")["Location"] == person.url("thanks")
    assert Rating.objects.given().count() == 10


def test_without_a_script_the_answer_leads_to_the_next_page(study: Study) -> None:
    rated.opened(study)
    person = voter(study)
    person.post("rating-begin", htmx=False)
    answer = give(person, 1, "3", htmx=False)
    assert (answer.status_code, answer["Location"]) == (303, person.url("trial"))


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("acr", ["How good is this picture?", "Bad", "Poor", "Fair", "Good", "Excellent"]),
        ("dcr", ["How annoying are the differences to the original?", "Very annoying", "Imperceptible"]),
        ("pairwise", ["Which of the two is better?", "The left one is better", "No difference"]),
    ],
)
def test_the_question_and_the_standard_words(study: Study, mode: str, words: list[str]) -> None:
    """ITU-T P.910: the categories of ACR and DCR."""
    rated.opened(study, mode=mode)
    person = voter(study)
    person.post("rating-begin", htmx=False)
    page = text(person.get("trial"))
    assert all(word in page for word in words)
    assert re.findall(r'data-key="(\d)"', page) == [str(key + 1) for key in range(3 if mode == "pairwise" else 5)]
    assert page.count("data-picture=") == (1 if mode == "acr" else 2)


def test_naming_asks_the_studys_own_question_with_its_labels(study: Study) -> None:
    """Digits are their own keys; what cannot be told has one, too."""
    phase = rated.opened(study, mode="naming")
    person = voter(study)
    start = text(person.get("trial"))
    assert "What do you see in these pictures?" in start
    assert "there is no right or wrong" not in start
    person.post("rating-begin", htmx=False)
    page = text(person.get("trial"))
    assert "Which digit is this?" in page
    assert re.findall(r'name="answer" value="([^"]+)" data-key="([^"]*)"', page) == [
        ("5", "5"), ("6", "6"), ("cannot tell", "?"),
    ]  # fmt: skip
    assert page.count("data-picture=") == 1
    for number in range(1, 11):
        answer = give(person, number, "6")
    assert "how well people recognise" in text(answer)
    assert set(Rating.objects.given().values_list("label", flat=True)) == {"6"}
    assert {row["label"] for row in person.get("my-data").json()["ratings"]} == {"6"}
    assert phase.stimuli.count() == 10


def test_no_page_depends_on_the_label_that_is_right(study: Study) -> None:
    """Not in naming, where people could be led, and not at the end."""
    rated.opened(study, mode="naming")
    person = voter(study)
    person.post("rating-begin", htmx=False)

    def pages(right: str) -> list[str]:
        Item.objects.filter(study=study).update(expected_label=right)
        answers = [person.get("trial"), person.get("welcome"), person.get("my-data")]
        return [re.sub("[A-Za-z0-9]{64}", "token", text(answer)) for answer in answers]

    assert pages("5") == pages("6") == pages("")


def test_words_are_named_by_their_places_and_in_the_persons_language() -> None:
    study = rated.voted(items=1, labels=["5", "dog"])
    StudyText.objects.create(study=study, language="de", question="Was ist das?", labels=["fünf", "Hund"])
    rated.opened(study, mode="naming")
    person = voter(study)
    study.participants.update(language="de")
    person.post("rating-begin", htmx=False)
    page = text(person.client.get(person.url("trial"), {"lang": "de"}))
    assert "Was ist das?" in page
    assert re.findall(r'value="([^"]+)" data-key="([^"]*)"', page) == [("5", "1"), ("dog", "2"), ("cannot tell", "?")]
    assert "<span>Hund</span>" in page
    give(person, 1, "dog")
    assert Rating.objects.given().get().label == "dog"


def test_new_people_agree_first(study: Study) -> None:
    rated.opened(study, who="others")
    person = Person(study)
    consent = text(person.get("welcome"))
    assert "I agree to take part." in consent
    assert "You see 10 pictures, one after the other." in consent
    assert "detailed candidate" not in consent
    person.enter()
    assert "How good are these pictures?" in text(person.get("trial"))
    newcomer = Participant.objects.get(rates_only=True)
    assert newcomer.consent_sha256
    person.post("rating-begin", htmx=False)
    give(person, 1, "1")
    assert "You have answered 1 of 10." in text(person.get("welcome"))


def test_the_viewing_check_comes_first_for_new_people() -> None:
    study = factories.open_study_with_pool(truth=True, viewing=Rules(brightness=True).as_mapping())
    factories.vote_all(study, [0, 1], simulated=True)
    rated.opened(rated.close(study), who="others")
    person = Person(study).enter()
    assert "A look at your screen" in text(person.get("trial"))
    assert person.get("check-pattern", "dark").status_code == 200
    assert person.post("rating-begin", htmx=False).status_code == 409
    Participant.objects.update(checked_at="2026-01-01T00:00Z")
    assert "How good are these pictures?" in text(person.get("trial"))


def test_who_voted_is_turned_away_kindly_where_others_rate(study: Study) -> None:
    rated.opened(study, who="others")
    person = voter(study)
    for name in ("welcome", "trial"):
        page = text(person.get(name))
        assert "this part of it needs fresh eyes" in page
        assert "Thank you for your interest." in page
    assert person.post("rating-begin", htmx=False).status_code == 403


def test_a_voter_is_known_by_the_recruiters_id_in_another_browser(study: Study) -> None:
    rated.opened(study, who="others")
    who = study.participants.first()
    RecruiterIdentity.objects.create(study=study, participant=who, source=Source.PROLIFIC, external_id="p1")
    person = Person(study)
    answer = person.client.get(person.url("welcome") + "?PROLIFIC_PID=p1", follow=True)
    assert "fresh eyes" in text(answer)
    assert study.participants.count() == 2


def test_a_personal_link_leads_a_voter_on_in_another_browser() -> None:
    study = factories.open_study_with_pool(truth=True)
    (link,) = invitations.make(study, 1)
    who, _ = enrolment.enrol(study, door=recruiting.personal_door(link))
    for trial in who.trials.all():
        factories.vote(trial, [0, 1])
    rated.opened(rated.close(study))
    client = Client()
    page = client.get(f"/i/{invitations.key(link)}/", follow=True)
    assert "How good are these pictures?" in text(page)


def test_strangers_are_told_whom_this_part_is_for(study: Study) -> None:
    rated.opened(study)
    person = Person(study)
    assert "for those who took part in the first one" in text(person.get("welcome"))
    assert person.post("welcome", htmx=False).status_code == 403
    assert study.participants.count() == 2


def test_closed_for_ratings_the_study_is_closed(study: Study) -> None:
    phase = rated.opened(study, who="others")
    person = Person(study).enter()
    rating_phase.close_phase(phase)
    for name in ("welcome", "trial"):
        assert "This study is closed." in text(person.get(name))
    assert person.post("rating-begin", htmx=False).status_code == 403


def test_double_clicks_two_tabs_and_the_back_button(study: Study) -> None:
    rated.opened(study)
    person = voter(study)
    person.post("rating-begin", htmx=False)
    person.post("rating-begin", htmx=False)
    sent = {"submission_id": str(uuid.uuid4())}
    assert give(person, 1, "4", **sent).status_code == 200
    again = give(person, 1, "4", **sent)
    assert (again.status_code, "Picture 2 of 10" in text(again)) == (200, True)
    other_tab = give(person, 1, "5")
    assert other_tab.status_code == 409
    assert "your first answer counts" in text(other_tab)
    assert "Go on" in text(other_tab)
    assert Rating.objects.given().get().score == 4
    assert "Picture 2 of 10" in text(person.get("trial"))


@pytest.fixture
def begun(study: Study) -> Person:
    rated.opened(study, mode="pairwise")
    person = voter(study)
    person.post("rating-begin", htmx=False)
    return person


def test_pictures_are_those_of_the_rating(begun: Person) -> None:
    one = Rating.objects.get(number=1)
    for side, stimulus in (("first", one.stimulus), ("second", one.other)):
        answer = begun.get("rating-picture", 1, side)
        assert answer.content == stimuli.png(stimulus)
        assert answer["Content-Type"] == "image/png"
        assert "no-store" in answer["Cache-Control"]
        assert "ETag" not in answer
        assert "Last-Modified" not in answer
    assert begun.get("rating-picture", 1, "third").status_code == 404


def test_in_dcr_the_true_picture_stands_on_the_left(study: Study) -> None:
    rated.opened(study, mode="dcr")
    person = voter(study)
    person.post("rating-begin", htmx=False)
    one = Rating.objects.get(number=1)
    assert person.get("rating-picture", 1, "first").content == stimuli.png(one.other)
    assert person.get("rating-picture", 1, "second").content == stimuli.png(one.stimulus)


def test_pictures_are_for_their_rater_while_ratings_are_taken(begun: Person, study: Study) -> None:
    assert Client().get(begun.url("rating-picture", 1, "first")).status_code == 404
    other = Person(study)
    second = study.participants.order_by("-pk").first()
    assert second is not None
    other.client.cookies[access.cookie_name(study.slug)] = access.cookie_value(study, enrolment.secret(second))
    assert other.get("rating-picture", 1, "first").status_code == 404
    rating_phase.close_phase(study.rating_phase)
    assert begun.get("rating-picture", 1, "first").status_code == 404


def test_nothing_tells_what_a_picture_is(begun: Person) -> None:
    """1.15 (10): names, addresses and headers of all that a rater can reach."""
    pages = [begun.get("trial"), begun.get("rating-picture", 1, "first"), give(begun, 1, "none")]
    kinds = ("ensemble", "random", "single", "bicubic", "stimul", "uploaded")
    for answer in pages:
        head = "".join(f"{name}: {value}" for name, value in answer.items())
        body = "" if answer["Content-Type"] == "image/png" else text(answer)
        assert not [word for word in kinds if word in (head + body).lower()]
        hashes = {one.sha256 for row in Rating.objects.all() for one in (row.stimulus, row.other) if one}
        assert not [sha256 for sha256 in hashes if sha256 in head + body]


def test_a_picture_that_is_gone_is_for_the_log(begun: Person, data_dir: Any) -> None:
    one = Rating.objects.get(number=1).stimulus
    folder = "truth" if one.kind == "reference" else "default"
    (data_dir / folder / store.path_name(one.sha256, "stimuli", ".png")).unlink()
    answer = begun.get("rating-picture", 1, "first")
    assert answer.status_code == 503
    assert one.sha256 not in text(answer)


def test_a_rater_takes_their_ratings_along(study: Study, arrive: Callable[[Study], Person]) -> None:
    rated.opened(study, who="others")
    person = arrive(study)
    person.post("rating-begin", htmx=False)
    give(person, 1, "2", response_ms="900")
    mine = person.get("my-data").json()
    assert len(mine["ratings"]) == 10
    assert (mine["ratings"][0]["score"], mine["ratings"][0]["response_ms"]) == (2, 900)
    assert "ensemble" not in person.get("my-data").content.decode()


def test_it_speaks_the_participants_language(study: Study) -> None:
    rated.opened(study, who="others")
    person = Person(study)
    page = person.client.get(person.url("welcome"), headers={"accept-language": "de"})
    assert 'lang="de"' in text(page)
    assert "You see 10 pictures" not in text(page)
