"""What a page observed: kept where it makes sense, left out where it does not, given back after a reload."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studies.models import Observation, Trial
from studies.services.trials import observing
from tests.studies import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]

WHOLE: dict[str, Any] = {
    "exposure_ms": [100 * place for place in range(12)],
    "pages": [4000, 0, 250],
    "events": [
        [10, "pick", 3],
        [900, "page", 2],
        [950, "ratio", 1.25],
        [990, "resize", "800x600"],
        [999, "blur", None],
    ],
    "label_ms": 1500,
    "picking_ms": 4250,
    "hidden_ms": 30,
    "focus_losses": 1,
    "pixel_ratio": 1.5,
    "ratio_changes": 1,
    "window": [800, 600],
}


@pytest.fixture
def trial() -> Trial:
    """Of 12 candidates on three pages."""
    return factories.labelled_trial(factories.open_study_with_pool(page_size=4))


def stored(trial: Trial, sent: Any, pool: int = 12) -> Observation:
    observing.store(observing.read(trial, sent if isinstance(sent, str) else json.dumps(sent), pool))
    return Observation.objects.get()


def test_all_of_it_is_stored(trial: Trial) -> None:
    """1.15 (3) and (4): which candidates were on screen and for how long, and the ratio with its changes."""
    row = stored(trial, WHOLE)
    for name, value in WHOLE.items():
        if name != "window":
            assert getattr(row, name) == value, name
    assert (row.window_width, row.window_height) == (800, 600)


def test_the_page_gets_it_back(trial: Trial) -> None:
    again = json.loads(observing.as_json(stored(trial, WHOLE)))
    assert again == {name: value for name, value in WHOLE.items() if name != "window"}
    assert observing.as_json(None) == "{}"


def test_the_later_takes_the_place_of_the_earlier(trial: Trial, django_assert_num_queries: Any) -> None:
    stored(trial, WHOLE)
    before = Observation.objects.get().updated_at
    with django_assert_num_queries(2):
        row = stored(trial, WHOLE | {"picking_ms": 9000})
    assert row.picking_ms == 9000
    assert row.updated_at > before
    assert Observation.objects.count() == 1


def test_milliseconds_are_whole(trial: Trial) -> None:
    row = stored(trial, {"picking_ms": 12.6, "exposure_ms": [0.4] * 12, "events": [[7.7, "pick", 1]]})
    assert (row.picking_ms, row.exposure_ms, row.events) == (13, [0] * 12, [[8, "pick", 1]])


@pytest.mark.parametrize(
    ("name", "nonsense"),
    [
        ("exposure_ms", [1, 2]),
        ("exposure_ms", [-1] * 12),
        ("exposure_ms", ["1"] * 12),
        ("exposure_ms", {"0": 1}),
        ("pages", [1, 2]),
        ("events", [[1, "pick"]]),
        ("events", [[1, "<b>", 2]]),
        ("events", [[1, "pick", [1]]]),
        ("events", [[1, "pick", "x" * 41]]),
        ("events", [[1, "pick", "\u0000"]]),
        ("events", [[1, "pick", "\ud800"]]),
        ("events", "none"),
        ("label_ms", -5),
        ("label_ms", "5"),
        ("label_ms", 2**31),
        ("picking_ms", True),
        ("pixel_ratio", 0),
        ("pixel_ratio", "2"),
        ("window", [800]),
        ("window", 800),
    ],
)
def test_what_makes_no_sense_is_left_out_and_logged(
    trial: Trial, caplog: pytest.LogCaptureFixture, name: str, nonsense: Any
) -> None:
    row = stored(trial, WHOLE | {name: nonsense})
    fresh = Observation()
    for field in ("window_width", "window_height") if name == "window" else (name,):
        assert getattr(row, field) == getattr(fresh, field)
        assert field in caplog.text
    assert row.hidden_ms == 30


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '"x"', '{"label_ms": Infinity}', "[" * 50_000])
def test_nonsense_is_nothing(trial: Trial, text: str) -> None:
    observation = observing.read(trial, text, 12)
    observing.store(observation)
    assert observation is None or observation.label_ms is None


def test_of_too_many_events_the_latest_are_kept(trial: Trial) -> None:
    row = stored(trial, {"events": [[place, "pick", place % 12] for place in range(2500)]})
    assert len(row.events) == 2000
    assert row.events[-1][0] == 2499


def test_before_the_candidates_are_shown_there_are_no_exposures(trial: Trial) -> None:
    row = stored(trial, {"label_ms": 800, "exposure_ms": [], "pages": []}, pool=0)
    assert (row.label_ms, row.exposure_ms, row.pages) == (800, [], [])
