"""What every drawing keeps to: the same bytes each time, fit for any page, with its numbers beside it."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from PIL import Image

from studies.aggregation.comparison import friedman_nemenyi
from studies.reports.drawings.canvas import Figure, in_words, short
from studies.reports.drawings.control import Mark, control_band
from studies.reports.drawings.critical_difference import critical_difference
from studies.reports.drawings.curves import convergence
from studies.reports.drawings.inclusion import inclusion
from studies.reports.drawings.intervals import Point, label_shares, opinion_scores
from studies.reports.drawings.maps import image_map
from studies.reports.drawings.votes import votes
from tests.studies.reports.drawings.reading import SVG, parsed, table, words

METHODS = ["voted", "<b>bold</b> & $\\frac{1}{2}$", "=cmd()"]
POINTS = [Point(method, 3.0 + place, 2.5 + place, 3.5 + place, 40, 60) for place, method in enumerate(METHODS)]
SHARES = [Point(label, share, share / 2, 0.8, round(30 * share), 30) for label, share in {"5": 0.6, "6": 0.3}.items()]
RANKS = np.arange(3)[:, None] + np.random.default_rng(1).normal(size=(3, 9))


def everything() -> dict[str, Figure]:
    drawn = (
        critical_difference("ranks", "Mean ranks", METHODS, friedman_nemenyi(RANKS)),
        opinion_scores("scores", "Opinion scores", POINTS),
        label_shares("shares", "Shares of labels", SHARES),
        votes("votes", "Votes", [3, 0, 2, 2, 1], chosen=[0, 2], tied=[2, 3], threshold=3),
        convergence("settling", "Convergence", [1, 2, 3], [20, 25, 30], [18, 24, 29], [22, 27, 31], unit="PSNR (dB)"),
        control_band(
            "control", "Control", np.linspace(25, 26, 40).tolist(), [Mark("ensemble", 26.5)], unit="PSNR (dB)"
        ),
        inclusion("inclusion", "Inclusion", [0.9, 0.1, 0.0, 0.5], chosen=[0, 3]),
        image_map("spread", "Spread", np.arange(12.0).reshape(3, 4), unit="8-bit levels"),
        in_words("nothing", "Nothing yet", "There are no ballots yet."),
    )
    return {figure.name: figure for figure in drawn}


NAMES = list(everything())


@pytest.fixture(scope="module")
def drawn() -> dict[str, Figure]:
    return everything()


@pytest.mark.parametrize("name", NAMES)
def test_drawn_again_it_has_the_same_bytes(drawn, name):
    again = everything()[name]
    assert again.svg == drawn[name].svg
    assert again.png == drawn[name].png
    assert again.csv == drawn[name].csv


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_it_is_blocked_by_a_strict_policy_or_tells_when_it_was_made(drawn, name):
    svg = drawn[name].svg
    assert not any(
        word in svg for word in ("<style", "style=", "<script", "<metadata", "<!DOCTYPE", "matplotlib", "20:")
    )
    assert svg.startswith("<svg ")


@pytest.mark.parametrize("name", NAMES)
def test_its_ids_are_its_own_and_all_it_refers_to_is_there(drawn, name):
    root = parsed(drawn[name])
    ids = {one.get("id") for one in root.iter()} - {None}
    links = {value[1:] for one in root.iter() for key, value in one.items() if key.endswith("href") and value[0] == "#"}
    clips = {one.get("clip-path")[5:-1] for one in root.iter() if one.get("clip-path")}
    assert ids == links | clips
    assert all(one.startswith(f"{name}-") for one in ids)


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_title_for_those_who_cannot_see_it(drawn, name):
    root = parsed(drawn[name])
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == drawn[name].title


@pytest.mark.parametrize("name", NAMES)
def test_its_png_shows_the_same_at_200_dots_per_inch(drawn, name):
    picture = Image.open(io.BytesIO(drawn[name].png))
    box = [float(side) for side in parsed(drawn[name]).get("viewBox").split()[2:]]
    assert picture.size == pytest.approx([side / 72 * 200 for side in box], abs=1.5)
    assert picture.convert("L").getextrema()[0] < 200
    assert not {"Software", "Creation Time", "date:create"} & set(picture.info)


@pytest.mark.parametrize("name", NAMES)
def test_its_words_stay_words(drawn, name):
    assert name == "spread" or len(words(drawn[name])) > 0
    assert f"{SVG}text" in {one.tag for one in parsed(drawn[name]).iter()}


def test_names_from_outside_are_shown_as_they_are_and_run_nowhere(drawn):
    assert METHODS[1] in words(drawn["scores"])
    assert [row["method"] for row in table(drawn["scores"])] == [*METHODS[:2], "'=cmd()"]
    odd = label_shares("x", "<script>&", [Point('\x00a\tb\n<&>"', 0.5, 0.4, 0.6, 3, 6)])
    assert ' a b <&>"'.strip() in words(odd)
    assert parsed(odd)[0].text == "<script>&"


def test_long_names_are_cut_in_the_drawing_but_not_in_its_rows():
    name = "a method whose name is longer than anybody would read beside a figure"
    figure = opinion_scores("scores", "Scores", [Point(name, 3, 2, 4, 9)])
    assert any(word.endswith("…") and name.startswith(word[:-1]) for word in words(figure))
    assert table(figure)[0]["method"] == name
    assert short("plain") == "plain"


def test_undefined_numbers_are_empty_cells():
    figure = opinion_scores("scores", "Scores", [POINTS[0], Point("other", math.nan, math.nan, math.nan, 0)])
    assert table(figure)[1] == {"method": "other", "score": "", "low": "", "high": "", "ratings": "0"}
    assert "undefined" in words(figure)
