"""Requirement 1.15 (10): nothing a participant can reach tells sampler, seed, votes, truth, or whose picture is shown.

A browser goes through a whole study, from the consent to leaving it, and at every step asks for everything there is.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from django.db.models import F
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from inference.core.images import encode_png, to_uint8
from inference.models import GenerationJob, Sample, Weights
from studies.models import (
    GroundTruth,
    Invitation,
    Item,
    Kind,
    Participant,
    Study,
    StudyMembership,
    StudyPicture,
    Trial,
)
from studies.services import voting
from studies.services.design import pictures
from studies.services.ordering import candidate_pages
from studies.services.people import invitations
from studies.services.trials import flow
from tests.studies import blindness, factories, rich
from tests.studies.blindness import Secrets, alike, pixels, unpack_pngs
from tests.studies.views.participant.conftest import Person
from tests.studies.views.participant.crawl import Crawler, Seen, body_of

pytestmark = pytest.mark.django_db
Arrive = Callable[[Study], Person]

FEEDBACK = "feedback-about-the-practice-image"
NOTES = ("note-on-the-own-link", "note-on-a-strangers-link")
#: What answers may say beside their content. Nothing that comes from a stored file: no ETag, no Last-Modified.
HEADERS = {
    "Allow", "Cache-Control", "Content-Language", "Content-Length", "Content-Security-Policy", "Content-Type",
    "Cross-Origin-Opener-Policy", "Expires", "HX-Replace-Url", "Location", "Referrer-Policy", "Vary",
    "X-Content-Type-Options", "X-Frame-Options",
}  # fmt: skip


@pytest.fixture
def study() -> Study:
    """All that participants can meet; pools of two families and of samples made from others; truths; others' votes."""
    made = rich.study(
        truth=True, seed=4_242_424_242, instructions="Look ![example](example) well.",
        introduction="Please look. ![example](example)", region="grid",
        viewing={"window_width": 1000, "brightness": True, "plates": 2, "on_failure": "warn"},
    )  # fmt: skip
    pictures.add(made, encode_png(factories.pixels(40)), name="example")
    Item.objects.filter(kind=Kind.PRACTICE).update(feedback=FEEDBACK)
    other = factories.weights(sampler=blindness.SAMPLER, name=blindness.WEIGHTS)
    made.additions.create(weights=other, count=6)
    for item in made.items.all():
        job = factories.more(item, 6, other)
        factories.more(item, 2, other, parents=list(job.samples.all()[:2]))
    blindness.conceal(made)
    StudyMembership.objects.create(study=made, user=factories.user(blindness.STRANGER), role="viewer")
    Invitation.objects.create(study=made, number=1, note=NOTES[0])
    rich.take_part(made)
    Invitation.objects.filter(number=2).update(note=NOTES[1])
    factories.vote_all(made, [0, 1], simulated=True)
    made.refresh_from_db()
    return made


def own(study: Study) -> Participant:
    return study.participants.latest("pk")


class Journey:
    """One browser through the whole study; after each step it looks at everything."""

    def __init__(self, study: Study) -> None:
        self.study, self.client = study, Client()
        self.crawler = Crawler(study, self.client, keys=[invitations.key(study.invitations.get(number=1))])

    def steps(self) -> Iterator[tuple[str, list[Seen], set[int]]]:
        """What the step is called, all that was seen there, and the items whose candidates may be seen."""
        yield "the door", self.everything("the door"), set()
        self.send("welcome", {})
        while (step := flow.step(own(self.study))).kind != flow.DONE:
            yield from self.one_step(step)
        yield "the end", self.everything("the end"), self.labelled()
        self.send("withdraw", {})
        yield "withdrawn", self.everything("withdrawn"), set()

    def everything(self, name: str) -> list[Seen]:
        return [*self.crawler.look(name), *self.crawler.try_all(name)]

    def one_step(self, step: flow.Step) -> Iterator[tuple[str, list[Seen], set[int]]]:
        name = f"{step.kind} {step.trial.number if step.trial else ''}"
        yield name, self.everything(name), self.labelled()
        if step.kind == flow.VIEWING:
            measured = {**rich.MEASURED, "attempt": 0, "window_width": 500, "dark": "9", "light": "9"}
            self.send("check", measured)
            yield "after a failed check", self.everything("after a failed check"), set()
            self.send("check-go-on", {})
        elif step.kind == flow.INTRODUCTION:
            self.send("introduction-read", {})
        elif step.kind == flow.QUESTIONNAIRE:
            self.send("questionnaire", {"age": "44"})
        elif step.kind == flow.FEEDBACK:
            self.send("feedback", {}, step.trial.number)
        else:
            yield from self.vote(step.trial.number)

    def vote(self, number: int) -> Iterator[tuple[str, list[Seen], set[int]]]:
        self.send("label", {"label": "5"}, number)
        yield f"candidates {number}", self.everything(f"candidates {number}"), self.labelled()
        observation = '{"exposure_ms": [1], "events": []}'
        self.send("draft", {"positions": [2], "observation": observation}, number)
        answer = {"submission_id": str(uuid.uuid4()), "label": "5", "positions": [1, 2], "confidence": "3"}
        self.send("ballot", answer, number)

    def send(self, name: str, data: dict[str, Any], *numbers: int) -> None:
        from django.urls import reverse

        path = reverse(f"studies:{name}", args=[self.study.slug, *numbers])
        answer = self.client.post(path, data)
        assert answer.status_code in (204, 303), (name, answer.status_code, answer.content[:2000])

    def labelled(self) -> set[int]:
        trials = own(self.study).trials.exclude(label="")
        return set(trials.values_list("item", flat=True))


@dataclass
class Seens:
    """All steps of one journey, with what must not be in them."""

    steps: list[tuple[str, list[Seen], set[int]]]
    secrets: Secrets
    trials: int


@pytest.fixture(scope="session")
def kept() -> dict[str, Seens]:
    """The journey is long: it is made once, by the first test that needs it."""
    return {}


@pytest.fixture
def journey(kept: dict[str, Seens], request: pytest.FixtureRequest) -> Seens:
    if not kept:
        study = request.getfixturevalue("study")
        steps = list(Journey(study).steps())
        kept["journey"] = Seens(steps, Secrets.of(study), own(study).trials.count())
    return kept["journey"]


def test_nothing_at_any_step_tells_anything(journey: Seens) -> None:
    """1.15 (10)."""
    secrets, seen_pictures = journey.secrets, 0
    secrets.texts += NOTES
    wrong = []
    assert len(journey.steps) > 15
    for _, answers, allowed in journey.steps:
        for seen in answers:
            wrong += [f"{text} in {seen}" for text in secrets.in_text(seen.data)]
            wrong += [f"{text} in {seen}" for text in secrets.in_pictures(seen.body, allowed)]
            seen_pictures += len(unpack_pngs(seen.body))
    assert wrong == []
    assert seen_pictures > 500


def test_headers_say_nothing(journey: Seens) -> None:
    """1.15 (10): nothing to cache, no name, no date of a stored file."""
    for seen in (seen for _, answers, _ in journey.steps for seen in answers):
        allowed = HEADERS | ({"Content-Disposition"} if seen.name == "my-data" else set())
        assert set(seen.response.headers) <= allowed, (str(seen), set(seen.response.headers) - allowed)
        if seen.response.status_code == 200:
            kept = "private, max-age=3600" if seen.name == "study-picture" else "private, no-store"
            assert set(seen.response["Cache-Control"].split(", ")) == set(kept.split(", ")), str(seen)


def test_feedback_comes_after_the_answer_alone(journey: Seens) -> None:
    told = [name for name, answers, _ in journey.steps if any(FEEDBACK.encode() in seen.body for seen in answers)]
    assert told == ["feedback 1"]


def test_candidates_come_after_the_label_alone(journey: Seens) -> None:
    """And then they do come: a crawl that never saw them would prove nothing."""
    for name, answers, allowed in journey.steps:
        whole = [seen for seen in answers if seen.name == "candidates" and len(unpack_pngs(seen.body)) == 20]
        assert bool(whole) == bool(allowed), name


def test_only_the_persons_own_trials_answer(journey: Seens) -> None:
    for seen in (seen for _, answers, _ in journey.steps for seen in answers):
        number = re.search(r"/trial/(\d+)/", seen.path)
        if number and not 1 <= int(number[1]) <= journey.trials:
            assert seen.response.status_code in (404, 405), str(seen)


def test_a_stranger_reaches_no_picture_and_no_data(study: Study) -> None:
    """Somebody who has not agreed, while others are in the middle of theirs."""
    factories.participant(study)
    for seen in Crawler(study, Client()).look("a stranger"):
        if seen.name in ("my-data", "trial-low-res", "candidates", "study-picture", "check-pattern"):
            assert seen.response.status_code == 404, str(seen)
        assert not unpack_pngs(seen.body), str(seen)


# Whatever the hidden things are, the pages are the same: what is not told cannot be worked out either.


@pytest.fixture
def in_the_middle(study: Study, arrive: Arrive) -> Callable[[int], Crawler]:
    """A browser before the label of its n-th trial that is not for practice, or with its candidates."""

    def bring(answered: int, *, label: bool = False) -> Crawler:
        person = arrive(study)
        Participant.objects.filter(pk=own(study).pk).update(
            checked_at="2026-01-01 00:00Z", introduced_at="2026-01-01 00:00Z"
        )
        for trial in own(study).trials.order_by("number")[: answered + 1]:
            rich.answer(voting.give_label(trial, "5"))
        own(study).trials.update(feedback_seen_at="2026-01-01 00:00Z")
        if label:
            voting.give_label(own(study).trials.get(number=answered + 2), "6")
        return Crawler(study, person.client)

    return bring


def pages(crawler: Crawler) -> dict[str, tuple[int, str, bytes]]:
    """Path -> what was answered, without the token against forgery, which is new each time."""
    found = {}
    for index, seen in enumerate(crawler.look("now")):
        body = re.sub(rb'(csrfmiddlewaretoken" value="|X-CSRFToken": ")\w+', b"", seen.body)
        found[f"{index} {seen.path}"] = (seen.response.status_code, seen.head, body)
    return found


def change_all_that_is_hidden(study: Study) -> None:
    """Votes of others, names, known answers, what items are for, what drew the samples, truths, researchers, goals."""
    mine = own(study).trials
    rich.take_part(study, label="6")
    Item.objects.exclude(kind=Kind.PRACTICE).update(name="other", expected_label="")
    attention = Item.objects.get(kind=Kind.ATTENTION)
    main = Item.objects.filter(kind=Kind.MAIN).exclude(pk__in=mine.filter(repeat=1).values("item")).get()
    Item.objects.filter(pk=attention.pk).update(kind=Kind.MAIN, expected_label="")
    Item.objects.filter(pk=main.pk).update(kind=Kind.ATTENTION, expected_label="5")
    Sample.objects.update(seed=F("seed") + 1, lr_consistency=12.0, fault="black", attempt=2, suspect=True)
    GenerationJob.objects.update(derivation={}, code_version="9", first_seed=F("first_seed") + 1)
    Weights.objects.update(sampler="resshift")
    GroundTruth.objects.filter(item__position=0).delete()
    GroundTruth.objects.update(sha256="0" * 64)
    Study.objects.update(tie_rule="random", control_draws=200, ensemble_size=1, target_participants=3)
    Invitation.objects.update(note="other")
    StudyMembership.objects.filter(role="viewer").delete()
    user = study.memberships.get(role="owner").user
    user.username = "somebody_else"
    user.save()


@pytest.mark.parametrize("label", [False, True])
@pytest.mark.parametrize("answered", [0, 2])
def test_pages_do_not_depend_on_what_is_hidden(study: Study, in_the_middle: Any, answered: int, label: bool) -> None:
    """1.15 (10): byte for byte, so that nothing hidden can be worked out from sizes, order or wording."""
    crawler = in_the_middle(answered, label=label)
    person = own(study)
    pages(crawler)  # the first look is noted
    before = pages(crawler)
    change_all_that_is_hidden(study)
    assert person != own(study)
    after = pages(crawler)
    assert before == after


def test_a_changed_page_would_be_noticed(study: Study, in_the_middle: Any) -> None:
    crawler = in_the_middle(0)
    before = pages(crawler)
    Study.objects.update(question="Which letter is this?")
    assert pages(crawler) != before


# By their form.


def test_families_cannot_be_told_by_form_or_place(study: Study, in_the_middle: Any) -> None:
    """All pictures of a trial have one header (size, depth, colour), and each family stands all over the pages."""
    crawler = in_the_middle(0, label=True)
    trial = own(study).trials.get(number=2)
    path = f"/s/{study.slug}/trial/2/candidates.bin"
    shown = unpack_pngs(body_of(crawler.client.get(path)))
    assert len(shown) == 20
    assert len({picture[8:33] for picture in shown}) == 1
    assert mixed(trial, [hashlib.sha256(picture).hexdigest() for picture in shown]) > 0
    # 12 and 8 in any order change 9.6 times on average, two blocks once.
    others = [factories.participant(study).trials.get(item=trial.item, repeat=0) for _ in range(20)]
    orders = [[sample.sha256 for page in candidate_pages(other) for sample in page] for other in others]
    assert 7.5 < sum(mixed(trial, order) for order in orders) / len(orders) < 12


def mixed(trial: Trial, order: list[str]) -> int:
    """How often the family changes from one place to the next."""
    names = {sample.sha256: sample.job.weights.name for sample in trial.item.pool.select_related("job__weights")}
    families = [names[sha256] for sha256 in order]
    return sum(before != after for before, after in itertools.pairwise(families))


def test_two_people_get_as_many_bytes(study: Study, in_the_middle: Any) -> None:
    """The size of the whole bundle tells nothing about its order."""
    sizes = set()
    for _ in range(2):
        crawler = in_the_middle(0, label=True)
        item = own(study).trials.get(number=2).item_id
        number = own(study).trials.get(item=item, repeat=0).number
        sizes.add((item, len(body_of(crawler.client.get(f"/s/{study.slug}/trial/{number}/candidates.bin")))))
    assert len(sizes) == len({item for item, _ in sizes})


# Beyond the participants' own pages.


def everywhere(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Every address of the site with plausible values."""
    for part in resolver.url_patterns:
        route = before + str(part.pattern)
        if isinstance(part, URLResolver):
            yield from everywhere(part, route)
        else:
            assert isinstance(part, URLPattern)
            for value in ("1", "low-res", "truth"):
                plain = re.sub(r"<\w+:\w+>|<\w+>|\(\?P<\w+>[^)]*\)", value, route)
                yield "/" + re.sub(r"[\^$\\?]|\(.*?\)", "", plain)


def test_no_other_page_of_the_site_opens(study: Study, in_the_middle: Any) -> None:
    """Researchers' pages, the API, the administration, stored files: not for a participant."""
    client, secrets = in_the_middle(1).client, Secrets.of(study)
    truth = GroundTruth.objects.first()
    assert truth is not None
    pks = [study.pk, study.items.first().pk, truth.pk, Sample.objects.first().pk]
    paths = set(everywhere(get_resolver())) | {
        f"/studies/{pk}/{rest}" for pk in pks for rest in ("", "results/", "export.zip", f"images/truth/{pk}.png")
    }
    paths |= {f"/api/studies/{study.pk}/{rest}/" for rest in ("results", "ballots", "items")}
    sha256 = truth.sha256
    for folder in ("/media/", "/static/", "/truth/", "/data/truth/", "/static/../data/truth/"):
        paths |= {f"{folder}truth/{sha256[:2]}/{sha256}.png", f"{folder}{sha256}.png"}
    assert len(paths) > 60
    for path in sorted(paths):
        answer = client.get(path)
        found = body_of(answer) if hasattr(answer, "streaming") else b""
        assert answer.status_code != 200 or not path.startswith(("/studies", "/admin/studies", "/media")), path
        assert [*secrets.in_pictures(found, set())] == [], path
        if not path.startswith(("/api/schema", "/static")):  # the schema speaks of samplers and seeds in general
            assert [text for text in secrets.in_text(found) if text not in ("seed", "sampler", "votes", "truth")] == []


# The crawl itself: it would find what it looks for.


@pytest.mark.parametrize(
    "leak",
    [
        lambda study: str(study.seed).encode(),
        lambda study: b'<img alt="sample of Mnemosyne">',
        lambda study: study.items.first().truth.sha256.encode(),
        lambda study: bytes.fromhex(study.items.first().pool[3].sha256),
        lambda study: f"x-job: {study.items.first().jobs.first().digest}".encode(),
        lambda study: blindness.RESEARCHER.upper().encode(),
        lambda study: str(study.items.first().pool[0].pk).encode(),
    ],
)
def test_secrets_are_found_in_text(study: Study, leak: Callable[[Study], bytes]) -> None:
    assert list(Secrets.of(study).in_text(b"before " + leak(study) + b" after"))


def test_a_truth_is_found_however_it_is_packed(study: Study) -> None:
    secrets = Secrets.of(study)
    truth = secrets.truths[0]
    smaller = truth[::2, ::2]
    darker = to_uint8(truth / 255 * 0.9)
    for picture in (truth, smaller, darker):
        data = b"\x05\x00\x00\x00" + encode_png(np.ascontiguousarray(picture)) + b"end"
        assert list(secrets.in_pictures(data, set())), picture.shape
    assert list(secrets.in_pictures(secrets.files[0], set()))
    assert not list(secrets.in_pictures(encode_png(factories.pixels(32)), set()))


def test_candidates_are_found_however_they_are_packed(study: Study) -> None:
    secrets, item = Secrets.of(study), study.items.all()[0]
    sample = encode_png(pixels(factories_png(item)))
    assert list(secrets.in_pictures(b"xx" + sample, set()))
    assert not list(secrets.in_pictures(b"xx" + sample, {item.pk}))


def factories_png(item: Item) -> bytes:
    from inference import store

    return store.get(item.pool[0].sha256, "samples", ".png")


def test_unrelated_pictures_do_not_look_alike() -> None:
    some = [np.repeat(factories.pixels(32), 3, axis=2) for _ in range(30)]
    assert not any(alike(first, second) for first, second in itertools.combinations(some, 2))


def test_pictures_of_texts_are_known_to_the_crawl(study: Study) -> None:
    assert StudyPicture.objects.filter(study=study).count() == 1
