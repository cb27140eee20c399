"""SVG figures: the right places, no styles that a strict policy would block, names defused."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import numpy as np

from studies.reports import figures
from studies.reports.colours import colour_map


def parsed(svg: str) -> ElementTree.Element:
    assert "style" not in svg
    return ElementTree.fromstring(svg)


def test_share_bar() -> None:
    svg = parsed(figures.share_bar("22 of 30", 22 / 30, 0.55552, 0.85817))
    fill = svg.find("rect[@class='figure-fill']")
    whisker = svg.find("line[@class='figure-whisker']")
    assert fill is not None
    assert whisker is not None
    assert fill.get("width") == "73.33"
    assert (whisker.get("x1"), whisker.get("x2")) == ("55.55", "85.82")


def test_names_are_defused() -> None:
    assert parsed(figures.share_bar("<script>alert(1)</script>", 0.5, 0.4, 0.6)).find("title") is not None


def place(svg: ElementTree.Element) -> tuple[float, float, float]:
    """Left and right end of the band, centre of the diamond."""
    band, point = svg.find("rect[@class='figure-band']"), svg.find("polygon")
    assert band is not None
    assert point is not None
    start = float(band.get("x", ""))
    points = [float(pair.split(",")[0]) for pair in point.get("points", "").split()]
    return start, start + float(band.get("width", "")), (min(points) + max(points)) / 2


def test_band_strip_shows_the_ensemble_inside_or_outside_the_band() -> None:
    for value, inside in ((25.0, True), (30.0, False), (10.0, False)):
        start, end, point = place(parsed(figures.band_strip("x", low=20, middle=24, high=28, value=value)))
        assert (start < point < end) == inside
        assert 0 <= min(start, point) < max(end, point) <= 320


def test_band_without_width_still_shows() -> None:
    start, end, point = place(parsed(figures.band_strip("x", low=100, middle=100, high=100, value=100)))
    assert end - start > 0
    assert abs(point - start) < 2


def test_undefined_numbers_draw_nothing() -> None:
    assert figures.band_strip("x", low=1, middle=2, high=3, value=math.nan) == ""


def test_colour_map_is_viridis() -> None:
    """Matplotlib's colours at the quarters (#440154 #3b528b #21918c #5ec962 #fde725), as near as 16 anchors come."""
    wanted = [(0x44, 0x01, 0x54), (0x3B, 0x52, 0x8B), (0x21, 0x91, 0x8C), (0x5E, 0xC9, 0x62), (0xFD, 0xE7, 0x25)]
    quarters = np.linspace(0, 1, 5)[None]
    assert np.abs(colour_map(quarters, maximum=1.0)[0].astype(int) - wanted).max() <= 4
    assert (colour_map(2 * quarters, maximum=2.0) == colour_map(quarters, maximum=1.0)).all()
    assert (colour_map(np.array([[9.0]]), maximum=1.0) == (0xFD, 0xE7, 0x25)).all()
