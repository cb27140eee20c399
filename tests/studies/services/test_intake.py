"""Uploads: what comes in, how it is stored, and what is refused with nothing left behind."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import numpy as np
import pytest
from django.core.files.storage import storages
from PIL import Image

from inference import services as inference
from inference import store
from inference.core.images import encode_png, read_image
from inference.models import LowResImage
from studies.errors import IntakeError
from studies.models import GroundTruth, Item
from studies.services import intake
from studies.services.design import archives
from tests.studies import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return factories.study()


def png(size=8, channels=1, seed=0):
    return encode_png(factories.pixels(size, channels, seed))


def file(data, name="digit.png"):
    stream = io.BytesIO(data)
    stream.name = name
    return stream


def archive(members, **options):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, **options) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return stream


def refused(match, action, *args, **options):
    with pytest.raises(IntakeError, match=match):
        action(*args, **options)
    assert not Item.objects.exists()
    assert not GroundTruth.objects.exists()


def test_an_image_becomes_an_item_with_the_same_pixels(study):
    item = intake.add_item(study, file(png()), name="seven")
    assert (item.position, item.name, item.low_res.width) == (0, "seven", 8)
    assert np.array_equal(
        np.rint(inference.read_low_res(item.low_res) * 255), factories.pixels(8, 1, 0).astype(np.float32)
    )


def test_a_name_comes_from_the_file_or_the_place(study):
    assert intake.add_item(study, file(png(seed=1), "a.png")).name == "a.png"
    assert intake.add_item(study, png(seed=2)).name == "image 2"


def test_grey_saved_as_rgb_is_the_same_image(study):
    grey = factories.pixels(8, 1, 3)
    item = intake.add_item(study, encode_png(np.repeat(grey, 3, axis=2)))
    assert item.low_res.channels == 1
    with pytest.raises(IntakeError, match="already, as “image 1”"):
        intake.add_item(study, encode_png(grey))


def test_16_bits_are_kept(study):
    item = intake.add_item(study, encode_png(np.full((8, 8, 1), 300, dtype=np.uint16)))
    assert item.low_res.bit_depth == 16


def test_colour_is_refused_where_the_weights_draw_grey(study):
    refused("in colour", intake.add_item, study, png(channels=3))


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"hello", "not an image"),
        (png()[:60], "truncated or damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"", "empty"),
    ],
)
def test_what_is_no_image_is_refused(study, data, match):
    refused(match, intake.add_item, study, data)


def test_declared_size_is_checked_before_unpacking(study):
    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)
    import zlib

    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png()[33:]
    refused("40000 x 40000|limit", intake.add_item, study, data)


@pytest.mark.parametrize("mode", ["RGBA", "CMYK", "LA"])
def test_other_colour_models_are_refused(study, mode):
    stream = io.BytesIO()
    Image.new(mode, (8, 8)).save(stream, "TIFF" if mode == "CMYK" else "PNG")
    refused("transparency|RGB", intake.add_item, study, stream)


@pytest.mark.parametrize("side", [3, 513])
def test_low_resolution_has_limits(study, side):
    refused("4 to 512 per side|limit", intake.add_item, study, png(side))


def test_truth_is_stored_apart_and_without_loss(study):
    truth = factories.pixels(32, 1, 4)
    item = intake.add_item(study, png(), truth=encode_png(truth))
    stored = store.get(item.truth.sha256, "truth", ".png", storage=storages["truth"])
    assert np.array_equal(np.rint(read_image(stored) * 255), truth)
    assert not storages["default"].exists(store.path_name(item.truth.sha256, "truth", ".png"))


@pytest.mark.parametrize(
    ("truth", "match"),
    [(png(31), "31 x 31 pixels, but 4 times the LR image .8 x 8. is 32 x 32"), (b"x", "truth cannot be used")],
)
def test_a_truth_that_does_not_fit_is_refused(study, truth, match):
    refused(match, intake.add_item, study, png(), truth=truth)


def test_a_colour_truth_for_a_grey_image_is_refused(study):
    refused("truth cannot be used.*colour", intake.add_item, study, png(), truth=png(32, 3))


def test_a_full_disk_is_said_and_leaves_nothing(study, monkeypatch):
    def full(*args, **options):
        raise store.StoreError("The disk is full: free some space.")

    monkeypatch.setattr(store, "put", full)
    refused("disk is full", intake.add_item, study, png())
    assert not LowResImage.objects.exists()


def test_items_are_fixed_once_people_have_started():
    study = factories.open_study_with_pool()
    with pytest.raises(IntakeError, match="close it"):
        intake.add_item(study, png())
    factories.participant(study)
    from studies.services.lifecycle import close_study

    close_study(study)
    with pytest.raises(IntakeError, match="People have started"):
        intake.add_item(study, png())
    with pytest.raises(IntakeError, match="People have started"):
        intake.remove_item(study.items.get())


def test_an_item_can_be_removed_and_the_next_one_comes_last(study):
    first, _ = (intake.add_item(study, png(seed=seed)) for seed in (1, 2))
    intake.remove_item(first)
    assert intake.add_item(study, png(seed=3)).position == 2


# Archives


def test_an_archive_comes_in_by_natural_order_with_its_truths(study):
    members = {
        "lr/image10.png": png(seed=10),
        "lr/image2.png": png(seed=2),
        "truth/image2.tif.png": png(32),
        "truth/image10.png": png(32, seed=10),
        "__MACOSX/lr/._image2.png": b"rubbish",
        "lr/.DS_Store": b"rubbish",
        "lr/": b"",
    }
    del members["truth/image2.tif.png"]
    items = intake.add_archive(study, archive(members))
    assert [(item.name, item.position) for item in items] == [("image2", 0), ("image10", 1)]
    assert list(GroundTruth.objects.values_list("item__name", flat=True)) == ["image10"]


def test_a_truth_beside_its_image_in_an_archive_is_never_shown(study):
    """As among single files: what is named a truth must not become an item, which everybody sees."""
    members = {"7.png": png(), "7_truth.png": png(32), "8.png": png(seed=8)}
    items = intake.add_archive(study, archive(members))
    assert [item.name for item in items] == ["7", "8"]
    assert list(GroundTruth.objects.values_list("item__name", flat=True)) == ["7"]
    with pytest.raises(IntakeError, match="another image of the same name"):
        intake.add_archive(study, archive({"9.png": png(seed=9), "9_truth.png": png(32), "truth/9.png": png(32)}))


def test_a_folder_around_everything_is_looked_through(study):
    members = {"my digits/lr/a.png": png(), "my digits/hr/a.bmp.png": png(32)}
    refused("no LR image of the same name", intake.add_archive, study, archive(members))
    members = {"my digits/a.png": png(), "my digits/b.png": png(seed=1)}
    assert len(intake.add_archive(study, archive(members))) == 2


def test_an_archive_comes_in_whole_or_not_at_all(study):
    members = {"a.png": png(), "b.png": b"no image"}
    refused("b.png: The file is not an image", intake.add_archive, study, archive(members))


def test_an_archive_with_an_image_twice_says_which(study):
    refused("b.png: This image is in the study already, as “a”", intake.add_archive, study,
            archive({"a.png": png(), "b.png": png()}))  # fmt: skip


@pytest.mark.parametrize("name", ["../a.png", "lr/../../a.png", "/etc/a.png", "..\\a.png", "C:\\a.png"])
def test_paths_that_lead_outside_are_refused(study, name):
    refused("outside itself", intake.add_archive, study, archive({"ok.png": png(seed=5), name: png()}))


def test_links_are_refused(study):
    link = zipfile.ZipInfo("a.png")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused("is a link", intake.add_archive, study, archive({link: "/etc/passwd"}))


def test_a_bomb_is_refused_by_its_ratio(study):
    refused("200 times", intake.add_archive, study, archive({"a.png": bytes(30 * 2**20)}))


def test_a_bomb_of_many_members_is_refused_by_its_total(study, monkeypatch):
    monkeypatch.setattr(archives, "MAX_TOTAL", 1000)
    refused("Unpacked", intake.add_archive, study, archive({f"{i}.png": png(seed=i) * 4 for i in range(9)}))


def test_a_member_that_lies_about_its_size_is_not_believed(study):
    data = bytearray(archive({"a.png": bytes(5000)}).getvalue())
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        place = data.index(signature) + offset
        data[place : place + 4] = struct.pack("<I", 10)
    refused("damaged|more than it declares", intake.add_archive, study, io.BytesIO(bytes(data)))


def test_10_001_members_are_refused(study):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for index in range(10_001):
            packed.writestr(f"{index}.png", b"")
    refused("10,001 members", intake.add_archive, study, stream)


def test_encrypted_members_are_refused(study):
    data = bytearray(archive({"a.png": png()}).getvalue())
    place = data.index(b"PK\1\2") + 8
    data[place] |= 1
    refused("encrypted", intake.add_archive, study, io.BytesIO(bytes(data)))


def test_archives_inside_archives_are_refused(study):
    refused("inside the archive", intake.add_archive, study, archive({"b.zip": b"PK", "a.png": png()}))


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x05\x06" + bytes(10)])
def test_what_is_no_archive_is_refused(study, data):
    refused("not a zip file|damaged", intake.add_archive, study, data)


def test_an_empty_archive_and_strange_folders_are_refused(study):
    refused("no images", intake.add_archive, study, archive({"__MACOSX/x": b""}))
    refused("top or into lr/", intake.add_archive, study, archive({"a.png": png(), "other/b.png": png()}))
