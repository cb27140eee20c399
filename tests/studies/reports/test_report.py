"""The report: what it says and what it admits, that its numbers are those of results.json, and its two forms."""

from __future__ import annotations

import gc
import hashlib
import io
import json
import re
import typing
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from inference import store
from inference.core.images import encode_png, read_uint8
from inference.services import StoreError
from studies.models import CANNOT_TELL, Item, Kind, MethodImage, Study
from studies.reporting import making, work
from studies.reports import blocks, html
from studies.reports.blocks import Block, Cover, Drawing, Facts, Grid, Heading, Picture, Pictures, Points, Text
from studies.reports.document import blocks as parts
from studies.reports.document.pictures import reduced
from studies.reports.drawings import canvas
from studies.reports.source import Source, day
from studies.services import enrolment, lifecycle
from studies.services.analysis import versions
from studies.services.analysis.plan import Plan
from studies.services.simulated import simulated_ratings
from tests.studies import factories, rated

pytestmark = pytest.mark.django_db

NUMBER = re.compile(r"(?<![\w.])[−-]?\d+(?:\.\d+)?(?:\s?%)?(?![\w.])")


def voted(**fields: Any) -> Study:
    """Two images with truths; four ballots each, two labels."""
    study = factories.open_study_with_pool(items=2, truth=True, pool_size=8, **fields)
    for picks, label in (([0, 1], "5"), ([0, 2], "5"), ([0, 1, 3], "5"), ([4, 5], "6")):
        factories.vote_all(study, picks, label)
    return study


def told(study: Study) -> Source:
    return making.source(study, work.ready(study))


def texts(block: Block) -> Iterator[str]:
    """All that a block says in words."""
    if isinstance(block, Cover):
        yield from (block.title, block.mark, *(f"{name}: {value}" for name, value in block.facts))
    elif isinstance(block, Heading | Text):
        yield block.text
    elif isinstance(block, Points):
        yield from block.texts
    elif isinstance(block, Facts):
        yield from (f"{name}: {value}" for name, value in block.rows)
    elif isinstance(block, Grid):
        yield from (block.table.title, *block.table.notes, *(" | ".join(row) for row in block.table.rows))
    elif isinstance(block, Drawing):
        yield from (block.figure.title, block.note)
    elif isinstance(block, Pictures):
        yield from (picture.caption for picture in block.pictures)


def whole(source: Source) -> str:
    return "\n".join(text for block in parts(source) for text in texts(block))


def pictures(source: Source) -> dict[str, Picture]:
    rows = [block.pictures for block in parts(source) if isinstance(block, Pictures)]
    return {picture.caption: picture for row in rows for picture in row}


def table(source: Source, title: str) -> Grid:
    return next(one for one in parts(source) if isinstance(one, Grid) and title in one.table.title)


class Page(HTMLParser):
    """Tags with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def every(self, attribute: str) -> list[str]:
        return [found[attribute] for _, found in self.tags if attribute in found]


def test_the_html_stands_alone_and_the_pdf_has_its_contents(tmp_path: Path) -> None:
    source = told(voted(name="<b>Fünf & „6“</b>"))
    making.write(making.parts(source), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    page = Page(text)
    kinds = {tag for tag, _ in page.tags}
    assert not kinds & {"script", "link", "iframe", "object", "b"}
    assert all(src.startswith("data:image/png;base64,") for src in page.every("src"))
    assert not re.search(r"url\((?!#)|@import", text)
    ids = page.every("id")
    assert len(ids) == len(set(ids))
    links = page.every("href") + page.every("xlink:href")
    assert links
    assert all(link.startswith("#") and link[1:] in ids for link in links)
    assert all(found.get("alt") for tag, found in page.tags if tag == "img")
    assert "&lt;b&gt;Fünf &amp; „6“&lt;/b&gt;" in text
    assert not re.search(r">[^<]*\b(nan|None|inf)\b[^<]*<", text)

    making.write(making.parts(source), tmp_path / "report.pdf")
    pdf = (tmp_path / "report.pdf").read_bytes()
    headings = [one for one in parts(source) if isinstance(one, Heading) and one.level < 3]
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/FontFile2") >= 2, "fonts are embedded"
    assert pdf.count(b"/Dest") >= len(headings)
    making.write(making.parts(source), tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == pdf


def test_both_forms_are_made_of_figures_that_are_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = making.parts(told(voted()))
    drawn: list[str] = []
    draw = canvas.Figure._draw
    monkeypatch.setattr(canvas.Figure, "_draw", lambda figure, save: (drawn.append(figure.name), draw(figure, save)))
    collecting = gc.get_threshold()
    for name in ("report.html", "report.pdf"):
        making.write(report, tmp_path / name)
    assert gc.get_threshold() == collecting
    assert sorted(drawn) == sorted(block.figure.name for block in report if isinstance(block, Drawing))


def test_both_forms_know_every_block() -> None:
    from studies.reports.pdf.layout import flowables

    every = set(typing.get_args(blocks.Block))
    assert every <= set(html.block_html.registry) & set(flowables.registry)


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        yield from (number for one in value.values() for number in numbers(one))
    elif isinstance(value, list):
        yield from (number for one in value for number in numbers(one))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def test_numbers_of_tables_and_facts_are_those_of_results_json() -> None:
    """Each is looked up, as it is or as a share in percent, rounded to the digits shown."""
    study = voted()
    lifecycle.close_study(study)
    work.ready(study)
    rated.opened(study, who="others")
    simulated_ratings.simulate(study, count=4, seed=3)
    source = told(study)
    known = sorted(set(numbers(json.loads(json.dumps(source.document)))))
    counts = {float(len(source.results.items)), 8.0}
    titles = ("at a glance", "what averaging alone gives", "by rule", "What people saw", "image by image",
              "Mean opinion scores", "mixed model", "Samples of the ensemble")  # fmt: skip
    looked_up = 0
    for title in titles:
        for row in table(source, title).table.rows:
            told_here = " | ".join(row[1:]).replace("< 0.0001", "")
            for shown in NUMBER.findall(told_here):
                plain = shown.replace("−", "-").rstrip("%").strip()
                factor = 100 if shown.endswith("%") else 1
                digits = len(plain.partition(".")[2])
                same = any(f"{factor * one:.{digits}f}" in (plain, f"-{plain}") for one in known)
                assert same or float(plain) in counts, (title, row, shown)
                looked_up += 1
    assert looked_up > 100


def test_the_summary_warns_before_it_tells() -> None:
    study = voted()
    factories.vote_all(study, [0], "5", simulated=True)
    source = told(study)
    cover = next(one for one in parts(source) if isinstance(one, Cover))
    assert "1 of 5 participants are simulated" in cover.mark
    said = whole(source)
    assert "Agreement is not truth" in said
    assert "All samples are of one model" in said
    assert "the mark of 45 dB" in said
    # 4 of 5 say 5: e = B(4.5, 1.5) / (B(.5, .5) .5^5) = 0.875 by hand, which is no evidence.
    assert "on 0 of 2 images more than half gave the leading label, and its e-value" in said
    assert "0.9, below 20" in said
    assert source.results.protocol_sha256 in said


def test_readings_that_samples_support_are_a_warning() -> None:
    """Half of the people see a dark picture, half a light one: two ensembles that are nothing alike."""
    study = factories.study(pool_size=8)
    item = factories.item(study)
    dark, light = factories.pixels(32, seed=1) // 8, 255 - factories.pixels(32, seed=1) // 8
    factories.pool(item, images=[dark + one for one in range(4)] + [light - one for one in range(4)])
    study.state = "open"
    study.save()
    for picks, label in (([0, 1, 2], "5"), ([4, 5, 6], "6")):
        factories.vote_all(study, picks, label)
        factories.vote_all(study, picks, label)
    source = told(study)
    warnings = [one.text for one in parts(source) if isinstance(one, Text) and one.kind == "caution"]
    assert any("support both readings, “5” (2 ballots) and “6” (2 ballots)" in one for one in warnings)
    assert {"If “5”, top 3 of 2 ballots", "If “6”, top 3 of 2 ballots"} <= set(pictures(source))


def test_a_study_without_ballots_says_so() -> None:
    source = told(factories.open_study_with_pool(pool_size=6))
    said = whole(source)
    assert "There are no ballots yet, so that there is nothing to sum up." in said
    assert "No ensemble: not made" in said
    assert "No pictures of this study were rated" in said
    assert "Not frozen: no ballots." in said


@pytest.mark.parametrize("fields", [{"ask_label": False, "labels": []}, {}], ids=["no labels", "cannot tell"])
def test_what_is_undefined_is_said_in_words(fields: dict[str, Any]) -> None:
    study = factories.open_study_with_pool(pool_size=6, **fields)
    factories.vote_all(study, [] if not fields else [0], "cannot tell" if not fields else "")
    said = whole(told(study))
    assert not re.search(r"\b(nan|None|inf)\b", said)
    assert ("What people saw" in said) == (not fields)


def test_the_truth_is_shown_once_nobody_can_vote() -> None:
    study = voted()
    assert "Truth" not in pictures(told(study))
    lifecycle.close_study(study)
    study.refresh_from_db()
    truth = pictures(told(study))["Truth"]
    item = study.items.last()
    assert item is not None
    name = store.path_name(item.truth.sha256, "truth", ".png")
    assert truth.read() == Path(store.storages["truth"].path(name)).read_bytes()  # type: ignore[attr-defined]


def test_uploaded_methods_stand_in_pictures_and_tables() -> None:
    study = voted()
    lifecycle.close_study(study)
    method = study.methods.create(name="EDSR & co")
    for item in study.items.all():
        png = encode_png(factories.pixels(32, seed=5))
        MethodImage.objects.create(method=method, item=item, sha256=store.put(png, "methods", ".png"))
    source = told(study)
    assert pictures(source)["EDSR & co"].read() == png
    compared = table(source, "How methods compare").table
    assert [row[0] for row in compared.rows].count("EDSR & co") == 1
    assert compared.header[0] == "Method"


def test_who_is_left_out_stands_there_with_the_reason() -> None:
    study = factories.open_study_with_pool(items=2, plan=Plan(attention=1.0).as_mapping())
    Item.objects.filter(study=study, position=1).update(kind=Kind.ATTENTION, expected_label="5")
    kept = factories.vote_all(study, [0, 1], "5")
    out = factories.vote_all(study, [4, 5], "6")
    source = told(study)
    (row,) = table(source, "Participants left out").table.rows
    assert row == (out.code, "person", "attention checks")
    said = whole(source)
    assert kept.code not in said
    assert "Without exclusions: 2 ballots" in said
    assert "1 participant left out" in said


def test_who_has_withdrawn_is_counted_only() -> None:
    study = voted()
    person = study.participants.last()
    assert person is not None
    enrolment.withdraw(person)
    assert "1: in no other number" in whole(told(study))


def test_a_changed_picture_is_named_and_never_replaced() -> None:
    study = voted()
    source = told(study)
    item = source.results.items[0]
    assert item.evaluation.ensemble is not None
    name = store.path_name(item.evaluation.ensemble.png8_sha256, "ensembles", ".png")
    Path(store.storages["default"].path(name)).write_bytes(b"something else")
    with pytest.raises(StoreError, match=name):
        html.write(io.StringIO(), "", list(parts(source)), lambda heading: None)


def test_large_tables_of_labels_leave_out_what_nobody_said() -> None:
    source = told(voted())
    rows = table(source, "What people saw").table.rows
    assert [row[1] for row in rows] == ["5", "6", "5", "6"]


def test_a_later_analysis_is_a_deviation_with_its_reason() -> None:
    source = told(voted())
    first = source.results.analysis_versions[0]
    later = replace(first, number=2, reason="A tie at the cut.", changes={"ensemble_size": 2})
    changed = replace(source, results=replace(source.results, analysis_versions=(first, later)))
    rows = table(changed, "Versions of the analysis").table.rows
    assert rows[1][2:4] == ("Ensemble size n: 2", "A tie at the cut.")
    assert "There are none: the analysis is what the protocol locked." in whole(source)


def test_people_who_cannot_tell_saw_nothing() -> None:
    study = factories.open_study_with_pool(items=2, pool_size=6)
    for _ in range(12):
        factories.vote_all(study, [0], CANNOT_TELL)
    said = whole(told(study))
    assert (
        "on 0 of 2 images the interval of the leading label's share lies above one half; on 2 most often people could "
        "not tell" in said
    )
    assert "on 0 of 2 images more than half gave the leading label" in said
    assert "“5” against one half: less than half; p" in said


def test_closing_before_the_rule_is_met_is_a_deviation() -> None:
    study = voted(plan=Plan(stopping="count", most_participants=100).as_mapping())
    lifecycle.close_study(study)
    said = whole(told(study))
    assert "There are none" not in said
    assert "closed before its rule to stop was met. 4 of 100 participants have finished." in said
    assert table(told(study), "When the study took ballots").table.rows[0][1:] == ("closed", "4", "no")


def test_a_study_that_was_opened_again_says_so_and_one_that_ended_by_its_rule_too() -> None:
    study = voted(plan=Plan(stopping="count", most_participants=4).as_mapping())
    lifecycle.close_study(study)
    assert "There are none: the analysis is what the protocol locked, and the study ended by its rule." in whole(
        told(study)
    )
    lifecycle.open_study(study)
    assert "the study was opened again. 4 participants have finished: the most that the plan asks for." in whole(
        told(study)
    )


def test_what_was_not_recorded_is_not_said_to_be_as_planned() -> None:
    """Of studies that were closed before their closing was kept."""
    study = voted(plan=Plan(stopping="count", most_participants=100).as_mapping())
    lifecycle.close_study(study)
    study.state_changes.all().delete()
    assert "Whether the rule to stop was met when the study was closed was not recorded." in whole(told(study))


def test_pictures_are_the_stored_files_and_large_ones_are_reduced() -> None:
    source = told(voted())
    ensemble = source.results.items[1].evaluation.ensemble
    assert ensemble is not None
    shown = pictures(source)["Ensemble, top 3"].read()
    assert hashlib.sha256(shown).hexdigest() == ensemble.png8_sha256
    large = np.zeros((2, 1025, 1), dtype=np.uint8)
    large[:, :3] = [[[10], [11], [12]], [[0], [0], [9]]]  # blocks of 3 x 3, here cut to 2 x 3: 42 / 6 = 7
    large[:, 1023:] = 1  # and what is left over, 2 x 2
    small = read_uint8(reduced(encode_png(large)))
    assert small.shape == (1, 342, 1)
    assert (int(small[0, 0, 0]), int(small[0, 1, 0]), int(small[0, 341, 0])) == (7, 0, 1)


def test_a_reason_longer_than_a_page_is_laid_out(tmp_path: Path) -> None:
    source = told(voted())
    first = source.results.analysis_versions[0]
    later = replace(first, number=2, reason="Because. " * 2000 + "w" * 300, changes={"ensemble_size": 2})
    bare = replace(source.results, analysis_versions=(first, later), items=(), evidence={})
    source = replace(source, results=bare)
    making.write(making.parts(source), tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_a_later_analysis_decides_how_many_samples_and_how_sure() -> None:
    study = voted(plan=Plan(confidence=0.9).as_mapping())
    versions.add(study, study.memberships.get().user, reason="A reviewer asked.", ensemble_size=2)
    source = told(study)
    rows = [row[0] for row in table(source, "How methods compare").table.rows]
    assert {"Voted ensemble, top 2", "Control: mean of 2 random samples"} <= set(rows)
    assert "Ensemble, top 2" in pictures(source)
    labels = table(source, "What people saw").table
    assert labels.header[-1] == "90 % interval"
    # Wilson for 3 of 4 at 90 %: 0.35617 to 0.94209 by statsmodels' proportion_confint(3, 4, alpha=0.1)
    assert labels.rows[0][3:] == ("75.0 %", "35.6 % to 94.2 %")


def test_in_grey_the_geometric_median_is_the_median_and_told_once() -> None:
    said = whole(told(voted()))
    assert "Top 3, median" in said
    assert "geometric median" not in said


def test_the_cover_says_of_when_its_numbers_are() -> None:
    study = voted()
    facts = dict(next(one for one in parts(told(study)) if isinstance(one, Cover)).facts)
    assert facts["Numbers as of"][:-9] == day(timezone.now().isoformat())[:-9]  # but for the minute
    lifecycle.close_study(study)
    study.refresh_from_db()
    type(study).objects.update(closed_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC))
    facts = dict(next(one for one in parts(told(study)) if isinstance(one, Cover)).facts)
    assert facts["Numbers as of"] == "4 March 2026, 05:06 UTC"


def test_a_single_ballot_is_stable_in_nothing() -> None:
    study = factories.open_study_with_pool(pool_size=6)
    factories.vote_all(study, [0, 1], "5")
    source = told(study)
    said = whole(source)
    assert "Bootstrap: undefined: there are fewer than two ballots" in said
    assert "100\u00a0% of resamples" not in said
    at_a_glance = table(source, "at a glance").table
    assert at_a_glance.rows[0][at_a_glance.header.index("Same samples")] == "–"


def test_how_soon_the_choice_is_that_of_all_is_said_beside_the_figure() -> None:
    study = voted()
    source = told(study)
    identical = source.results.items[0].evidence["picks"]["convergence"]["identical"]
    (note,) = [one.note for one in parts(source) if isinstance(one, Drawing) and one.figure.name == "item-0-settling"]
    shares = [f"{round(100 * share)}\u00a0%" for share in identical[:3]]
    expected = f"by the first 1 in {shares[0]}, 2 in {shares[1]} and 3 in {shares[2]} of random orders."
    assert expected in note


def test_an_e_value_says_on_which_side_of_one_half_it_is() -> None:
    """Of 30 ballots 5, 5, 5, 5, 5, 5 to six labels: far from one half, but below it."""
    study = factories.open_study_with_pool(pool_size=6, labels=["1", "2", "3", "4", "5", "6"])
    for number in range(30):
        factories.vote_all(study, [0], str(1 + number % 6))
    said = whole(told(study))
    assert "“1” against one half: less than half; p" in said
    assert "evidence at 5 % for less than half" in said
    assert "on 0 of 1 image more than half gave the leading label" in said
