"""Images in and out of files: what is accepted comes back exactly, what is not is refused with one clear sentence."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from inference.core.images import (
    ImageError,
    decode,
    encode_png,
    encode_tiff,
    read_image,
    to_float,
    to_uint8,
    to_uint16,
)

RNG = np.random.default_rng(18)
GREY = RNG.integers(0, 256, (6, 5), dtype=np.uint8)
RGB = RNG.integers(0, 256, (6, 5, 3), dtype=np.uint8)
GREY16 = RNG.integers(0, 65536, (6, 5), dtype=np.uint16)
RGB16 = RNG.integers(0, 65536, (6, 5, 3), dtype=np.uint16)


def saved(image, kind="PNG", **options):
    """The bytes of an image as Pillow writes them."""
    file = BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(file, kind, **options)
    return file.getvalue()


def tiff(image, **options):
    file = BytesIO()
    tifffile.imwrite(file, image, **options)
    return file.getvalue()


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def declared_png(width, height):
    """A tiny PNG that claims to be large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def declared_tiff(width, height):
    """A TIFF that claims to be large, with eight bytes of pixels."""
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: 8}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<I", 16) + bytes(8) + struct.pack("<H", len(tags)) + entries + bytes(4)


def assert_is(data, expected, depth=8):
    """The decoded pixels are the expected integers over their maximum, as float32 (H, W, C)."""
    result = decode(data)
    expected = expected if expected.ndim == 3 else expected[:, :, None]
    assert result.bit_depth == depth
    assert result.pixels.dtype == np.float32
    np.testing.assert_array_equal(result.pixels, (expected / np.iinfo(expected.dtype).max).astype(np.float32))


# Rounding


def test_rounding_is_half_up_and_clips():
    np.testing.assert_array_equal(to_uint8(np.array([0.5, 1.5, 2.5, 254.4, 254.5]) / 255), [1, 2, 3, 254, 255])
    np.testing.assert_array_equal(to_uint8([-0.1, 1.7, np.inf]), [0, 255, 255])
    np.testing.assert_array_equal(to_uint16(np.array([0.5, 2.5, 65534.4]) / 65535), [1, 3, 65534])


def test_every_level_survives_float32_and_back():
    levels8, levels16 = np.arange(256, dtype=np.uint8), np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(to_uint8(to_float(levels8).astype(np.float32)), levels8)
    np.testing.assert_array_equal(to_uint16(to_float(levels16).astype(np.float32)), levels16)
    np.testing.assert_array_equal(to_uint16(levels8), 257 * levels8.astype(np.uint16))
    np.testing.assert_array_equal(to_uint8(levels8), levels8)


def test_numbers_that_are_no_pixels_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        to_uint8([0.5, np.nan])
    with pytest.raises(ValueError, match="not int64"):
        to_uint8([1, 2])


# Reading


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
@pytest.mark.parametrize("image", [GREY, RGB], ids=["grey", "rgb"])
def test_lossless_formats_come_back_exactly(kind, image):
    assert_is(saved(image, kind), image)


def test_webp_comes_back():
    assert_is(saved(RGB, "WEBP", lossless=True), RGB)
    flat = np.full((16, 16, 3), 90, np.uint8)
    assert np.abs(decode(saved(flat, "WEBP")).pixels * 255 - 90).max() <= 3


def test_jpeg_comes_back():
    for flat in (np.full((16, 16), 90, np.uint8), np.full((16, 16, 3), 90, np.uint8)):
        result = decode(saved(flat, "JPEG", quality=95))
        assert result.pixels.shape == (16, 16, 1 if flat.ndim == 2 else 3)
        assert np.abs(result.pixels * 255 - 90).max() <= 2


@pytest.mark.parametrize("image", [GREY16, RGB16], ids=["grey", "rgb"])
def test_sixteen_bits_are_kept(image):
    assert_is(imagecodecs.png_encode(image), image, depth=16)
    assert_is(tiff(image), image, depth=16)
    assert_is(tiff(image, byteorder=">", compression="lzw", predictor=True), image, depth=16)
    assert_is(tiff(image, bigtiff=True), image, depth=16)


def test_sixteen_bit_grey_of_pillow():
    assert_is(saved(GREY16), GREY16, depth=16)


def test_planar_tiled_and_inverted_tiff():
    assert_is(tiff(np.moveaxis(RGB, -1, 0), photometric="rgb", planarconfig="separate"), RGB)
    large = np.tile(RGB, (8, 8, 1))
    assert_is(tiff(large, tile=(16, 16), photometric="rgb", compression="zlib"), large)
    assert_is(tiff(255 - GREY, photometric="miniswhite"), GREY)


def test_one_bit_becomes_grey():
    mask = GREY > 127
    for kind in ("PNG", "BMP", "TIFF"):
        assert_is(saved(Image.fromarray(mask), kind), mask.astype(np.uint8) * 255)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_palette_without_transparency_becomes_rgb(kind):
    palette = Image.new("P", (5, 6))
    colours = RNG.integers(0, 256, (4, 3), dtype=np.uint8)
    palette.putpalette(colours.tobytes())
    palette.putdata((GREY % 4).ravel().tolist())
    assert_is(saved(palette, kind), colours[GREY % 4])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_orientation_is_honoured_as_pillow_does(kind, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    data = saved(RGB, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(BytesIO(data))))
    assert_is(data, expected)


def test_orientation_of_a_sixteen_bit_tiff():
    assert_is(tiff(RGB16, extratags=[(274, 3, 1, 6, True)]), np.rot90(RGB16, -1), depth=16)


def test_paths_bytes_and_files_read_alike(tmp_path):
    data = saved(RGB)
    (tmp_path / "image.dat").write_bytes(data)
    file = BytesIO(data)
    file.read(10)
    for source in (tmp_path / "image.dat", str(tmp_path / "image.dat"), data, file):
        np.testing.assert_array_equal(to_uint8(read_image(source)), RGB)


def test_a_missing_path_is_the_usual_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_image(tmp_path / "none.png")


# Writing


@pytest.mark.parametrize("image", [GREY, RGB, GREY16, RGB16], ids=["grey8", "rgb8", "grey16", "rgb16"])
def test_png_comes_back_exactly_without_metadata(image):
    data = encode_png(image)
    assert_is(data, image, depth=8 * image.dtype.itemsize)
    assert encode_png(image if image.ndim == 3 else image[:, :, None]) == data
    kinds, at = [], 8
    while at < len(data):
        kinds.append(data[at + 4 : at + 8])
        at += 12 + int.from_bytes(data[at : at + 4])
    assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}


@pytest.mark.parametrize("channels", [1, 3])
def test_float_tiff_comes_back_exactly(channels):
    image = RNG.random((6, 5, channels), dtype=np.float32)
    data = encode_tiff(image)
    result = decode(data)
    assert result.bit_depth == 32
    np.testing.assert_array_equal(result.pixels, image)
    np.testing.assert_array_equal(tifffile.imread(BytesIO(data)), image.squeeze())
    assert encode_tiff(image.astype(np.float64)) == data


def test_writing_refuses_other_types_and_shapes():
    with pytest.raises(ValueError, match="to_uint8"):
        encode_png(RGB / 255)
    with pytest.raises(ValueError, match="Only floats"):
        encode_tiff(RGB)
    with pytest.raises(ValueError, match="Expected an image"):
        encode_png(np.zeros((4, 4, 4), np.uint8))


# Refusals


def animated(kind):
    frames = [Image.fromarray(np.full((6, 5, 3), level, np.uint8)) for level in (0, 90, 200)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


def with_alpha(mode):
    return Image.fromarray(RGB).convert(mode)


def transparent_palette():
    image = Image.fromarray(RGB).convert("P")
    return saved(image, transparency=0)


def without_last_strip():
    data = tiff(np.tile(RGB, (60, 60, 1)), photometric="rgb", rowsperstrip=8)
    return data[:-500]


REFUSED = {
    "empty": (b"", "The file is empty"),
    "text": (b"hello, I am not an image", "not an image"),
    "html": (b"<!DOCTYPE html><html><body>", "not an image"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "SVG files"),
    "svg with prologue": (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x --><SVG/>', "SVG files"),
    "magic only": (b"\x89PNG\r\n\x1a\n", "truncated or damaged"),
    "truncated png": (saved(RGB)[:-20], "truncated or damaged"),
    "truncated 16-bit png": (imagecodecs.png_encode(RGB16)[:-20], "truncated or damaged"),
    "truncated jpeg": (saved(np.tile(RGB, (20, 20, 1)), "JPEG")[:-2000], "truncated or damaged"),
    "truncated bmp": (saved(RGB, "BMP")[:-20], "truncated or damaged"),
    "truncated webp": (saved(RGB, "WEBP")[:-20], "truncated or damaged"),
    "truncated tiff": (tiff(RGB)[:-20], "truncated or damaged"),
    "tiff without its last strip": (without_last_strip(), "truncated or damaged"),
    "tiff magic only": (b"II*\0\x08\0\0\0", "truncated or damaged"),
    "flipped bit": (saved(RGB)[:60] + b"\xff" + saved(RGB)[61:], "truncated or damaged"),
    "huge png": (declared_png(40000, 40000), "more pixels than the limit|more than the limit"),
    "huge tiff": (declared_tiff(40000, 40000), "40000 x 40000 pixels, more than the limit"),
    "jpeg in tiff": (
        tiff(np.tile(RGB, (8, 8, 1)), photometric="rgb", compression="jpeg"),
        "LZW, ZIP or no compression",
    ),
    "large png": (declared_png(9000, 9000), "9000 x 9000 pixels, more than the limit"),
    "animated png": (animated("PNG"), "animated or has several pages"),
    "animated webp": (animated("WEBP"), "animated or has several pages"),
    "animated gif": (animated("GIF"), "animated or has several pages"),
    "two pages": (animated("TIFF"), "animated or has several pages"),
    "still gif": (saved(GREY, "GIF"), "GIF files are not accepted"),
    "cmyk jpeg": (saved(with_alpha("CMYK"), "JPEG"), "stored as CMYK"),
    "cmyk tiff": (saved(with_alpha("CMYK"), "TIFF"), "stored as SEPARATED"),
    "lab tiff": (saved(with_alpha("LAB"), "TIFF"), "stored as CIELAB"),
    "rgba png": (saved(with_alpha("RGBA")), "transparency"),
    "grey alpha png": (saved(with_alpha("LA")), "transparency"),
    "rgba webp": (saved(np.dstack([RGB, GREY]), "WEBP", lossless=True), "transparency"),
    "rgba tiff": (saved(with_alpha("RGBA"), "TIFF"), "transparency"),
    "transparent palette": (transparent_palette(), "transparency"),
    "transparent colour": (saved(Image.fromarray(RGB), transparency=(1, 2, 3)), "transparency"),
    "32-bit tiff": (tiff(GREY.astype(np.uint32)), "8 or 16 bits"),
    "float tiff out of range": (tiff(np.array([[0.5, 1.5]], np.float32)), "from 0 to 1"),
    "float tiff with nan": (tiff(np.array([[0.5, np.nan]], np.float32)), "from 0 to 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_unusable_files_are_refused_with_one_sentence(name):
    data, message = REFUSED[name]
    with pytest.raises(ImageError, match=message) as caught:
        decode(data)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_limits_can_be_set():
    data = saved(RGB)
    assert decode(data, max_pixels=30, max_bytes=len(data)).bit_depth == 8
    for source in (data, tiff(RGB)):
        with pytest.raises(ImageError, match="5 x 6 pixels, more than the limit of 29"):
            decode(source, max_pixels=29)
    for source in (data, BytesIO(data)):
        with pytest.raises(ImageError, match="larger than the limit"):
            decode(source, max_bytes=len(data) - 1)


def test_damaged_bytes_never_raise_anything_else():
    """Files with random damage either decode or are refused: no other exception reaches the caller."""
    rng = np.random.default_rng(19)
    originals = [saved(RGB), saved(RGB, "JPEG"), saved(RGB, "BMP"), saved(RGB, "WEBP"), tiff(RGB16), saved(RGB, "TIFF")]
    for data in originals:
        for _ in range(60):
            damaged = bytearray(data)
            for at in rng.integers(4, len(data), 3):
                damaged[at] = rng.integers(256)
            with suppress(ImageError):
                assert decode(bytes(damaged), max_pixels=100_000).pixels.ndim == 3
