"""Figures on a page of the PDF: the same words, shapes and places as in their SVG."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas

from studies.reports.drawings.canvas import BLUE, Figure
from studies.reports.drawings.curves import convergence
from studies.reports.drawings.inclusion import inclusion
from studies.reports.drawings.maps import image_map
from studies.reports.drawings.votes import votes
from studies.reports.pdf import letters, style, vector
from tests.studies.reports.drawings.reading import shapes, words

BLUE_FILL = b"0 .447059 .698039 rg"  # of 0, 114 and 178 of 255


@pytest.fixture(autouse=True)
def registered() -> None:
    style.register_fonts()


def page(figure: Figure) -> bytes:
    canvas = Canvas(io.BytesIO(), pageCompression=0)
    vector.draw(canvas, figure.svg)
    canvas.showPage()
    data: bytes = canvas.getpdfdata()
    return data


def test_every_word_is_set_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = votes("votes", "Votes", list(range(50)), chosen=[49, 48], tied=[47, 46], threshold=30)
    said: list[str] = []
    monkeypatch.setattr(letters, "draw", lambda canvas, x, y, text, font, size: said.append(text))
    page(figure)
    assert [text.strip() for text in said] == words(figure)


def test_shapes_have_their_colours_and_dashes() -> None:
    figure = votes("votes", "Votes", [3, 0, 2, 2, 1], chosen=[0, 2], tied=[2, 3], threshold=3)
    assert page(figure).count(BLUE_FILL) == shapes(figure, BLUE) == 2 + 1
    assert len(re.findall(rb"\[[\d. ]+\] [\d.]+ d", page(figure))) == figure.svg.count("stroke-dasharray") > 0


def test_a_line_runs_through_the_same_points() -> None:
    figure = convergence("c", "C", [1, 2, 3], [20, 25, 30], [18, 24, 29], [22, 27, 31], unit="dB")
    found = re.search(rf'd="M ([\d. L]+)"[^>]*stroke="{BLUE}"', figure.svg)
    assert found
    points = found[1].split("L")
    assert len(points) == 3
    traced = b" ".join(f"{point.strip()} {'l' if place else 'm'}".encode() for place, point in enumerate(points))
    assert traced in page(figure)


def test_words_in_the_middle_begin_half_their_width_before_it() -> None:
    figure = inclusion("i", "I", [0.5] * 3, chosen=[0])
    name = "sample · 3 of 3 were ever chosen"
    found = re.search(rf'x="([\d.]+)"[^>]*>{name}<', figure.svg)
    assert found
    begins = re.search(rf"1 0 0 -1 {found[1]} [^B]*BT 1 0 0 1 (\S+) 0 Tm".encode(), page(figure))
    assert begins
    assert float(begins[1]) == pytest.approx(-letters.width(name, style.PLAIN, 8) / 2, abs=1e-3)


def test_maps_are_pictures() -> None:
    figure = image_map("m", "Map", np.arange(12.0).reshape(3, 4), unit="levels")
    assert page(figure).count(b"/Subtype /Image") == 2  # the map and its scale
