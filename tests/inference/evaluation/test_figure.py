"""The figure: valid files that show every sampler, with and without labels."""

from __future__ import annotations

from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image

from inference.evaluation import EvaluationError
from inference.evaluation.drawing import Drawing
from inference.evaluation.figure import check_path, draw, steps, write

SVG = "{http://www.w3.org/2000/svg}"


def results(*names: str, labels: bool = True, diversity: float | None = 20.0) -> dict:
    bins = [{"count": 40, "share": 0.02, "frequency": 0.05}, {"count": 10, "share": 0.95, "frequency": 0.9}]
    summary = {
        "best_of": {"n": [1, 2, 3], "psnr_y": [20.0, 21.0, 21.5], "distance": [0.3, 0.2, 0.1]},
        "bicubic": {"psnr_y": 20.5},
        "diversity": {"score": diversity},
        "lr_consistency": {"mean": 38.0},
        **({"labels": {"all": {"every_share": {"bins": bins}}}} if labels else {}),
    }
    samplers = [{"name": name, "summary": summary} for name in names]
    return {"images": "digits <of fonts>", "samples_per_image": 3, "samplers": samplers}


def words(svg: bytes) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_every_sampler_is_named_and_drawn():
    found = draw(results("ldm/digits", "resshift/digits")).svg()
    assert {"ldm/digits", "resshift/digits", "how often a label is true", "bicubic"} <= set(words(found))
    curves = [line for line in ElementTree.fromstring(found).iter(f"{SVG}polyline") if line.get("stroke") == "#0072b2"]
    assert len(curves) == 2
    title = ElementTree.fromstring(found).find(f"{SVG}title")
    assert title is not None
    assert title.text == "digits <of fonts>: ldm/digits, resshift/digits"


def test_photographs_have_no_panel_of_labels():
    found = words(draw(results("ldm/photos", labels=False)).svg())
    assert "how often a label is true" not in found
    assert "LR consistency in dB" in found


def test_many_samplers_and_undefined_diversity_are_drawn():
    names = [f"ldm/number {number}" for number in range(9)]
    assert set(names) <= set(words(draw(results(*names, diversity=None)).svg()))


def test_both_files_are_written(tmp_path):
    write(results("ldm/digits"), tmp_path / "a.svg")
    write(results("ldm/digits"), tmp_path / "a.png")
    assert ElementTree.fromstring((tmp_path / "a.svg").read_bytes()).tag == f"{SVG}svg"
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG"
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 5


def test_other_files_are_refused(tmp_path):
    with pytest.raises(EvaluationError, match=r"\.svg or \.png"):
        check_path(tmp_path / "a.pdf")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(20.3, 24.9, [20, 21, 22, 23, 24, 25]), (0, 21, [0, 5, 10, 15, 20, 25]), (0, 0, [0, 0.0002])],
)
def test_round_numbers_hold_the_range(low, high, expected):
    found = steps(low, high)
    assert found[0] <= low <= high <= found[-1]
    assert found[: len(expected)] == pytest.approx(expected)


def test_dashes_leave_gaps():
    drawing = Drawing(40, 10, "a line")
    drawing.line([(0, 5), (40, 5)], "#000000", 2, dashed=True)
    row = Image.open(BytesIO(drawing.png())).convert("L").crop((0, 10, 80, 11)).tobytes()
    assert {0, 255} <= set(row)
