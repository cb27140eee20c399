"""Nothing a participant can reach tells sampler, seed, votes, truth, or which stored file is shown."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
from collections.abc import Callable

import numpy as np
import pytest
from django.core.files.storage import storages
from django.db.models import F
from django.http import HttpResponse
from PIL import Image

from inference import store
from inference.models import Sample
from studies.models import GroundTruth, Item, Study
from tests.studies import factories
from tests.studies.views.participant.conftest import Person
from tests.studies.views.participant.test_trial_images import unpack

pytestmark = pytest.mark.django_db
Arrive = Callable[[Study], Person]

FAR = 7_000_000_000  # so that a number of ours cannot be in a page by chance
PICTURE_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


@pytest.fixture
def study() -> Study:
    made = factories.open_study_with_pool(items=2, truth=True, seed=4_242_424_242)
    other = factories.weights(sampler="srdiff", name="mnemosyne")
    made.additions.create(weights=other, count=6)
    for item in made.items.all():
        job = factories.more(item, 6, other)
        factories.more(item, 2, other, parents=list(job.samples.all()[:2]))
    Item.objects.update(name="zebra-truth-is-8.png")
    Sample.objects.update(id=F("id") + FAR, seed=F("seed") + 2 * FAR, lr_consistency=48.65432)
    return made


@pytest.fixture
def answers(study: Study, arrive: Arrive) -> list[HttpResponse]:
    """Every answer that a person gets who does all there is to do, once wrong and once right."""
    factories.vote_all(study, [0, 1])
    person = Person(study)
    seen = [person.get("welcome"), person.post("welcome", htmx=False)]
    for number in (1, 2):
        seen += [person.get("welcome"), person.get("trial"), person.get("trial-low-res", number)]
        seen += [person.get("candidates", number), person.post("label", number, label="9")]
        seen += [person.post("label", number, label="5"), person.get("trial"), person.get("candidates", number)]
        seen += [person.post("draft", number, positions=[1]), person.ballot(number, positions=[99])]
        seen += [person.ballot(number, positions=[1, 2]), person.ballot(number, positions=[3])]
    return [*seen, person.get("thanks"), person.post("withdraw"), person.get("welcome"), person.get("trial")]


def text(answer: HttpResponse) -> bytes:
    head = "".join(f"{name}: {value}\n" for name, value in answer.items())
    return head.encode() + answer.cookies.output().encode() + answer.content


def pictures(answer: HttpResponse) -> list[bytes]:
    if answer.headers.get("Content-Type") == "image/png":
        return [answer.content]
    return unpack(answer.content) if answer.headers.get("Content-Type") == "application/octet-stream" else []


def secrets_of(study: Study) -> list[str]:
    samples = Sample.objects.filter(job__in=study.items.values("jobs"))
    found = [str(value) for row in samples.values_list("sha256", "pk", "seed") for value in row]
    found += [str(value) for row in samples.values_list("job__digest", "lr_consistency") for value in row]
    found += study.items.values_list("low_res__sha256", flat=True)
    found += study.items.values_list("truth__sha256", flat=True)
    found += [str(value) for row in study.participants.values_list("seed", "code", "token_sha256") for value in row]
    found += [str(value) for row in samples.values_list("job__weights__sha256", "job__weights__name") for value in row]
    return [*set(found), str(study.seed), "ldm", "srdiff", "interpolation", "interpolated", "zebra", "simulated"]


def test_no_answer_holds_a_secret(study: Study, answers: list[HttpResponse]) -> None:
    assert sum(bool(pictures(answer)) for answer in answers) == 4
    for secret in secrets_of(study):
        pattern = re.compile(rb"(?<![A-Za-z0-9])" + re.escape(secret.encode()) + rb"(?![A-Za-z0-9])")
        for answer in answers:
            assert not pattern.search(text(answer)), f"{secret} in {answer.request['PATH_INFO']}"


def test_no_answer_holds_the_truth(answers: list[HttpResponse]) -> None:
    truths = [
        store.get(truth.sha256, "truth", ".png", storage=storages["truth"]) for truth in GroundTruth.objects.all()
    ]
    pixels = [np.asarray(Image.open(io.BytesIO(truth))) for truth in truths]
    assert len(truths) == 2
    for answer in answers:
        assert not any(truth in answer.content for truth in truths)
        for picture in pictures(answer):
            shown = np.asarray(Image.open(io.BytesIO(picture)))
            assert not any(np.array_equal(shown, truth) for truth in pixels)


def test_pictures_hold_pixels_only(answers: list[HttpResponse]) -> None:
    for picture in (picture for answer in answers for picture in pictures(answer)):
        at, chunks = 8, set()
        while at < len(picture):
            length = int.from_bytes(picture[at : at + 4], "big")
            chunks.add(picture[at + 4 : at + 8])
            at += length + 12
        assert chunks <= PICTURE_CHUNKS


def test_families_cannot_be_told_by_form_or_place(study: Study, arrive: Arrive) -> None:
    """All pictures of a trial have one header (size, depth, colour), and each family stands all over the page."""
    person = arrive(study)
    person.post("label", 1, label="5")
    shown = unpack(person.get("candidates", 1).content)
    assert len(shown) == 20
    assert len({picture[8:33] for picture in shown}) == 1
    item = study.items.get(trials__participant=study.participants.get(), trials__number=1)
    names = {sample.sha256: sample.job.weights.name for sample in item.pool.select_related("job__weights")}
    order = [names[hashlib.sha256(picture).hexdigest()] for picture in shown]
    changes = sum(before != after for before, after in itertools.pairwise(order))
    assert changes > 4, order


def test_other_peoples_votes_change_nothing(study: Study, arrive: Arrive) -> None:
    person = arrive(study)
    person.post("label", 1, label="5")
    before = [person.get("candidates", 1).content, _without_token(person.get("trial"))]
    factories.vote_all(study, [3, 4, 5])
    assert [person.get("candidates", 1).content, _without_token(person.get("trial"))] == before


def _without_token(answer: HttpResponse) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")\w+', "", answer.content.decode())
