"""Rating: who may, one rating after the other, each once, whatever browsers do."""

from __future__ import annotations

import uuid
from collections import Counter
from threading import Thread

import numpy as np
import pytest
from django.db import connection

from studies.errors import ConsentError, FullError, LifecycleError, VotingError
from studies.models import Participant, Rater, Rating, Study
from studies.services import enrolment, lifecycle, rating, results
from studies.services.design import texts
from studies.services.opinions import rating_phase, ratings
from studies.services.people import recruiting
from studies.services.trials import phases, steps
from tests.studies import factories, rated

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def voter(study: Study) -> Participant:
    person = study.participants.filter(rates_only=False).order_by("pk").first()
    assert person is not None
    return person


@pytest.fixture
def study() -> Study:
    return rated.voted(items=2)


def refused(person: Participant) -> str:
    with pytest.raises(VotingError) as caught:
        rating.begin(person)
    assert caught.value.status == 403
    return caught.value.message


def test_somebody_rates_everything_once(study: Study) -> None:
    rated.opened(study, repeats=2)
    person = voter(study)
    assert steps.step(person).kind == steps.RATING_START
    rater = rating.begin(person)
    assert steps.step(person).kind == steps.RATING
    assert rater.ratings.count() == 2 * 5 + 2
    rated.rate_all(person)
    rater.refresh_from_db()
    assert rater.finished_at is not None
    assert steps.step(person).kind == "done"
    assert set(rater.ratings.values_list("score", flat=True)) <= {1, 2, 3, 4, 5}


def test_begun_twice_is_begun_once(study: Study) -> None:
    rated.opened(study)
    person = voter(study)
    first = rating.begin(person)
    rows = list(first.ratings.values_list("pk", flat=True))
    assert rating.begin(person) == first
    assert list(first.ratings.values_list("pk", flat=True)) == rows


def test_turns_count_who_begins(study: Study) -> None:
    rated.opened(study)
    assert [rating.begin(person).turn for person in study.participants.all()] == [0, 1]


@pytest.mark.parametrize(("who", "comes"), [("same", "voter"), ("others", "new")])
def test_who_may_rate(study: Study, who: str, comes: str) -> None:
    rated.opened(study, who=who)
    if comes == "new":
        person = rated.newcomer(study)
        assert person.rates_only
        assert not person.trials.exists()
        assert person.turn is None
    else:
        person = voter(study)
    assert rated.rate_all(person).finished_at is not None


def test_voters_are_turned_away_where_fresh_eyes_are_needed(study: Study) -> None:
    rated.opened(study, who="others")
    assert "fresh eyes" in refused(voter(study))
    assert steps.step(voter(study)).kind == steps.KEPT_OUT


def test_strangers_are_turned_away_where_voters_rate(study: Study) -> None:
    rated.opened(study)
    with pytest.raises(VotingError, match="for those who took part in the first one"):
        enrolment.enrol(study)
    assert study.participants.count() == 2


def test_who_did_not_finish_voting_does_not_rate() -> None:
    study = factories.open_study_with_pool(items=2, truth=True)
    factories.vote_all(study, [0, 1])
    lost = factories.labelled_trial(study).participant
    rated.opened(rated.close(study))
    lost.refresh_from_db()
    assert "answered the whole first part" in refused(lost)


def test_newcomers_are_no_voters(study: Study) -> None:
    """The figures of the voting stay what they were."""
    before = results.participants(study)
    rated.opened(study, who="others")
    rated.rate_all(rated.newcomer(study))
    assert results.participants(study) == before


def test_places_are_those_of_the_raters(study: Study) -> None:
    rated.opened(study, who="others")
    recruiting.update(study, open_link=True, platforms=True, quota=1, release_minutes=60, codes={}, addresses={})
    rated.newcomer(study)
    with pytest.raises(FullError):
        rated.newcomer(study)


def test_a_changed_consent_is_asked_for_again(study: Study) -> None:
    rated.opened(study)
    Study.objects.filter(pk=study.pk).update(consent_text="Something else.")
    with pytest.raises(ConsentError):
        rating.begin(Participant.objects.get(pk=voter(study).pk))


def first(study: Study) -> Rating:
    one = rating.current(rating.begin(voter(study)))
    assert one is not None
    return one


def test_a_rating_sent_twice_is_stored_once(study: Study) -> None:
    rated.opened(study)
    one, identity = first(study), uuid.uuid4()
    assert rated.give(one, "4", submission_id=identity).created
    again = rated.give(one, "4", submission_id=str(identity))
    assert not again.created
    assert again.rating.score == 4
    assert Rating.objects.given().count() == 1


@pytest.mark.parametrize("same_id", [True, False], ids=["the same id", "another tab"])
def test_the_first_answer_counts(study: Study, same_id: bool) -> None:
    rated.opened(study)
    one, identity = first(study), uuid.uuid4()
    rated.give(one, "4", submission_id=identity)
    with pytest.raises(VotingError) as caught:
        rated.give(one, "2", submission_id=identity if same_id else uuid.uuid4())
    assert caught.value.status == 409
    one.refresh_from_db()
    assert one.score == 4


def test_an_id_stands_for_one_rating(study: Study) -> None:
    rated.opened(study)
    one, identity = first(study), uuid.uuid4()
    rated.give(one, "4", submission_id=identity)
    with pytest.raises(VotingError) as caught:
        rated.give(first(study), "4", submission_id=identity)
    assert caught.value.status == 409
    assert Rating.objects.given().count() == 1


@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        ("acr", "0"),
        ("acr", "6"),
        ("acr", "3.5"),
        ("acr", ""),
        ("acr", "first"),
        ("pairwise", "3"),
        ("dcr", "none"),
        ("naming", "7"),
        ("naming", ""),
        ("naming", "3"),
        ("acr", "5.0"),
        ("pairwise", "5"),
        ("dcr", "cannot tell"),
    ],
)
def test_what_is_no_answer_is_refused(study: Study, mode: str, answer: str) -> None:
    rated.opened(study, mode=mode)
    with pytest.raises(VotingError) as caught:
        rated.give(first(study), answer)
    assert caught.value.status == 400
    assert not Rating.objects.given().exists()


def test_the_page_clock_is_kept_and_nonsense_left_out(study: Study) -> None:
    rated.opened(study)
    told = {"response_ms": "1500", "hidden_ms": "-3", "pixel_ratio": "1.25", "enlargement": "NaN"}
    rating.give(first(study), submission_id=uuid.uuid4(), answer="5", measured=told)
    row = Rating.objects.given().get()
    assert (row.response_ms, row.hidden_ms, row.pixel_ratio, row.enlargement) == (1500, None, 1.25, None)


def test_closed_takes_no_more_and_opens_again(study: Study) -> None:
    phase = rated.opened(study)
    one = first(study)
    rating_phase.close_phase(phase)
    with pytest.raises(VotingError, match="closed"):
        rated.give(one, "3")
    assert not phases.takes_answers(study)
    rating_phase.open_phase(phase)
    assert rated.give(one, "3").created


def test_who_leaves_is_not_counted(study: Study) -> None:
    rated.opened(study)
    person = rated.rate_all(voter(study))
    assert Rating.objects.given().count() == 10
    enrolment.withdraw(person)
    assert Rating.objects.given().count() == 0


def test_a_newcomer_who_stopped_finds_the_phase_closed(study: Study) -> None:
    """Not thanked for answers that were never given."""
    phase = rated.opened(study, who="others")
    person = rated.newcomer(study)
    rating_phase.close_phase(phase)
    person = Participant.objects.get(pk=person.pk)
    assert steps.step(person).kind == steps.KEPT_OUT


def test_votes_are_final_once_their_pictures_are_rated(study: Study) -> None:
    phase = rated.opened(study)
    rating_phase.close_phase(phase)
    with pytest.raises(LifecycleError, match="the study takes no more"):
        lifecycle.open_study(study)


@pytest.mark.parametrize("change", ["settings", "votes"])
def test_the_phase_opens_with_pictures_that_are_up_to_date(study: Study, change: str) -> None:
    phase = rated.phase(study)
    if change == "settings":
        rating_phase.update(study, anchors=False)
    else:
        enrolment.withdraw(study.participants.order_by("-pk").first())
        enrolment.withdraw(voter(study))
    phase.refresh_from_db()
    with pytest.raises(LifecycleError, match="make them again"):
        rating_phase.open_phase(phase)


def test_the_phase_needs_pictures_to_open(study: Study) -> None:
    with pytest.raises(LifecycleError, match="Make the pictures"):
        rating_phase.open_phase(rating_phase.update(study))


def test_a_part_of_the_pairs_for_each_and_all_of_them_over_people() -> None:
    """Ten pairs of each of two items, eight for each person: after five people all have come twice."""
    study = rated.voted(items=2, voters=5)
    phase = rated.opened(study, mode="pairwise", per_person=8, repeats=2)
    design = rating_phase.design(phase)
    assert (design.every, design.own, design.length, design.minutes, design.people) == (20, 8, 10, 1, 3)
    for person in study.participants.order_by("pk"):
        rated.rate_all(person)
    asked = Rating.objects.filter(repeat=0)
    assert asked.count() == 5 * 8
    pairs = Counter(frozenset(pair) for pair in asked.values_list("stimulus", "other"))
    assert (len(pairs), set(pairs.values())) == (20, {2})
    assert Rating.objects.filter(repeat=1).count() == 5 * 2
    found = ratings.wins(study)
    assert found is not None
    compared = found.wins + found.wins.T
    assert (compared + 4 * np.eye(5) == 4).all(), "every two methods twice in each of two images"


def test_what_fits_into_half_an_hour_is_asked_of_everybody_and_what_does_not_is_dealt(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BT.500: sessions of at most half an hour; a pair takes about eight seconds."""
    phase = rated.opened(study, mode="pairwise")
    assert rating_phase.design(phase).own == 20
    monkeypatch.setattr(rating_phase, "SESSION", 60)
    assert (rating_phase.design(phase).own, rating_phase.design(phase).minutes) == (7, 1)
    assert rating.begin(voter(study)).ratings.count() == 7
    phase.refresh_from_db()
    assert phase.per_person == 7, "fixed with the first who begins"
    monkeypatch.undo()
    assert rating.begin(study.participants.order_by("-pk")[0]).ratings.count() == 7


@pytest.mark.parametrize("number", [0, -1, 10_001])
def test_a_part_is_at_least_one_rating(study: Study, number: int) -> None:
    with pytest.raises(LifecycleError, match="1 to 10,000 ratings"):
        rating_phase.update(study, per_person=number)


def test_instructions_are_translated_into_languages_of_our_pages(study: Study) -> None:
    phase = rating_phase.update(study, instructions="Look.", translations={"de": "Schauen Sie."})
    assert texts.rating_instructions(phase, "de") == ("Schauen Sie.", "de")
    assert texts.rating_instructions(phase, "fr") == ("Look.", "en")
    for wrong, words in (({"en": "Look."}, "into English"), ({"xx": "?"}, "into xx"), ({"de": "x" * 10_001}, "10,000")):
        with pytest.raises(LifecycleError, match=words):
            rating_phase.update(study, translations=wrong)


def test_repeats_must_fit_into_a_part(study: Study) -> None:
    phase = rated.phase(study, per_person=4, repeats=3)
    with pytest.raises(LifecycleError, match="at most 2 can"):
        rating_phase.open_phase(phase)


def test_repeats_must_fit(study: Study) -> None:
    phase = rated.phase(study, repeats=6)
    with pytest.raises(LifecycleError, match="at most 5 can"):
        rating_phase.open_phase(phase)


def test_settings_are_fixed_once_people_rate(study: Study) -> None:
    phase = rated.opened(study)
    first(study)
    rating_phase.close_phase(phase)
    with pytest.raises(LifecycleError, match="stays as it is"):
        rating_phase.update(study, mode="pairwise")


def test_dcr_needs_a_truth() -> None:
    study = factories.study()
    factories.item(study)
    with pytest.raises(LifecycleError, match="no image of this study has a truth"):
        rating_phase.update(study, mode="dcr")


def test_naming_needs_labels() -> None:
    with pytest.raises(LifecycleError, match="this study asks for none"):
        rating_phase.update(factories.study(ask_label=False, labels=[]), mode="naming")


def test_a_name_is_stored_as_a_label_once(study: Study) -> None:
    rated.opened(study, mode="naming", repeats=2)
    one, identity = first(study), uuid.uuid4()
    assert rated.give(one, "6", submission_id=identity).created
    assert not rated.give(one, "6", submission_id=identity).created
    with pytest.raises(VotingError) as caught:
        rated.give(one, "5", submission_id=identity)
    assert caught.value.status == 409
    row = Rating.objects.given().get()
    assert (row.label, row.score, row.preference, row.other) == ("6", None, "", None)
    rated.rate_all(voter(study), "cannot tell")
    assert steps.step(voter(study)).kind == "done"
    assert sorted(Rating.objects.given().values_list("label", flat=True)) == ["6"] + ["cannot tell"] * 11


def test_numbers_tell_people_from_simulated_raters(study: Study) -> None:
    phase = rated.opened(study, who="others")
    rated.rate_all(rated.newcomer(study))
    rating.begin(rated.newcomer(study))
    robot, _ = enrolment.enrol(study, simulated=True)
    rated.rate_all(robot)
    assert rating_phase.numbers(phase) == rating_phase.Numbers(begun=2, finished=1, simulated=1, ratings=20)


@pytest.mark.django_db(transaction=True)
def test_parallel_answers_are_one_rating() -> None:
    """1.15 (1), by ten at once: one is stored, and all that sent the same are told so."""
    study = rated.voted(items=1)
    rated.opened(study)
    one, identity = first(study), uuid.uuid4()
    found: list[object] = []

    def send(answer: str) -> None:
        try:
            found.append(rated.give(one, answer, submission_id=identity).rating.score)
        except VotingError as error:
            found.append(error.status)
        finally:
            connection.close()

    threads = [Thread(target=send, args=(answer,)) for answer in ["3"] * 6 + ["4"] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = Rating.objects.given().get().score
    assert sorted(map(str, found)) == sorted(
        [str(stored)] * (6 if stored == 3 else 4) + ["409"] * (4 if stored == 3 else 6)
    )


@pytest.mark.django_db(transaction=True)
def test_begun_in_parallel_is_begun_once() -> None:
    study = rated.voted(items=1)
    rated.opened(study)
    person = voter(study)

    def begin() -> None:
        try:
            rating.begin(person)
        finally:
            connection.close()

    threads = [Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Rater.objects.get().ratings.count() == 5
