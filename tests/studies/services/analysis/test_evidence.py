"""Evidence: worked out by a worker, valid for one state of the votes, and what it says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inference import store
from studies import tasks
from studies.models import Evidence, MethodImage, Participant, Study
from studies.reporting import making, work
from studies.reports.blocks import Text
from studies.reports.document import blocks as parts
from studies.services import lifecycle, results
from studies.services.analysis import evidence, evidence_items, evidence_work, exclusions
from studies.services.opinions import methods
from tests.studies import factories, rated

pytestmark = pytest.mark.django_db

PICKS = (([0, 1], "5"), ([0, 2], "5"), ([0, 1], "6"))


def voted(**fields: Any) -> Study:
    study = factories.open_study_with_pool(items=2, truth=True, pool_size=6, ensemble_size=2, **fields)
    for picks, label in PICKS:
        factories.vote_all(study, picks, label)
    return study


@pytest.fixture
def study() -> Study:
    return voted()


def test_people_agree_on_picks_beyond_chance_or_not(study: Study) -> None:
    assert results.collect(study).items[0].evidence == {}
    assert evidence_work.run(study).error == ""
    found = results.collect(study).items[0].evidence["picks"]
    assert found["jaccard"]["statistic"] == pytest.approx((1 / 3 + 1 + 1 / 3) / 3)
    assert found["jaccard"]["null_mean"] < found["jaccard"]["statistic"]


def test_stability_names_the_same_selection_as_the_results(study: Study) -> None:
    evidence_work.run(study)
    item = results.collect(study).items[0]
    picks = item.evidence["picks"]
    assert tuple(picks["bootstrap"]["chosen"]) == tuple(sorted(item.selection.chosen)) == (0, 1)
    # Sample 0 has everybody's pick, so that every resample chooses it; the others share the second place.
    assert picks["bootstrap"]["inclusion"][0] == 1
    assert sum(picks["bootstrap"]["inclusion"]) == pytest.approx(2, abs=0.1)
    assert picks["convergence"]["share"]["mean"][-1] == pytest.approx(2 / 3)


def test_the_picture_of_all_is_the_end_of_the_convergence(study: Study) -> None:
    evidence_work.run(study)
    picture = results.collect(study).items[0].evidence["picks"]["picture"]
    assert picture["participants"][-1] == 3
    assert picture["convergence"]["median"][-1] == 100  # dB, capped: the same picture
    assert picture["convergence"]["low"][0] < 100
    # One of the two who have chosen sample 1 leaves: samples 1 and 2 are tied, and the lower index stays.
    assert picture["largest_change"] == 0


def test_methods_are_compared_over_items(study: Study) -> None:
    evidence_work.run(study)
    found = results.collect(study)
    table = found.evidence["methods"]["psnr"]
    assert table["items"] == [item.position for item in found.items]
    rows = dict(zip(table["methods"], table["values"], strict=True))
    assert rows["ensemble"] == [item.metric("psnr").ensemble for item in found.items]
    assert rows["bicubic"] == [item.evidence["methods"]["bicubic"]["psnr"] for item in found.items]
    assert "too few" in table["wilcoxon"]["limits"]


def test_a_missing_sample_that_nobody_voted_on_keeps_nobody_from_the_evidence(data_dir: Path) -> None:
    study = voted()
    other = factories.item(study)
    (data_dir / "default" / store.path_name(factories.pool(other)[0].sha256, "samples", ".png")).unlink()
    assert evidence_work.run(study).error == ""
    found = results.collect(study)
    assert [bool(item.evidence["picks"]) for item in found.items] == [True, True, False]


def test_a_method_without_some_images_is_named_and_not_in_friedmans_test() -> None:
    """An uploaded method with one image of two; bicubic and the others have both."""
    study = voted()
    methods.add(study, "EDSR", rated.method_files(study))
    MethodImage.objects.filter(item__position=1).delete()
    evidence_work.run(study)
    table = results.collect(study).evidence["methods"]["psnr"]
    assert [table["methods"][row] for row in table["friedman"]["left_out"]] == ["EDSR"]
    assert table["friedman"]["count"] == 2
    texts = [block.text for block in parts(making.source(study, work.ready(study))) if isinstance(block, Text)]
    assert any("Left out, as they lack images that the others have: EDSR." in text for text in texts)


def test_agreement_on_labels_is_undefined_in_words_when_all_say_the_same() -> None:
    study = factories.open_study_with_pool(items=2, pool_size=6, ensemble_size=2)
    for _ in range(3):
        factories.vote_all(study, [0], "5")
    evidence_work.run(study)
    alpha = results.collect(study).evidence["labels"]["krippendorff"]
    assert alpha["value"] is None
    assert "no variation" in alpha["reason"]


@pytest.mark.parametrize("ballots", [[], [([0], "5")], [([], "cannot tell")] * 3], ids=["none", "one", "cannot tell"])
def test_few_or_empty_ballots_are_no_error(ballots: list[tuple[list[int], str]]) -> None:
    study = factories.open_study_with_pool(pool_size=6, ensemble_size=2)
    for picks, label in ballots:
        factories.vote_all(study, picks, label)
    assert evidence_work.run(study).error == ""
    found = results.collect(study).items[0].evidence
    if not ballots:
        assert found["picks"] == {}
    else:
        assert found["picks"]["jaccard"]["reason"].startswith("undefined")


def test_a_further_vote_makes_it_old(study: Study) -> None:
    evidence_work.run(study)
    assert results.collect(study).items[0].evidence
    factories.vote_all(study, [3], "5")
    assert results.collect(study).items[0].evidence == {}
    evidence_work.run(study)
    assert results.collect(study).items[0].evidence["labels"]["e_value"]["count"] == 4


def test_who_withdraws_and_who_votes_alike_are_not_mistaken_for_each_other(study: Study) -> None:
    evidence_work.run(study)
    person = Participant.objects.filter(study=study).last()
    assert person is not None
    from studies.services import enrolment

    enrolment.withdraw(person)
    factories.vote_all(study, *PICKS[-1])  # the same counts as before
    assert results.collect(study).items[0].evidence == {}


def test_a_rating_makes_opinion_scores_old_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    study = rated.voted(items=1)
    rated.opened(study)
    first, second = study.participants.all()
    rated.rate_all(first)
    evidence_work.run(study)
    before = results.collect(study)
    assert before.evidence["opinion"]["observers"] == 1
    rated.rate_all(second)
    found = results.collect(study)
    assert "opinion" not in found.evidence
    assert "methods" in found.evidence
    assert found.items[0].evidence == before.items[0].evidence
    assert evidence.progress(study, found).to_make == 1
    # What rests on the votes is not worked out a second time.
    monkeypatch.setattr(evidence_items, "figures", lambda votes: pytest.fail("worked out again"))
    evidence_work.run(study)
    found = results.collect(study)
    assert found.evidence["opinion"]["observers"] == 2
    assert not evidence.missing(study, found)


def test_a_method_uploaded_after_the_evidence_enters_the_tables() -> None:
    study = voted()
    evidence_work.run(study)
    methods.add(study, "EDSR", rated.method_files(study))
    assert evidence.missing(study, results.collect(study))
    found = work.ready(study)
    assert "EDSR" in found.evidence["methods"]["psnr"]["methods"]


def test_exposures_are_those_found_without_a_worker(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def seen() -> list[tuple[int, float]]:
        return [(sample.exposures, sample.seconds) for sample in results.collect(study).items[0].samples]

    before = seen()
    evidence_work.run(study)
    monkeypatch.setattr(results, "FEW_BALLOTS", 0)
    assert seen() == before


def test_who_is_left_out_is_in_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    study = voted()
    last = Participant.objects.filter(study=study).last()
    assert last is not None
    monkeypatch.setattr(exclusions, "keys", lambda study, plan: frozenset({last.pk}))
    evidence_work.run(study)
    item = results.collect(study).items[0]
    assert item.ballots == 2
    assert item.evidence["labels"]["e_value"]["count"] == 2
    assert item.evidence["picks"]["bootstrap"]["count"] == 2


def test_closing_asks_for_it_and_a_lost_message_is_sent_again(
    study: Study, sent: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.close_study(study)
    assert "studies.tasks.work_out" in sent.names
    row = Evidence.objects.get(study=study)
    assert row.made_at is None
    Evidence.objects.update(asked_at=row.asked_at - 2 * tasks.PATIENCE)
    sent.messages.clear()
    tasks.reconcile()
    assert "studies.tasks.work_out" in sent.names
    tasks.work_out(study_id=study.pk)
    row.refresh_from_db()
    assert row.made_at is not None
    made = row.made_at
    tasks.work_out(study_id=study.pk)  # delivered twice
    row.refresh_from_db()
    assert row.made_at == made


def test_a_changed_file_is_named_and_nothing_is_made_of_it(study: Study, data_dir: Any) -> None:
    sample = study.items.get(position=results.collect(study).items[0].position).pool[0]
    path = data_dir / "default" / store.path_name(sample.sha256, "samples", ".png")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    row = evidence_work.run(study)
    assert "has changed since it was stored" in row.error
    assert row.made_at is None
    assert evidence.waiting(row.asked_at + 2 * tasks.PATIENCE) == []  # it is not tried for ever
