"""Main images, practice and attention checks: what goes together."""

from __future__ import annotations

from typing import Any

import pytest

from studies.errors import IntakeError, LifecycleError
from studies.models import Item, Kind, Study, StudyState
from studies.services import lifecycle
from studies.services.design import items
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def item() -> Item:
    return factories.item(factories.study())


@pytest.mark.parametrize(
    "marks",
    [
        {"kind": "main"},
        {"kind": "main", "expected_label": "5"},
        {"kind": "practice"},
        {"kind": "practice", "expected_label": "5", "feedback": "The tail is *open*."},
        {"kind": "attention", "expected_label": "6"},
    ],
)
def test_an_item_is_marked(item: Item, marks: dict[str, Any]) -> None:
    items.mark(item, **marks)
    stored = Item.objects.get()
    assert (stored.kind, stored.expected_label, stored.feedback) == (item.kind, item.expected_label, item.feedback)
    assert {name: getattr(stored, name) for name in marks} == marks


@pytest.mark.parametrize(
    ("marks", "sentence"),
    [
        ({"kind": "joke"}, "one of main, practice, attention"),
        ({"kind": "main", "expected_label": "7"}, "“7” is none of the study's labels: 5, 6."),
        ({"kind": "attention"}, "needs the label that is right"),
        ({"kind": "main", "feedback": "Well."}, "Only practice images have feedback"),
        ({"kind": "practice", "feedback": "x" * 5001}, "at most 5,000"),
    ],
)
def test_what_does_not_go_together(item: Item, marks: dict[str, Any], sentence: str) -> None:
    with pytest.raises(IntakeError, match=sentence):
        items.mark(item, **marks)
    assert Item.objects.get().kind == Kind.MAIN


def test_no_label_is_expected_where_none_is_asked() -> None:
    item = factories.item(factories.study(ask_label=False))
    with pytest.raises(IntakeError, match="does not ask for a label"):
        items.mark(item, kind="practice", expected_label="5")


def test_items_stay_as_they_are_once_people_have_started() -> None:
    study = factories.open_study_with_pool()
    with pytest.raises(IntakeError, match="is open"):
        items.mark(study.items.get(), kind="practice")
    factories.participant(study)
    Study.objects.update(state=StudyState.CLOSED)
    with pytest.raises(IntakeError, match="have started"):
        items.mark(Item.objects.get(), kind="practice")


def drawn(kinds: dict[str, str], **fields: Any) -> Study:
    """A draft that could be opened: kind -> expected label of each item."""
    study = factories.study(**fields)
    for kind, label in kinds.items():
        item = factories.item(study)
        Item.objects.filter(pk=item.pk).update(kind=kind, expected_label=label)
        factories.pool(item)
    return study


@pytest.mark.parametrize(
    ("kinds", "fields", "sentence"),
    [
        ({"practice": "", "attention": "5"}, {}, "at least one must be a main image"),
        ({"main": "", "attention": "5"}, {"repeats": 2}, "2 images cannot be repeated, because there are only 1"),
        ({"main": "", "attention": "8"}, {}, "expects the label “8”, which is none of the study's"),
        ({"main": "5"}, {"ask_label": False}, "does not ask for labels"),
    ],
)
def test_a_study_whose_items_do_not_fit_cannot_open(
    kinds: dict[str, str], fields: dict[str, Any], sentence: str
) -> None:
    study = drawn(kinds, **fields)
    with pytest.raises(LifecycleError, match=sentence):
        lifecycle.open_study(study)
    study.refresh_from_db()
    assert study.state == StudyState.DRAFT


def test_an_open_study_cannot_be_changed_into_one_that_does_not_fit() -> None:
    study = lifecycle.open_study(drawn({"main": "5", "attention": "6"}, repeats=1))
    for changes in ({"repeats": 2}, {"labels": ["5", "7"]}, {"ask_label": False}):
        with pytest.raises(LifecycleError):
            lifecycle.update_protocol(study, **changes)
    study.refresh_from_db()
    assert (study.repeats, study.labels, study.ask_label) == (1, ["5", "6"], True)


def test_a_study_that_shows_missing_pictures_cannot_open() -> None:
    study = drawn({"main": ""}, introduction="Look: ![a five](five)")
    with pytest.raises(LifecycleError, match="a picture “five” that is not there"):
        lifecycle.open_study(study)


def test_only_main_items_are_repeated_and_practice_comes_first() -> None:
    study = lifecycle.open_study(drawn({"attention": "5", "practice": "", "main": ""}, repeats=1))
    for _ in range(5):
        order = list(factories.participant(study).trials.values_list("item__kind", "repeat"))
        assert order[0] == ("practice", 0)
        assert sorted(order[1:3]) == [("attention", 0), ("main", 0)]
        assert order[3:] == [("main", 1)]
