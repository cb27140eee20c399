"""Each kind of drawing: the marks, numbers and words that its reader needs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from studies.aggregation.comparison import friedman_nemenyi
from studies.aggregation.intervals import wilson
from studies.reports.drawings.canvas import BLUE, ORANGE, PALE, RED, SKY
from studies.reports.drawings.control import Mark, control_band
from studies.reports.drawings.critical_difference import critical_difference
from studies.reports.drawings.curves import convergence
from studies.reports.drawings.inclusion import inclusion
from studies.reports.drawings.intervals import Point, label_shares, opinion_scores
from studies.reports.drawings.maps import image_map
from studies.reports.drawings.votes import votes
from tests.studies.reports.drawings.reading import SVG, parsed, shapes, table, words


def lines(figure, colour: str) -> int:
    return sum(one.get("stroke") == colour and one.get("fill") == "none" for one in parsed(figure).iter())


def test_critical_differences_name_methods_from_best_to_worst_and_tie_groups():
    """Five methods in the same order on ten images: neighbours, one rank apart, are within 1.929."""
    ranks = friedman_nemenyi(np.arange(5)[:, None] * np.ones(10))
    figure = critical_difference("ranks", "Mean ranks", list("abcde"), ranks)
    assert [row["method"] for row in table(figure)] == list("edcba")
    assert [row["groups"] for row in table(figure)] == ["1", "1 2", "2 3", "3 4", "4"]
    assert "critical difference 1.93" in words(figure)
    assert {f"{name}  {rank}.00" for rank, name in enumerate("edcba", start=1)} <= set(words(figure))
    assert lines(figure, RED) == 4 + 1  # groups, and the critical difference itself


def test_critical_differences_are_drawn_without_methods_that_lack_images():
    holed = np.vstack([np.arange(5)[:, None] * np.ones(10), [1, *[np.nan] * 9]])
    figure = critical_difference("ranks", "Mean ranks", list("abcdef"), friedman_nemenyi(holed))
    assert [row["method"] for row in table(figure)] == list("edcba")
    assert "critical difference 1.93" in words(figure)


def test_critical_differences_without_enough_images_say_so():
    figure = critical_difference("ranks", "Mean ranks", ["a", "b"], friedman_nemenyi(np.ones((2, 9))))
    assert any("three methods or more" in word for word in words(figure))
    assert figure.rows == ()


def test_opinion_scores_lie_between_bad_and_excellent():
    figure = opinion_scores("scores", "Scores", [Point("voted", 4.25, 4.0, 4.5, 60), Point("bicubic", 2, 1.5, 2.5, 60)])
    assert {"Bad", "Excellent", "voted", "bicubic", "4.25", "2.00"} <= set(words(figure))
    assert table(figure)[0] == {"method": "voted", "score": "4.25", "low": "4.0", "high": "4.5", "ratings": "60"}


def test_label_shares_are_counted_and_have_their_intervals():
    """22 of 30, the protocol paper's headline: 56 to 86 %."""
    share = wilson(22, 30)
    figure = label_shares("shares", "Shares", [Point("5", share.value, share.low, share.high, 22, 30)])
    assert "22 of 30, 73 % (56 % to 86 %)" in words(figure)
    assert shapes(figure, SKY) == 1
    assert float(table(figure)[0]["low"]) == pytest.approx(0.55552, abs=5e-6)


def test_no_ballots_or_ratings_are_said_in_words():
    none = Point("5", math.nan, math.nan, math.nan, 0, 0)
    assert words(label_shares("shares", "Shares", [none])) == ["There are no ballots yet."]
    assert words(opinion_scores("scores", "Scores", [])) == ["There are no ratings yet."]
    assert words(votes("votes", "Votes", [0, 0], chosen=[])) == ["No sample has a vote yet."]
    assert "no random control" in words(control_band("c", "C", [math.nan], [], unit="dB"))[0]
    assert words(image_map("m", "Map", [[math.nan]], unit="levels")) == ["The map is undefined."]
    assert len(words(inclusion("i", "I", [math.nan], chosen=[]))) == 1
    assert len(words(convergence("c", "C", [1], [math.nan], [math.nan], [math.nan], unit="dB"))) == 1


def test_votes_show_who_is_chosen_who_tied_and_what_chance_explains():
    figure = votes("votes", "Votes", [0, 7, 2, 4, 2, 2, 1], chosen=[1, 3, 2], tied=[2, 4, 5], threshold=4)
    told = words(figure)
    assert told[told.index("votes") + 1 :][:6] == ["1", "3", "2", "4", "5", "6"]
    assert {"votes", "cut", "tied at the cut, left out", "more than chance from here"} <= set(words(figure))
    assert "sample · 1 of 7 have no vote" in words(figure)
    legend = 1
    assert (shapes(figure, BLUE), shapes(figure, ORANGE), shapes(figure, PALE)) == (3 + legend, 2 + legend, 1 + legend)
    assert [row["votes"] for row in table(figure)] == ["7", "4", "2", "2", "2", "1", "0"]
    assert [row["chosen"] for row in table(figure)][:4] == ["true", "true", "true", "false"]


def test_large_pools_draw_sixty_and_say_how_many_more_there_are():
    figure = votes("votes", "Votes", [1] * 100 + [0] * 224, chosen=[0])
    assert shapes(figure, BLUE) + shapes(figure, PALE) == 60 + 2
    assert "sample · 40 more with votes are not drawn · 224 of 324 have no vote" in words(figure)
    assert "more than chance from here" not in words(figure)
    assert len(figure.rows) == 324


def test_a_tie_that_leaves_all_out_is_shown_as_such():
    figure = votes("votes", "Votes", [2, 2, 2], chosen=[], tied=[0, 1, 2], threshold=3)
    assert shapes(figure, ORANGE) == 3 + 1
    assert not {"chosen", "not chosen", "cut"} & set(words(figure))


def test_convergence_draws_a_line_and_a_band():
    figure = convergence("c", "C", [1, 2, 3], [20, 25, 30], [18, 24, 29], [22, 27, 31], unit="PSNR (dB)")
    assert {"participants", "PSNR (dB)", "mean", "95 % of random orders"} <= set(words(figure))
    assert lines(figure, BLUE) >= 1
    assert shapes(figure, SKY) >= 1
    assert [row["mean"] for row in table(figure)] == ["20", "25", "30"]


def test_the_control_band_shows_the_ensemble_and_every_baseline():
    draws = np.linspace(25, 26, 200).tolist()
    marks = [Mark("ensemble", 26.5), Mark("mean of all", 25.7), Mark("bicubic", 24.0), Mark("medoid", math.nan)]
    figure = control_band("c", "C", draws, marks, unit="PSNR (dB)")
    assert {"ensemble 26.50", "mean of all 25.70", "bicubic 24.00", "middle 95 % of 200 random selections"} <= set(
        words(figure)
    )
    assert not any("medoid" in word for word in words(figure))
    assert len(figure.rows) == 204
    assert table(figure)[3] == {"kind": "medoid", "value": ""}


def test_a_control_without_variation_is_one_bar():
    figure = control_band("c", "C", [100.0] * 200, [Mark("ensemble", 100.0), Mark("bicubic", 30.0)], unit="dB")
    assert shapes(figure, "#b8b8b8") == 1
    assert "ensemble 100.00" in words(figure)


def test_inclusion_is_sorted_and_marks_what_was_chosen():
    figure = inclusion("i", "I", [0.1, 0.9, 0.0, 0.5], chosen=[1, 3])
    assert [word for word in words(figure) if word in {"0", "1", "2", "3"}] == ["1", "3", "0"]
    assert "sample · 3 of 4 were ever chosen" in words(figure)
    assert (shapes(figure, BLUE), shapes(figure, PALE)) == (2 + 1, 1 + 1)


def test_maps_have_a_scale_in_numbers_and_their_unit():
    figure = image_map("m", "Map", [[0, 5], [10, 20]], unit="8-bit levels", maximum=20)
    assert {"0.0", "20.0", "8-bit levels"} <= set(words(figure))
    assert len(list(parsed(figure).iter(f"{SVG}image"))) == 2  # the map and its scale
    assert table(figure) == [{"minimum": "0.0", "mean": "8.75", "maximum": "20.0", "scale": "20"}]


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (1300, 40)])
def test_maps_of_any_size_are_drawn(shape):
    figure = image_map("m", "Map", np.ones(shape), unit="levels")
    assert float(table(figure)[0]["mean"]) == pytest.approx(1)
    assert len(figure.png) < 100_000


def test_a_map_of_zeros_has_a_scale_of_zero():
    figure = image_map("m", "Map", np.zeros((4, 4)), unit="levels")
    assert sorted(words(figure)) == ["0", "levels"]


def test_a_map_is_one_number_for_every_pixel():
    with pytest.raises(ValueError, match="one number for every pixel"):
        image_map("m", "Map", np.zeros((4, 4, 3)), unit="levels")
