"""Upload, look at and remove items."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape

from inference.core.images import encode_png
from studies.models import Item, Study
from tests.studies import factories


@pytest.fixture
def study(ada: User) -> Study:
    return factories.study(owner=ada)


def png(side: int = 8) -> bytes:
    return encode_png(factories.pixels(side))


def send(client: Client, study: Study, *files: tuple[str, bytes]) -> str:
    """The page after the upload."""
    uploads = [SimpleUploadedFile(name, data) for name, data in files]
    return client.post(f"/studies/{study.pk}/items/", {"images": uploads}, follow=True).content.decode()


def test_several_images_at_once(browser_of_ada: Client, study: Study) -> None:
    page = send(browser_of_ada, study, ("7.png", png()), ("8.png", png()))
    assert "2 images were added" in page
    assert list(study.items.values_list("name", flat=True)) == ["7", "8"]


def test_truth_is_paired_by_name(browser_of_ada: Client, study: Study) -> None:
    send(browser_of_ada, study, ("7_truth.png", png(32)), ("7.png", png()), ("8.png", png()))
    seven, eight = study.items.order_by("name")
    assert hasattr(seven, "truth")
    assert not hasattr(eight, "truth")


def test_truth_without_its_image(browser_of_ada: Client, study: Study) -> None:
    page = send(browser_of_ada, study, ("7_truth.png", png(32)), ("8.png", png()))
    assert "7_truth.png has no low-resolution image" in page
    assert not study.items.exists()


def test_truth_of_a_wrong_size(browser_of_ada: Client, study: Study) -> None:
    page = send(browser_of_ada, study, ("7.png", png()), ("7_truth.png", png(16)))
    assert "The truth is 16 x 16 pixels" in page
    assert not study.items.exists()


def test_zip(browser_of_ada: Client, study: Study) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1.png", png())
        archive.writestr("2.png", png())
        archive.writestr("truth/2.png", png(32))
    assert "2 images were added" in send(browser_of_ada, study, ("all.zip", file.getvalue()))
    assert [hasattr(item, "truth") for item in study.items.all()] == [False, True]


def test_bad_file_beside_a_good_one(browser_of_ada: Client, study: Study) -> None:
    page = send(browser_of_ada, study, ("good.png", png()), ("bad.png", b"not an image"))
    assert "1 image was added" in page
    assert "bad: " in page
    assert study.items.get().name == "good"


def test_nothing_chosen(browser_of_ada: Client, study: Study) -> None:
    page = browser_of_ada.post(f"/studies/{study.pk}/items/", {}, follow=True)
    assert "Choose at least one image" in page.content.decode()


def test_names_of_files_are_only_text(browser_of_ada: Client, study: Study) -> None:
    name = '"><img src=x onerror=alert(1)>'
    page = send(browser_of_ada, study, (f"{name}.png", png()))
    assert name not in page
    assert escape(study.items.get().name) in page


def test_item_page_shows_the_pool(browser_of_ada: Client, study: Study) -> None:
    item = factories.item(study, truth=True)
    samples = factories.pool(item)
    page = browser_of_ada.get(f"/studies/{study.pk}/items/{item.pk}/").content.decode()
    assert page.count('loading="lazy"') == 12
    for sample in samples:
        assert f"/studies/{study.pk}/images/sample/{sample.pk}.png" in page
        assert f"{sample.lr_consistency:.1f}" in page
    assert f"/studies/{study.pk}/images/truth/{item.pk}.png" in page
    assert 'width="96" height="96"' in page  # 32 pixels, three times


def test_remove_from_a_draft(browser_of_ada: Client, study: Study) -> None:
    item = factories.item(study)
    browser_of_ada.post(f"/studies/{study.pk}/items/{item.pk}/delete/")
    assert not study.items.exists()


def test_not_from_an_open_study(ada: User, browser_of_ada: Client) -> None:
    study = factories.open_study_with_pool(owner=ada)
    page = browser_of_ada.post(f"/studies/{study.pk}/items/{study.items.get().pk}/delete/", follow=True)
    assert "The study is open" in page.content.decode()
    assert study.items.count() == 1
    assert "Add images" not in page.content.decode()


def test_item_of_another_study(ada: User, browser_of_ada: Client, study: Study) -> None:
    other = factories.item(factories.study(owner=ada))
    assert browser_of_ada.get(f"/studies/{study.pk}/items/{other.pk}/").status_code == 404
    assert browser_of_ada.post(f"/studies/{study.pk}/items/{other.pk}/delete/").status_code == 404
    assert Item.objects.filter(pk=other.pk).exists()
