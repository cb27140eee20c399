"""The results page: what it says before, while and after ensembles are made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client

from studies.models import Evaluation, Study
from tests.studies import factories


@pytest.fixture
def study(db: None) -> Study:
    return factories.open_study_with_pool(truth=True)


@pytest.fixture
def owner(study: Study) -> Client:
    client = Client()
    client.force_login(study.memberships.get().user)
    return client


def page(client: Client, study: Study) -> str:
    return client.get(f"/studies/{study.pk}/results/").content.decode()


def refresh(client: Client, study: Study) -> None:
    client.post(f"/studies/{study.pk}/results/refresh/")


def test_before_the_first_ballot(owner: Client, study: Study) -> None:
    text = page(owner, study)
    assert "There are no ballots yet" in text
    assert "Make the ensembles" not in text
    assert "nan" not in text


def test_votes_labels_and_intervals(owner: Client, study: Study) -> None:
    """22 of 30 gives [0.556, 0.858] and 8 of 30 [0.142, 0.444] by Wilson (Brown, Cai, DasGupta 2001, as R's binom)."""
    for number in range(30):
        factories.vote_all(study, [0, 1, 2 + number % 2], label="5" if number < 22 else "6")
    text = page(owner, study)
    assert "56–86 %" in text
    assert "14–44 %" in text
    assert "Named most often: “5”" in text
    assert "Nobody said cannot tell (each 0–11 %)" in text  # 0 of 30: [0, 0.114]
    assert "Tied at the cut: 2, 3; the rule took 2 and left 3 out" in text


def test_made_by_a_worker(owner: Client, study: Study, run_tasks: Callable[[], int]) -> None:
    factories.vote_all(study, [0, 1, 2])
    assert "Make the ensembles" in page(owner, study)
    refresh(owner, study)
    waiting = page(owner, study)
    assert "is being made" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert "HX-Refresh" not in owner.get(f"/studies/{study.pk}/results/status/")

    run_tasks()
    assert owner.get(f"/studies/{study.pk}/results/status/")["HX-Refresh"] == "true"
    made = Evaluation.objects.get()
    text = page(owner, study)
    for kind, pk in (("ensemble", made.ensemble_id), ("spread", made.ensemble_id), ("control", made.pk)):
        assert f"/images/{kind}/{pk}.png" in text
    assert "PSNR against the truth" in text
    assert "the mark of 45 dB" in text
    assert "hx-trigger" not in text


def test_choice_that_helped(owner: Client, run_tasks: Callable[[], int]) -> None:
    """Three samples that are the truth itself, among noise: the ensemble is the truth."""
    study = factories.study()
    item = factories.item(study)
    truth = factories.pixels(32)
    factories.add_truth(item, truth)
    noise = [255 - truth if index % 2 else np.zeros_like(truth) for index in range(9)]
    factories.pool(item, images=[truth, np.clip(truth, 1, 255), np.clip(truth, 0, 254), *noise])
    Study.objects.filter(pk=study.pk).update(state="open")
    study.refresh_from_db()
    factories.vote_all(study, [0, 1, 2])
    owner.force_login(study.memberships.get().user)
    refresh(owner, study)
    run_tasks()
    assert "The ensemble beats the control" in page(owner, study)


def test_choice_that_added_nothing(owner: Client, study: Study, run_tasks: Callable[[], int]) -> None:
    """All samples of the pool are alike: no choice can be better than another."""
    item = study.items.get()
    factories.pool(item, images=[factories.pixels(32, seed=1)] * 12)
    factories.vote_all(study, [0, 1, 2])
    refresh(owner, study)
    run_tasks()
    assert "not shown that choosing added anything beyond averaging" in page(owner, study)


def test_without_a_truth(owner: Client, run_tasks: Callable[[], int]) -> None:
    study = factories.open_study_with_pool()
    factories.vote_all(study, [0, 1, 2])
    owner.force_login(study.memberships.get().user)
    refresh(owner, study)
    run_tasks()
    text = page(owner, study)
    assert "no figure can say whether choosing added anything" in text
    assert "PSNR" not in text


def test_one_chosen_sample_has_no_spread(owner: Client, study: Study, run_tasks: Callable[[], int]) -> None:
    factories.vote_all(study, [4])
    refresh(owner, study)
    run_tasks()
    text = page(owner, study)
    assert "The spread of a single sample is undefined" in text
    assert "Map of the spread over the chosen samples" not in text


def test_new_votes_ask_for_a_new_ensemble(owner: Client, study: Study, run_tasks: Callable[[], int]) -> None:
    factories.vote_all(study, [0, 1, 2])
    refresh(owner, study)
    run_tasks()
    assert "Make the ensembles" not in page(owner, study)
    for _ in range(2):
        factories.vote_all(study, [5, 6, 7])
    assert "the votes have changed" in page(owner, study)


def test_simulated_are_flagged(owner: Client, study: Study) -> None:
    factories.vote_all(study, [0])
    assert "simulated" not in page(owner, study)
    factories.vote_all(study, [0], simulated=True)
    assert "1 of 2 participants are simulated" in page(owner, study)


def test_caution_is_always_there(owner: Client, study: Study) -> None:
    assert "Agreement is not truth" in page(owner, study)


def test_votes_by_family(owner: Client) -> None:
    """8 of 30 picks is [0.142, 0.444] by Wilson; two thirds of the candidates are the first family's."""
    study = factories.mixed_study()
    owner.force_login(study.memberships.get().user)
    for number in range(15):
        factories.vote_all(study, [12, 1] if number < 8 else [0, 1])
    text = page(owner, study)
    assert text.count("Votes by family</h") == 2, "of the study and of its one image"
    assert "srdiff/other: 8 of 30 picks, 27 % (95 % interval 14–44 %); without preference 33 %" in text
    assert '<line class="figure-expected" x1="33.33" x2="33.33"' in text
    assert "<strong>8.9</strong>" in text  # 8 votes for 6 candidates before 15 people
    assert "samples of the same 2 models" in text


def test_one_family_needs_no_table(owner: Client, study: Study) -> None:
    factories.vote_all(study, [0, 1])
    assert "Votes by family" not in page(owner, study)
    assert "Without preference" not in page(owner, study)


def test_families_without_votes_are_not_compared(owner: Client) -> None:
    study = factories.mixed_study()
    owner.force_login(study.memberships.get().user)
    assert "Votes by family" not in page(owner, study)
    assert "nan" not in page(owner, study)
