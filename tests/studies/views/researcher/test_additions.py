"""Draw also with other weights, on the study page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from inference.models import GenerationJob, Weights
from inference.services import catalogue
from studies.models import Study
from tests.studies import factories


@pytest.fixture
def study(ada: User, tiny: object) -> Study:
    weights = next(row for row in catalogue() if str(row) == "tiny/grey")
    study = factories.study(owner=ada, weights=weights, settings={})
    factories.item(study)
    return study


def weights(name: str) -> Weights:
    return next(row for row in catalogue() if str(row) == name)


def page(client: Client, study: Study) -> str:
    return client.get(f"/studies/{study.pk}/").content.decode()


def add(client: Client, study: Study, **fields: object) -> str:
    sent = {"weights": weights("tiny/colour").pk, "count": 4, **fields}
    return client.post(f"/studies/{study.pk}/additions/", sent, follow=True).content.decode()


def test_add_with_settings(browser_of_ada: Client, study: Study) -> None:
    sent = {"settings-family": "tiny", "settings-noise": "0.3", "settings-delay": 0, "settings-projection": 1}
    text = add(browser_of_ada, study, **sent, **{"settings-precision": "auto"})
    assert "Each pool gets 4 candidates of tiny/colour as well." in text
    added = study.additions.get()
    assert (added.count, added.settings["noise"], added.settings["projection"]) == (4, 0.3, 1)
    assert sorted(GenerationJob.objects.values_list("count", flat=True)) == [4, 12]
    assert "0 of 16" in text


def test_fields_of_another_family_are_not_its_settings(browser_of_ada: Client, study: Study) -> None:
    add(browser_of_ada, study, **{"settings-family": "ldm", "settings-noise": "0.3"})
    assert study.additions.get().settings["noise"] == 0.1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"count": ""}, "Candidates per image: This field is required."),
        ({"count": 0}, "Candidates per image: Ensure this value is greater than or equal to 1."),
        ({"weights": 0}, "Sampler and weights: Select a valid choice."),
        ({"settings-family": "tiny", "settings-noise": 7}, "Noise: Ensure this value is less than or equal to 1."),
    ],
)
def test_what_is_wrong_is_said(browser_of_ada: Client, study: Study, fields: dict, sentence: str) -> None:
    assert sentence in add(browser_of_ada, study, **fields)
    assert not study.additions.exists()


def test_only_what_fits_is_offered(browser_of_ada: Client, study: Study, data_dir: Path) -> None:
    folder = data_dir / "weights" / "tiny"
    (folder / "x8.safetensors").write_bytes(b"never read")
    (folder / "x8.json").write_text(json.dumps({"sha256": "cd" * 32, "scale": 8, "channels": 1}))
    text = page(browser_of_ada, study)
    assert "tiny/colour (x4, colour)" in text
    assert "tiny/x8" not in text
    assert "tiny/grey (x4" not in text


def test_remove(browser_of_ada: Client, study: Study) -> None:
    add(browser_of_ada, study)
    address = f"/studies/{study.pk}/additions/{study.additions.get().pk}/remove/"
    text = browser_of_ada.post(address, follow=True).content.decode()
    assert "no candidates of tiny/colour any more" in text
    assert study.items.get().jobs.count() == 1
    assert browser_of_ada.post(address).status_code == 404


def test_after_opening_the_families_are_shown_and_stay(ada: User, browser_of_ada: Client) -> None:
    study = factories.mixed_study(owner=ada)
    text = page(browser_of_ada, study)
    assert "srdiff/other" in text
    assert "Draw also with" not in text
    assert f"/additions/{study.additions.get().pk}/remove/" not in text


def test_a_study_of_one_family_that_is_open_says_nothing_of_families(ada: User, browser_of_ada: Client) -> None:
    assert "Families" not in page(browser_of_ada, factories.open_study_with_pool(owner=ada))


def test_the_index_rule_is_warned_of_where_families_are_mixed(ada: User, browser_of_ada: Client) -> None:
    assert "prefers the family drawn first" in page(browser_of_ada, factories.mixed_study(owner=ada))
    assert "prefers the family" not in page(browser_of_ada, factories.mixed_study(owner=ada, tie_rule="random"))


def test_the_list_counts_all_candidates(ada: User, browser_of_ada: Client) -> None:
    study = factories.mixed_study(owner=ada)
    item = study.items.get()
    factories.more(item, 3, parents=list(item.pool[:2]))
    text = " ".join(browser_of_ada.get("/studies/").content.decode().split())
    assert '<dd>21 <span class="muted">/ 21</span>' in text
