"""Bad files at the upload page: a clear sentence for each, nothing stored by half, and nothing lost beside it."""

from __future__ import annotations

import errno
import html
import io
import os
import re
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from PIL import Image

from inference import services as inference
from inference.core.images import encode_png, read_image, to_uint8
from inference.models import LowResImage
from studies.models import GroundTruth, Item, Study
from tests.inference.core.test_images import REFUSED, declared_png
from tests.studies import factories
from tests.studies.views.researcher.test_items import png, send


@pytest.fixture
def study(ada: User) -> Study:
    return factories.study(owner=ada)


@pytest.fixture
def upload(browser_of_ada: Client, study: Study) -> Callable[..., list[str]]:
    """Sends files; the sentences of refusal on the page that follows."""

    def upload(*files: tuple[str, bytes]) -> list[str]:
        page = send(browser_of_ada, study, *files)
        notices = re.findall(r'<p class="notice notice-error">(.*?)</p>', page, re.DOTALL)
        return [html.unescape(notice) for notice in notices]

    return upload


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def assert_nothing_stored(data_dir: Path) -> None:
    assert not Item.objects.exists()
    assert not GroundTruth.objects.exists()
    assert not LowResImage.objects.exists()
    assert files_below(data_dir) == []


def zipped(members: dict[str | zipfile.ZipInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize("name", REFUSED)
def test_each_unusable_file_has_its_own_sentence(upload: Callable[..., list[str]], data_dir: Path, name: str) -> None:
    data, sentence = REFUSED[name]
    (refusal,) = upload(("five.png", data))
    assert re.search(sentence, refusal)
    assert refusal.startswith("five: ")
    assert refusal.endswith(".")
    assert_nothing_stored(data_dir)


def test_bad_files_beside_a_good_one_are_named_and_the_good_one_is_kept(
    upload: Callable[..., list[str]], study: Study
) -> None:
    bad = [(f"bad {number}.png", data) for number, (data, _) in enumerate(REFUSED.values())]
    refusals = upload(*bad[:5], ("good.png", png()), *bad[5:])
    assert [refusal.partition(":")[0] for refusal in refusals] == [name.removesuffix(".png") for name, _ in bad]
    assert study.items.get().name == "good"


def test_more_declared_pixels_than_any_lr_image_has(upload: Callable[..., list[str]], data_dir: Path) -> None:
    (refusal,) = upload(("five.png", declared_png(40_000, 40_000)))
    assert "limit" in refusal
    (refusal,) = upload(("five.png", declared_png(600, 600)))
    assert "600 x 600 pixels, more than the limit" in refusal
    assert_nothing_stored(data_dir)


def test_an_lr_image_beyond_the_limits(upload: Callable[..., list[str]], data_dir: Path, settings: object) -> None:
    (refusal,) = upload(("five.png", encode_png(np.zeros((4, 513, 1), np.uint8))))
    assert "513 x 4 pixels; a low-resolution image has 4 to 512 per side" in refusal
    settings.TRUSTSR_MAX_UPLOAD_BYTES = 50  # type: ignore[attr-defined]
    (refusal,) = upload(("five.png", png()))
    assert "larger than the limit" in refusal
    assert_nothing_stored(data_dir)


@pytest.mark.parametrize(
    ("truth", "sentence"),
    [
        (png(31), "31 x 31 pixels, but 4 times the LR image (8 x 8) is 32 x 32"),
        (b"x", "truth cannot be used: The file"),
    ],
    ids=["size", "no image"],
)
def test_a_truth_that_does_not_fit(
    upload: Callable[..., list[str]], data_dir: Path, truth: bytes, sentence: str
) -> None:
    (refusal,) = upload(("7.png", png()), ("7_truth.png", truth))
    assert sentence in refusal
    assert_nothing_stored(data_dir)
    (refusal,) = upload(("all.zip", zipped({"lr/7.png": png(), "lr/8.png": png(), "truth/8.png": truth})))
    assert refusal.startswith("lr/8.png: ")
    assert sentence in refusal
    assert_nothing_stored(data_dir)


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("a.png")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


ARCHIVES = {
    "leads outside": ({"ok.png": png(), "../../a.png": png()}, "names a file outside itself (../../a.png)"),
    "link": ({"ok.png": png(), link(): b"/etc/passwd"}, "a.png is a link"),
    "bomb": ({"ok.png": png(), "a.png": bytes(30 * 2**20)}, "a.png unpacks to more than 200 times its size"),
    "10,001 members": ({f"{number}.png": b"" for number in range(10_001)}, "10,001 members, more than the limit"),
    "bad member": ({"a.png": png(), "b.png": b"no image"}, "b.png: The file is not an image"),
    "svg member": ({"a.png": png(), "b.png": b"<svg/>"}, "b.png: SVG files"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_that_is_not_safe_or_not_sound(upload: Callable[..., list[str]], data_dir: Path, name: str) -> None:
    members, sentence = ARCHIVES[name]
    (refusal,) = upload(("all.zip", zipped(members)))
    assert sentence in refusal
    assert_nothing_stored(data_dir)


@pytest.mark.parametrize(
    "data", [b"", b"not a zip", zipped({"a.png": png()})[:-30]], ids=["empty", "text", "cut short"]
)
def test_what_is_no_archive(upload: Callable[..., list[str]], data_dir: Path, data: bytes) -> None:
    (refusal,) = upload(("all.zip", data))
    assert "not a zip file, or it is damaged" in refusal
    assert_nothing_stored(data_dir)


def test_too_many_files_at_once(upload: Callable[..., list[str]], data_dir: Path) -> None:
    (refusal,) = upload(*[(f"{number}.png", b"x") for number in range(101)])
    assert "at most 100 files at once" in refusal
    assert_nothing_stored(data_dir)


# What is unusual but good


def test_sixteen_bits_are_kept(upload: Callable[..., list[str]], study: Study) -> None:
    pixels = np.random.default_rng(1).integers(0, 65536, (8, 8, 1), dtype=np.uint16)
    assert upload(("deep.png", encode_png(pixels))) == []
    stored = study.items.get().low_res
    assert stored.bit_depth == 16
    assert np.array_equal(np.rint(inference.read_low_res(stored) * 65535), pixels)


def test_a_photograph_is_turned_upright_and_keeps_its_pixels_only(
    upload: Callable[..., list[str]], study: Study
) -> None:
    """Orientation is honoured; GPS, comments, profiles and what is appended to the file are not kept."""
    pixels = np.random.default_rng(2).integers(0, 256, (6, 9), dtype=np.uint8)
    exif = Image.Exif()
    exif[274] = 6  # the camera was held on its side: turn clockwise
    exif[270] = "SECRET description"
    exif.get_ifd(0x8825)[29] = "SECRET date of GPS"
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", exif=exif, icc_profile=b"SECRET profile")
    sent = file.getvalue() + b"SECRET appended"
    assert upload(("photo.png", sent), ("photo_truth.png", encode_png(np.zeros((36, 24, 1), np.uint8)))) == []
    stored = inference.low_res_png(study.items.get().low_res)
    assert np.array_equal(to_uint8(read_image(stored))[:, :, 0], np.rot90(pixels, -1))
    assert b"SECRET" in sent
    assert b"SECRET" not in stored
    assert not Image.open(io.BytesIO(stored)).info


# A disk that fills up


def full_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk takes this many files more."""
    real, done = os.fsync, []

    def fsync(descriptor: int) -> None:
        if len(done) == writes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done.append(descriptor)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


SENT = {
    "files": [("7.png", png()), ("7_truth.png", png(32))],
    "archive": [("all.zip", zipped({"lr/1.png": png(), "lr/2.png": png(), "truth/2.png": png(32)}))],
}


@pytest.mark.parametrize("kind", SENT)
@pytest.mark.parametrize("fit", [0, 1])
def test_a_full_disk_is_said_and_the_same_upload_works_later(
    upload: Callable[..., list[str]], study: Study, data_dir: Path, kind: str, fit: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        full_after(fit, patch)
        (refusal,) = upload(*SENT[kind])
    assert "The disk is full: free some space" in refusal
    assert not Item.objects.exists()
    assert not GroundTruth.objects.exists()
    assert len(files_below(data_dir)) == fit  # whole ones, under their hash
    assert not any(path.suffix == ".part" for path in files_below(data_dir))

    assert upload(*SENT[kind]) == []
    assert GroundTruth.objects.count() == 1
    assert len(files_below(data_dir)) == sum(2 if hasattr(item, "truth") else 1 for item in study.items.all())
