"""Tables as in the paper: the same numbers in Markdown, LaTeX and CSV, and no text that breaks out of them."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest

from studies.aggregation import comparison
from studies.reports.tables import NONE, Table, compared, labels, lead, quality, quality_by_item
from studies.results import StudyResults, to_jsonable
from studies.services.results import collect
from tests.studies.exports.conftest import voted_study

AWKWARD = Table(
    "50 % & more_#1", ("Image", "a|b"), (("=1+1", "<b>$x^2$ \\ {y}~"), ("-5 µm", "“ü”\nline")), ("Note_1.",)
)


@pytest.fixture
def results(db: None) -> StudyResults:
    return collect(voted_study(items=3, name="Tables"))


def test_labels_have_wilson_intervals(results: StudyResults) -> None:
    """2 of 4 ballots say 5: Wilson's interval is [0.15004, 0.84996] (statsmodels' proportion_confint)."""
    table = labels(results)
    assert table.header == ("Image", "Label", "Ballots", "Share", "95 % interval")
    assert table.rows[0][1:] == ("5", "2 of 4", "50.0 %", "15.0 % to 85.0 %")
    assert len(table.rows) == 3 * 3
    assert any("Simulated" in note for note in table.notes)


def test_quality_is_the_mean_over_items_with_students_interval(results: StudyResults) -> None:
    """By hand: t of 2 degrees of freedom at 97.5 % is 4.302653 (Student's table)."""
    table = quality(results)
    psnr = [metric.ensemble for item in results.items if (metric := item.metric("psnr"))]
    mean = sum(psnr) / 3
    half = 4.302653 * math.sqrt(sum((value - mean) ** 2 for value in psnr) / 2 / 3)
    column = table.header.index("PSNR against the truth (dB)")
    row = next(row for row in table.rows if row[0] == "Voted ensemble")
    assert row[column] == f"{mean:.2f} [{mean - half:.2f} to {mean + half:.2f}]"
    assert table.rows[2][0] == "Control: mean of 3 random samples"


def test_means_over_fewer_images_say_over_how_many(results: StudyResults) -> None:
    """One image of three has no truth, so that two columns rest on two."""
    first, *others = results.items
    bare = tuple(metric for metric in first.evaluation.metrics if metric.name == "lr_consistency")
    mixed = (replace(first, evaluation=replace(first.evaluation, metrics=bare)), *others)
    rows = quality(replace(results, items=mixed)).rows
    assert [[cell.endswith("(n = 2)") for cell in row[1:]] for row in rows] == [[False, True, True]] * 4
    assert not any("n =" in cell for row in quality(results).rows for cell in row)


def test_one_item_has_no_interval_and_what_is_undefined_is_a_dash(results: StudyResults) -> None:
    item = results.items[0]
    hollow = replace(item, evaluation=replace(item.evaluation, metrics=()))
    assert "[" not in "".join(cell for row in quality(replace(results, items=(item,))).rows for cell in row)
    table = quality(replace(results, items=(hollow,)))
    assert table.rows == ()
    assert table.notes[0].startswith("Means over 0 of 1 images")
    metric = replace(item.evaluation.metrics[0], ensemble=math.nan)
    undefined = replace(item, evaluation=replace(item.evaluation, metrics=(metric,)))
    assert quality(replace(results, items=(undefined,))).rows[-1] == ("Voted ensemble", NONE)


def test_each_item_has_the_band_of_its_control(results: StudyResults) -> None:
    rows = quality_by_item(results).rows
    assert len(rows) == 9
    metric = results.items[0].evaluation.metrics[0]
    assert rows[0][6] == f"{metric.control.low:.2f} to {metric.control.high:.2f}"


def with_methods(results: StudyResults) -> StudyResults:
    """Three images, two methods, as `services.evidence_study` says it; p by scipy 1.16's wilcoxon (exact): 0.25."""
    pair = {"first": 0, "second": 1, "units": 3, "p": 0.25, "adjusted": 0.25}
    values = [[30.0, 31.0, 35.0], [29.0, 29.0, 32.0]]
    told = to_jsonable(comparison.tests(np.array(values), against=0, confidence=0.95))
    psnr = told | {"methods": ["ensemble", "bicubic"], "items": [0, 1, 2], "values": values}
    assert psnr["wilcoxon"]["pairs"][0].items() >= pair.items()
    return replace(results, evidence={"methods": {"psnr": psnr}})


def test_methods_are_compared_with_the_voted_ensemble_last(results: StudyResults) -> None:
    """Means 30 and 32; by hand t(2) 4.302653 times the standard errors 1 and 1.527525."""
    table = compared(with_methods(results))
    assert table.header == ("Method", "PSNR against the truth (dB)")
    assert table.rows == (
        ("Bicubic enlargement", "30.00 [25.70 to 34.30]"),
        ("Voted ensemble, top 3", "32.00 [25.43 to 38.57]"),
    )


def test_the_lead_is_of_each_image(results: StudyResults) -> None:
    """Differences 1, 2, 3: mean 2, standard error 0.577350, so 2 minus and plus 2.48414 (t of 2 degrees)."""
    found = with_methods(results)
    assert lead(found).rows == (("Bicubic enlargement", "2.00 [−0.48 to 4.48], p = 0.250"),)
    alone = found.evidence["methods"]["psnr"]
    alone["wilcoxon"]["pairs"][0]["units"] = 1
    assert lead(found).rows[0][1].endswith("4.48]"), "one image is no test"


def test_without_evidence_there_are_no_methods(results: StudyResults) -> None:
    bare = replace(results, evidence={})
    assert (compared(bare).rows, lead(bare).rows) == ((), ())


def test_markdown_has_a_row_for_each_and_keeps_its_columns() -> None:
    lines = AWKWARD.to_markdown().splitlines()
    assert lines[0] == "**50 % & more\\_\\#1**"
    assert lines[2:4] == ["| Image | a\\|b |", "| --- | ---: |"]
    assert lines[4] == "| =1+1 | \\<b\\>\\$x^2\\$ \\\\ {y}\\~ |"
    assert lines[-1] == "Note\\_1."


def test_latex_is_escaped() -> None:
    text = AWKWARD.to_latex()
    assert r"\caption{50 \% \& more\_\#1}" in text
    assert r"\textless{}b\textgreater{}\$x\textasciicircum{}2\$ \textbackslash{} \{y\}\textasciitilde{} \\" in text
    assert r"-5 µm & ``ü'' line \\" in text
    assert text.count("{") == text.count("}")


def test_csv_comes_back_and_is_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(AWKWARD.to_csv(), newline="")))
    assert rows == [["Image", "a|b"], ["'=1+1", "<b>$x^2$ \\ {y}~"], ["'-5 µm", "“ü”\nline"]]
