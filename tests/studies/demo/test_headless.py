"""`demo --headless`: the whole protocol with the weights that ship, from drawing to a verified export."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from studies.exports.verify import verify
from studies.models import Ballot, Participant


def headless(output: Path, **options: object) -> dict:
    out = StringIO()
    call_command("demo", headless=True, items=1, participants=4, seed=1, output=output, stdout=out, **options)
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.mark.django_db(transaction=True)
def test_it_works(tmp_path: Path) -> None:
    figures = headless(tmp_path / "out")
    assert (figures["samples"], figures["participants"], figures["ballots"]) == (100, 4, 4)
    assert figures["simulated_participants"] == 4
    assert Ballot.objects.count() == 4
    assert not Participant.objects.filter(simulated=False).exists()
    assert figures["verified"] is True
    assert verify(tmp_path / "out" / "export") == []
    with Image.open(tmp_path / "out" / "contact_sheet.png") as sheet:
        assert sheet.width > 6 * 160
    rows = (tmp_path / "out" / "export" / "ballots.csv").read_text()
    assert "simulated" in rows.splitlines()[0]

    again = headless(tmp_path / "again")
    assert Ballot.objects.count() == 4, "nobody votes twice"
    paths = {"export", "contact_sheet"}
    assert {name: again[name] for name in set(again) - paths} == {name: figures[name] for name in set(figures) - paths}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [({"participants": 0}, "--participants"), ({"items": 101}, "--items"), ({"seed": -1}, "--seed")],
)
def test_nonsense_is_refused_before_anything_is_made(tmp_path: Path, options: dict, sentence: str) -> None:
    arguments = {"headless": True, "output": tmp_path / "out", "items": 1, "participants": 1, "seed": 1} | options
    with pytest.raises(CommandError, match=sentence):
        call_command("demo", **arguments)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(CommandError, match="not empty"):
        call_command("demo", headless=True, output=tmp_path)
