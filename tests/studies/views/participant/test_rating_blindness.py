"""Requirement 1.15 (10) in the rating phase: a rater who asks for everything learns of no picture what it is."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from studies.models import Mode, Participant, Rating, Study
from studies.services.opinions import methods
from tests.studies import blindness, factories, rated
from tests.studies.blindness import Secrets, unpack_pngs
from tests.studies.views.participant.crawl import Crawler, Seen

pytestmark = pytest.mark.django_db
METHOD = "zorro-net"


def study_of(mode: str) -> Study:
    study = factories.open_study_with_pool(items=2, truth=True, seed=4_242_424_242)
    blindness.conceal(study)
    for _ in range(2):
        factories.vote_all(study, [0, 1, 2])
    rated.close(study)
    files = rated.method_files(study, name="{position}.png")
    methods.add(study, METHOD, files, pattern="{position}")
    rated.opened(study, mode=mode, who="others", hidden_reference=False, repeats=1)
    return study


class Journey:
    """One browser from the consent to leaving; after each step it asks for everything."""

    def __init__(self, study: Study) -> None:
        self.study, self.client = study, Client()
        self.crawler = Crawler(study, self.client)
        self.seen: list[Seen] = []

    def go(self, answer: str) -> None:
        self.look("the door")
        self.send("welcome", {})
        self.look("instructions")
        self.send("rating-begin", {})
        for number in range(1, 4):
            self.look(f"rating {number}")
            self.send("rating-give", {"answer": answer, "submission_id": str(uuid.uuid4())}, number)
        rated.rate_all(Participant.objects.get(rates_only=True), answer)
        self.look("the end")
        self.send("withdraw", {})
        self.look("withdrawn")

    def look(self, step: str) -> None:
        self.seen += [*self.crawler.look(step), *self.crawler.try_all(step)]

    def send(self, name: str, data: dict[str, str], *numbers: int) -> None:
        answer = self.client.post(reverse(f"studies:{name}", args=[self.study.slug, *numbers]), data)
        assert answer.status_code == 303, (name, answer.status_code)


@pytest.mark.parametrize("mode", [Mode.ACR, Mode.PAIRWISE, Mode.NAMING])
def test_nothing_at_any_step_tells_what_a_picture_is(mode: str) -> None:
    """Neither words, numbers and hashes nor headers, and never a truth that is not part of the rating."""
    study = study_of(mode)
    journey = Journey(study)
    journey.go({Mode.PAIRWISE: "none", Mode.NAMING: "5"}.get(Mode(mode), "3"))
    secrets = Secrets.of(study)
    phase = study.rating_phase
    secrets.texts += [METHOD, "ensemble", "bicubic", "stimulus", "anchor", "provenance", str(phase.seed)]
    secrets.texts += list(phase.stimuli.values_list("sha256", flat=True))
    everything = [item.pk for item in study.items.all()]
    wrong = []
    for seen in journey.seen:
        wrong += [f"{text} in {seen}" for text in secrets.in_text(seen.data)]
        wrong += [f"{text} in {seen}" for text in secrets.in_pictures(seen.body, everything)]
        assert {"ETag", "Last-Modified"} & set(seen.response.headers) == set(), str(seen)
    assert wrong == []
    assert sum(len(unpack_pngs(seen.body)) for seen in journey.seen) > 8


def test_candidates_and_images_of_the_voting_stay_closed() -> None:
    study = study_of(Mode.ACR)
    journey = Journey(study)
    journey.go("3")
    for seen in journey.seen:
        if seen.name in ("candidates", "trial-low-res"):
            assert seen.response.status_code == 404, str(seen)


def test_pictures_come_with_the_ratings_alone() -> None:
    journey = Journey(study_of(Mode.ACR))
    journey.go("3")
    shown = {seen.step for seen in journey.seen if unpack_pngs(seen.body)}
    assert shown == {"rating 1", "rating 2", "rating 3"}
    assert Rating.objects.count() == 2 * 5 + 1
