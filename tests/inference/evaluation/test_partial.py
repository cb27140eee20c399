"""Results that survive an interruption, and are never mixed with those of another evaluation."""

from __future__ import annotations

import pytest

from inference.evaluation import EvaluationError
from inference.evaluation.partial import PartialResults

PLAN = {"seed": 0, "samplers": [{"sampler": "tiny", "settings": {"noise": 0.1}}]}


def begin(path, plan=PLAN, *, resume=False, code="1"):
    return PartialResults(path, plan, resume=resume, code_version=code)


def test_records_are_there_again(tmp_path):
    path = tmp_path / "results.json.partial"
    begin(path).add("tiny/grey", {"name": "a.png", "value": 1.5})
    again = begin(path, resume=True, code="2")
    assert again.records == {("tiny/grey", "a.png"): {"name": "a.png", "value": 1.5}}
    assert again.code_versions == ["1", "2"]
    again.add("tiny/grey", {"name": "b.png"})
    assert begin(path, resume=True, code="3").code_versions == ["1", "2", "3"]


def test_a_line_cut_short_is_dropped_and_the_rest_goes_on(tmp_path):
    path = tmp_path / "results.json.partial"
    first = begin(path)
    first.add("tiny/grey", {"name": "a.png"})
    first.add("tiny/grey", {"name": "b.png"})
    path.write_bytes(path.read_bytes()[:-5])
    again = begin(path, resume=True)
    assert list(again.records) == [("tiny/grey", "a.png")]
    again.add("tiny/grey", {"name": "b.png"})
    assert len(begin(path, resume=True).records) == 2


def test_a_file_killed_in_its_first_line_begins_anew(tmp_path):
    path = tmp_path / "results.json.partial"
    path.write_text('{"plan": {"se')
    begin(path).add("tiny/grey", {"name": "a.png"})
    assert len(begin(path, resume=True).records) == 1


def test_other_settings_are_refused_in_a_sentence(tmp_path):
    path = tmp_path / "results.json.partial"
    begin(path)
    with pytest.raises(EvaluationError, match="made with other seed"):
        begin(path, {**PLAN, "seed": 1}, resume=True)
    with pytest.raises(EvaluationError, match="made with other samplers"):
        begin(path, {**PLAN, "samplers": []}, resume=True)


def test_it_goes_on_only_when_asked_to(tmp_path):
    path = tmp_path / "results.json.partial"
    begin(path).add("tiny/grey", {"name": "a.png"})
    with pytest.raises(EvaluationError, match="add --resume"):
        begin(path)


def test_finished_results_leave_nothing_behind(tmp_path):
    path = tmp_path / "results.json.partial"
    begin(path).drop()
    assert not path.exists()
