"""The rating phase in the report: its settings in words, who came, and the very pictures that people saw."""

from __future__ import annotations

from typing import Any

import pytest

from inference.core.images import read_uint8
from studies.models import RatingPhase, StimulusKind, Study
from studies.reporting import making, work
from studies.reports.blocks import Block, Facts, Heading, Picture, Pictures, Text
from studies.reports.document import blocks as parts
from studies.services.opinions import methods, rating_phase, stimuli
from studies.services.simulated import simulated_ratings
from tests.studies import rated

pytestmark = pytest.mark.django_db


def closed(**settings: Any) -> Study:
    """Two images with truths and an uploaded method; two people rated, all of it or nothing."""
    study = rated.voted(items=2, voters=3)
    methods.add(study, "EDSR", rated.method_files(study))
    phase = rated.opened(study, **settings)
    for person in study.participants.order_by("pk")[:2]:
        rated.rate_all(person)
    rating_phase.close_phase(phase)
    return study


def part(study: Study) -> list[Block]:
    """The blocks of the part, with its heading."""
    found: list[Block] = list(parts(making.source(study, work.ready(study))))
    begins = [place for place, block in enumerate(found) if isinstance(block, Heading) and block.level == 1]
    starts = [place for place in begins if found[place].text == "Rating phase"]  # type: ignore[union-attr]
    if not starts:
        return []
    (start,) = starts
    end = next(place for place in begins if place > start)
    assert found[end].text == "Opinion scores"  # type: ignore[union-attr]
    return found[start:end]


def facts(blocks: list[Block]) -> dict[str, str]:
    return {name: value for block in blocks if isinstance(block, Facts) for name, value in block.rows}


def words(blocks: list[Block]) -> str:
    return " ".join(block.text for block in blocks if isinstance(block, Text | Heading))


def pictures(blocks: list[Block]) -> list[Picture]:
    return [picture for block in blocks if isinstance(block, Pictures) for picture in block.pictures]


def test_settings_are_told_in_words() -> None:
    told = part(closed(mode="acr", repeats=2, instructions="Sit *upright*.\n\nTake your time."))
    found = facts(told)
    assert "absolute category rating" in found["Asked"]
    assert found["Who rated"] == "people who had finished voting in this study"
    assert found["The truth"] == "rated among the others, unannounced, where an image has one"
    assert found["Bicubic, as a low anchor"] == "rated among the others"
    assert found["Asked once more, at the end"] == "2 ratings of each person"
    assert found["Most ratings of one person, without repeats"] == "12", "all: half an hour is enough for them"
    assert "Williams design" in found["Order, where everybody rates all"]
    assert "Sit *upright*. Take your time." in words(told)
    assert "2 people began to rate." in words(told)


def test_other_settings_are_other_words() -> None:
    found = facts(part(closed(mode="dcr", hidden_reference=False, anchors=False, per_person=4)))
    assert found["The truth"] == "stands beside each picture; itself not rated"
    assert found["Bicubic, as a low anchor"] == "not rated"
    assert found["Asked once more, at the end"] == "0 ratings"
    assert found["Most ratings of one person, without repeats"] == "4"


def test_the_pictures_are_those_that_people_saw_each_with_what_it_is() -> None:
    study = closed()
    phase = RatingPhase.objects.get(study=study)
    shown = pictures(part(study))
    made = list(phase.stimuli.order_by("item__position", "pk"))
    assert len(shown) == len(made) == 12
    for picture, stimulus in zip(shown, made, strict=True):
        assert (read_uint8(picture.read()) == read_uint8(stimuli.png(stimulus))).all()
        assert study.items.get(pk=stimulus.item_id).name in picture.alt
    captions = [picture.caption for picture in shown]
    for item in study.items.order_by("position"):
        m = item.pool.count()
        single = stimuli.single_index(phase.seed, item.position, m)
        n = len(made[0].provenance["members"])
        drawn = sorted(stimuli.control_indexes(phase.seed, item.position, m, n))
        mine = captions[6 * item.position : 6 * item.position + 6]
        assert mine[0].startswith("Ensemble: mean of samples ")
        named = f"{', '.join(map(str, drawn[:-1]))} and {drawn[-1]}"
        assert mine[1:3] == [f"Random control: mean of samples {named}", f"Single sample: sample {single}"]
        assert mine[3:] == ["Bicubic", "EDSR", "Truth"]


def test_simulated_raters_stand_out() -> None:
    study = rated.voted(items=1)
    phase = rated.opened(study, who="others")
    simulated_ratings.simulate(study, count=3, seed=1)
    rating_phase.close_phase(phase)
    (told,) = [block for block in part(study) if isinstance(block, Text) and block.kind == "caution"]
    assert "0 people began to rate. Beside them, 3 simulated raters began: a rehearsal, not evidence." in told.text


def test_a_study_without_a_rating_phase_has_no_such_part() -> None:
    assert part(rated.voted(items=1)) == []


def test_a_phase_that_never_opened_says_so() -> None:
    study = rated.voted(items=1)
    rating_phase.update(study, repeats=1)
    told = part(study)
    assert "set up, but not opened: nobody has rated" in words(told)
    assert "have not been made" in words(told)
    assert facts(told)["Most ratings of one person, without repeats"] == "as many as fit into half an hour"
    assert pictures(told) == []


def test_a_truth_is_not_shown_while_its_study_is_open() -> None:
    study = closed()
    Study.objects.filter(pk=study.pk).update(state="open")
    captions = [picture.caption for picture in pictures(part(study))]
    assert "Truth" not in captions
    assert RatingPhase.objects.get(study=study).stimuli.filter(kind=StimulusKind.REFERENCE).count() == 2
