"""The report of a study in which people named the pictures, before and after."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from studies.aggregation.named import Naming, of_names
from studies.reporting import making, work
from studies.reports import naming
from studies.reports.blocks import Grid, Heading, Text
from studies.reports.document import blocks as parts
from studies.results import to_jsonable
from studies.services.simulated import simulated_ratings, simulation
from tests.studies import factories, named, rated

pytestmark = pytest.mark.django_db


def test_it_has_a_part_of_its_own_in_both_forms(tmp_path: Path) -> None:
    study = named.study(items=2)
    source = making.source(study, work.ready(study))
    blocks = list(parts(source))
    assert "Naming before and after" in [one.text for one in blocks if isinstance(one, Heading) and one.level == 1]
    said = [one.text for one in blocks if isinstance(one, Text)]
    assert "Pictures of this study were named, not scored: see the next part." in said
    assert not any("No pictures of this study were rated" in text for text in said)
    tables = {one.table.title: one.table for one in blocks if isinstance(one, Grid)}
    rows = {row[0]: row[1:] for row in tables["Named right before and after, 2 images"].rows}
    assert rows["low-resolution image"][0].replace("\xa0", " ") == "0.0 %"
    assert rows["ensemble"] == ("83.3\xa0%", "44\xa0% to 97\xa0%", "6", "5", "0", "0.0625", "0.0020")
    assert round(2 / 2**10, 4) == 0.0020  # of ten answers as of five people
    moves = tables["Who changed from what to what"].rows
    assert [row[1:] for row in moves] == [("5", "5", "1"), ("5", "6", "5")] * 2
    named_by = tables["What people named"].rows
    assert all(not math.isnan(float(row[2].split()[0])) for row in named_by)
    report = making.parts(source)
    for name in ("report.html", "report.pdf"):
        making.write(report, tmp_path / name)
    assert "Naming before and after" in (tmp_path / "report.html").read_text()
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_of_many_images_the_labels_of_three_pictures_stand_there() -> None:
    voted = {"a": "5"}
    after = {"ensemble": voted, "control": voted, "single": voted}
    for count, rows in ((10, 40), (11, 33)):
        found = of_names([Naming(item, voted, after) for item in range(count)], ["5", "6"], confidence=0.95)
        table = naming.shares(to_jsonable(found), {})
        assert len(table.rows) == rows
        assert any("results.json" in note for note in table.notes) == (count > 10)


def test_simulated_people_are_a_caution() -> None:
    study = factories.open_study_with_pool(labels=["cat", "dog"])
    simulation.simulate(study, count=2, seed=1)
    rated.opened(rated.close(study), mode="naming")
    simulated_ratings.simulate(study, count=2, seed=1)
    named.worked_out(study)
    blocks = list(parts(making.source(study, work.ready(study))))
    cautions = [one.text for one in blocks if isinstance(one, Text) and one.kind == "caution"]
    assert any("2 of them are simulated: a rehearsal, not evidence." in text for text in cautions)


def test_other_reports_are_without_it() -> None:
    study = named.worked_out(rated.voted(items=1))
    assert "naming" not in [
        one.anchor for one in parts(making.source(study, work.ready(study))) if isinstance(one, Heading)
    ]
