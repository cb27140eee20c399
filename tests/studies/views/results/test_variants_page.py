"""The results page beside the study's own ensemble: variants, baselines, maps, and two readings."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from inference import store
from studies.models import Evaluation, Study
from studies.models.evaluation import Variant, VariantSet
from studies.services import results
from tests.studies import factories


def client_of(study: Study) -> Client:
    client = Client()
    client.force_login(study.memberships.get().user)
    return client


def page(study: Study) -> str:
    text = client_of(study).get(f"/studies/{study.pk}/results/").content.decode()
    return re.sub(r"\s+", " ", text)


def made(study: Study, run_tasks: Callable[[], int]) -> str:
    client_of(study).post(f"/studies/{study.pk}/results/refresh/")
    run_tasks()
    return page(study)


@pytest.fixture
def study(db: None) -> Study:
    study = factories.open_study_with_pool(truth=True, ensemble_size=2)
    for _ in range(2):
        factories.vote_all(study, [0, 1], "5")
        factories.vote_all(study, [2, 3], "6")
    return study


def test_only_plain_means_of_as_many_samples_stand_beside_the_random_ones(
    study: Study, run_tasks: Callable[[], int]
) -> None:
    text = made(study, run_tasks)
    assert "Random as good" in text
    item = results.collect(study).items[0]
    found = {one.key: one.reached for one in item.evaluation.variants.variants}
    # Both of the top two have two votes, so that weighing by votes is no other mean here.
    assert {key for key, reached in found.items() if reached} == {"votes", "label-1", "label-2", "consistent"}
    # Samples 0 and 1 are the tied favourites that the rule takes, and those of who saw a 5: the same picture.
    metric = item.metric("psnr")
    assert metric is not None
    assert found["label-1"]["psnr"] == metric.control.at_least_as_good
    draws = Evaluation.objects.get().figures["measures"]["psnr"]["control"]
    six = next(one.psnr for one in item.evaluation.variants.variants if one.key == "label-2")
    assert found["label-2"]["psnr"] == (1 + sum(draw >= six for draw in draws)) / (1 + len(draws))


def test_every_variant_and_baseline_has_a_row(study: Study, run_tasks: Callable[[], int]) -> None:
    text = made(study, run_tasks)
    for name in (
        "Top 2, mean: the study’s ensemble",
        "Top 2, mean of light (linear sRGB)",
        "Top 2, geometric median",
        "Top 2, medoid: one real sample",
        "All 4 with a vote, weighed by votes",
        "If “5”, top 2",
        "Chosen by nobody",
        "All 12 candidates",
        "The 2 most LR-consistent",
    ):
        assert name in text
    for variant in Variant.objects.all():
        assert f"/images/ensemble/{variant.ensemble_id}.png" in text
    assert '<th class="numeric">SSIM</th>' in text


def test_without_a_truth_there_are_no_empty_columns(db: None, run_tasks: Callable[[], int]) -> None:
    study = factories.open_study_with_pool()
    factories.vote_all(study, [0, 1], "5")
    text = made(study, run_tasks)
    assert "Other ensembles of the same votes" in text
    assert "SSIM" not in text
    assert "nan" not in text.lower().replace("nano", "")


def test_two_readings_are_a_warning(db: None, run_tasks: Callable[[], int]) -> None:
    study = factories.open_study_with_pool(items=0, ensemble_size=2)
    levels = [100, 104, 200, 204, 0]
    factories.pool(factories.item(study), images=[np.full((32, 32, 1), level, np.uint8) for level in levels])
    for picks, label in (([0, 1], "5"), ([0, 1], "5"), ([0, 1], "5"), ([2, 3], "6"), ([2, 3], "6")):
        factories.vote_all(study, picks, label)
    text = made(study, run_tasks)
    assert "support both readings, “5” (3 ballots) and “6” (2 ballots): their ensembles differ by 0.392" in text


def test_maps_of_both_spreads_and_of_the_residual(study: Study, run_tasks: Callable[[], int]) -> None:
    text = made(study, run_tasks)
    own, pool = Evaluation.objects.get().ensemble, Variant.objects.get(key="pool").ensemble
    for kind, ensemble, shape in (("spread", own, 32), ("spread", pool, 32), ("residual", own, 8)):
        address = f"/studies/{study.pk}/images/{kind}/{ensemble.pk}.png"
        assert address in text
        answer = client_of(study).get(address)
        assert np.asarray(Image.open(io.BytesIO(answer.content))).shape == (shape, shape, 3)


def test_a_residual_of_nothing_is_the_map_s_first_colour(db: None, run_tasks: Callable[[], int]) -> None:
    """A flat picture gives back its flat LR image: viridis' first colour, #440154, everywhere."""
    from inference.core.images import encode_png
    from inference.models import LowResImage

    study = factories.open_study_with_pool(items=0, ensemble_size=1)
    item = factories.item(study)
    sha256 = store.put(encode_png(np.full((8, 8, 1), 90, np.uint8)), "low_res", ".png")
    LowResImage.objects.filter(pk=item.low_res_id).update(sha256=sha256)
    item.refresh_from_db()
    factories.pool(item, images=[np.full((32, 32, 1), level, np.uint8) for level in (90, 200)])
    factories.vote_all(study, [0], "5")
    made(study, run_tasks)
    address = f"/studies/{study.pk}/images/residual/{Evaluation.objects.get().ensemble_id}.png"
    shown = np.asarray(Image.open(io.BytesIO(client_of(study).get(address).content)))
    assert (shown == (0x44, 0x01, 0x54)).all()


def test_votes_since_then_say_so_and_offer_to_make_them(study: Study, run_tasks: Callable[[], int]) -> None:
    assert "Make the ensembles" not in made(study, run_tasks)
    factories.vote_all(study, [0, 1], "5")
    text = page(study)
    assert "They are not made yet: the votes have changed since they were made." in text
    assert "Make the ensembles" in text
    assert "Chosen by nobody" in made(study, run_tasks)


def test_a_failure_says_why(study: Study, run_tasks: Callable[[], int]) -> None:
    made(study, run_tasks)
    VariantSet.objects.update(made_at=None, error="The stored file samples/x.png is missing: restore it.")
    text = page(study)
    assert "They could not be made: The stored file samples/x.png is missing: restore it." in text
    assert "Make the ensembles" in text


def test_strangers_do_not_see_them_and_colleagues_do(study: Study, run_tasks: Callable[[], int]) -> None:
    made(study, run_tasks)
    stranger, colleague = client_of(factories.study()), Client()
    viewer = factories.user()
    study.memberships.create(user=viewer, role="viewer")
    colleague.force_login(viewer)
    for variant in Variant.objects.all():
        address = f"/studies/{study.pk}/images/ensemble/{variant.ensemble_id}.png"
        assert colleague.get(address).status_code == 200
        assert stranger.get(address).status_code == 404
        mine = stranger.session.get("_auth_user_id")
        own = Study.objects.get(memberships__user=mine)
        assert stranger.get(address.replace(f"/{study.pk}/", f"/{own.pk}/", 1)).status_code == 404
