"""What people named, as tables and as evidence; and simulated people, who read pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from inference.core.degradation import upscale
from inference.core.images import read_image, to_uint8
from studies.models import Evidence, Item, Rating, Study
from studies.services import enrolment, rating
from studies.services.opinions import stimuli
from studies.services.opinions.names import Names, names
from studies.services.simulated import perception, simulated_names, simulated_ratings, simulation
from tests.studies import factories, rated
from tests.studies.named import worked_out

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def named(study: Study, answer: Callable[[Rating, int], str], **settings: Any) -> Study:
    """Everybody who voted names every picture. answer: of a rating and the person's number"""
    rated.opened(study, mode="naming", **settings)
    for number, person in enumerate(study.participants.order_by("pk")):
        rater = rating.begin(person)
        while (one := rating.current(rater)) is not None:
            rated.give(one, answer(one, number))
    return study


def evidence(study: Study) -> Any:
    return Evidence.objects.get(study=worked_out(study)).figures["study"]["naming"]


def before_and_after(study: Study) -> Names:
    return names(study, _votes(study))


def _votes(study: Study) -> dict[int, dict[int, str]]:
    return {
        item.pk: dict(study.participants.filter(trials__item=item).values_list("pk", "trials__label"))
        for item in study.items.all()
    }


def test_names_stand_beside_the_same_persons_votes() -> None:
    """The first voted 5, and names the ensemble 6; what is asked once more at the end is left out."""
    study = rated.voted(items=2)
    Item.objects.filter(study=study, position=1).update(expected_label="6")
    named(study, lambda one, _: "6" if one.stimulus.kind == "ensemble" and not one.repeat else "5", repeats=3)
    found = before_and_after(study)
    assert (found.people, found.simulated) == (2, 0)
    assert [(one.item, one.right) for one in found.items] == [(0, ""), (1, "6")]
    assert list(found.items[0].after) == ["ensemble", "control", "single", "bicubic", "reference"]
    assert set(found.items[0].before.values()) == {"5"}
    assert set(found.items[1].after["ensemble"].values()) == {"6"}
    assert found.items[0].after["ensemble"].keys() == found.items[0].before.keys()


def test_who_left_or_is_left_out_is_not_there() -> None:
    study = rated.voted(items=1, voters=3)
    named(study, lambda *_: "5")
    gone, out, stays = study.participants.order_by("pk")
    enrolment.withdraw(gone)
    found = names(study, _votes(study), without=frozenset({out.pk}))
    assert found.people == 1
    assert list(found.items[0].before) == list(found.items[0].after["ensemble"]) == [str(stays.pk)]


def test_other_phases_name_nothing() -> None:
    study = rated.voted(items=1)
    assert before_and_after(study) is None
    rated.opened(study)
    assert before_and_after(study) is None


def test_the_evidence_tells_who_became_right() -> None:
    """Six voted 5, which is wrong; five of them name the ensemble rightly: p = 2/2**5, and the shift is told."""
    study = rated.voted(items=1, voters=6)
    Item.objects.filter(study=study).update(expected_label="6")
    named(study, lambda one, person: "6" if one.stimulus.kind == "ensemble" and person else "5")
    found = evidence(study)
    right = found["right"]["items"][0]
    assert (found["people"], found["simulated"]) == (6, 0)
    assert right["before"]["value"] == 0
    assert right["conditions"]["ensemble"]["value"] == pytest.approx(5 / 6)
    assert right["mcnemar"]["ensemble"]["value"] == pytest.approx(0.0625)
    assert found["items"][0]["shifts"]["ensemble"]["counts"] == [[1, 5, 0], [0, 0, 0], [0, 0, 0]]
    assert right["mcnemar"]["control"]["reason"] == "undefined: nobody changed"


def test_new_people_have_no_before() -> None:
    study = rated.voted(items=1)
    rated.opened(study, mode="naming", who="others")
    rated.rate_all(rated.newcomer(study), "6")
    (item,) = evidence(study)["items"]
    assert item["before"][0]["value"] is None
    assert item["shifts"]["ensemble"]["reason"] == "undefined: nobody named both"
    assert item["conditions"]["ensemble"][1]["value"] == 1


def test_without_answers_the_evidence_says_nothing() -> None:
    study = rated.voted(items=1)
    rated.opened(study, mode="naming")
    assert evidence(study) == {}


def test_simulated_people_name_by_pixels_alone() -> None:
    """What is known to be right changes nothing, and a picture of a 5 is read as one."""
    study = factories.open_study_with_pool(items=1, truth=True, labels=[str(digit) for digit in range(10)])
    simulation.simulate(study, count=4, seed=1)
    phase = rated.opened(rated.close(study), mode="naming")
    seen = simulated_names.views(phase)
    Item.objects.filter(study=study).update(expected_label="3")
    again = simulated_names.views(phase)
    assert all(np.array_equal(seen[pk], again[pk]) for pk in seen)
    for one in phase.stimuli.all():
        picture = to_uint8(read_image(stimuli.png(one)))
        assert np.array_equal(seen[one.pk], perception.read_picture(study, one.item, picture))
        assert seen[one.pk].sum() == pytest.approx(1)
    simulated_ratings.simulate(study, count=4, seed=2)
    found = before_and_after(study)
    assert (found.people, found.simulated) == (4, 4)
    assert all(len(given) == 4 for given in found.items[0].after.values())


def test_a_digit_is_read_in_its_picture() -> None:
    """Scans of scikit-learn's set, enlarged: most are named as they are labelled."""
    study = factories.open_study_with_pool(labels=[str(digit) for digit in range(10)])
    scans = load_digits()
    named = []
    for scan in scans.images[:30]:
        picture = to_uint8(np.clip(np.pad(upscale(scan[..., None] / 16, 3), ((4, 4), (4, 4), (0, 0))), 0, 1))
        named.append(int(perception.read_picture(study, study.items.get(), picture).argmax()))
    assert np.mean(np.array(named) == scans.target[:30]) > 0.7


def test_without_a_reader_all_pictures_of_an_item_look_alike() -> None:
    study = factories.open_study_with_pool(labels=["cat", "dog"])
    item = study.items.get()
    one, other = (perception.read_picture(study, item, factories.pixels(32)) for _ in range(2))
    assert np.array_equal(one, other)
