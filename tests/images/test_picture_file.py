"""Any picture becomes grey or colour as it would be seen; what is none is refused, and said where."""

from __future__ import annotations

import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dragoman.errors import InputError
from dragoman.images.picture_file import PICTURE_SUFFIXES, open_picture


def coloured(height: int = 6, width: int = 9) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "WEBP", "GIF"])
def test_lossless_files_come_back_as_they_were(kind: str, tmp_path: Path) -> None:
    pixels = coloured()
    options = {"lossless": True} if kind == "WEBP" else {}
    path = tmp_path / "picture"
    path.write_bytes(encoded(Image.fromarray(pixels), kind, **options))
    picture = open_picture(path, channels=3)
    assert picture.dtype == np.uint8
    assert picture.shape == (3, 6, 9)
    assert np.array_equal(picture, pixels.transpose(2, 0, 1)) or kind == "GIF"


def test_file_bytes_picture_and_array_give_the_same(tmp_path: Path) -> None:
    pixels = coloured()
    image = Image.fromarray(pixels)
    path = tmp_path / "a.png"
    image.save(path)
    for channels in (1, 3):
        pictures = [open_picture(source, channels=channels) for source in (path, path.read_bytes(), image, pixels)]
        assert all(np.array_equal(pictures[0], other) for other in pictures[1:])
        assert pictures[0].shape == (channels, 6, 9)


def test_a_jpeg_is_nearly_what_was_saved() -> None:
    pixels = np.full((16, 16, 3), (200, 100, 50), dtype=np.uint8)
    picture = open_picture(encoded(Image.fromarray(pixels), "JPEG", quality=95), channels=3)
    assert np.abs(picture.astype(int) - pixels.transpose(2, 0, 1)).max() <= 3


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "PA", "CMYK", "YCbCr", "HSV"])
def test_every_mode_shows_black_white_and_grey_as_they_are(mode: str) -> None:
    levels = np.array([[0, 255, 0, 255]] if mode in ("1", "PA", "P") else [[0, 255, 128, 64]], dtype=np.uint8)
    image = Image.fromarray(levels).convert("P" if mode == "PA" else mode).convert(mode)
    for channels in (1, 3):
        picture = open_picture(image, channels=channels)
        assert np.abs(picture.astype(int) - levels).max() <= 2


def test_sixteen_bits_keep_the_proportion() -> None:
    levels = np.array([[0, 257, 32_768, 65_535]], dtype=np.uint16)
    expected = [[[0, 1, 128, 255]]]
    for source in (levels, Image.fromarray(levels), encoded(Image.fromarray(levels)), levels.astype(">u2")):
        assert open_picture(source, channels=1).tolist() == expected
    portable = b"P5 4 1 65535\n" + levels.astype(">u2").tobytes()
    assert open_picture(portable, channels=1).tolist() == expected


def test_what_is_transparent_becomes_white() -> None:
    pixels = np.zeros((1, 3, 4), dtype=np.uint8)
    pixels[0, :, 3] = (0, 128, 255)
    for source in (pixels, encoded(Image.fromarray(pixels))):
        assert open_picture(source, channels=1).tolist() == [[[255, 127, 0]]]
    palette = Image.fromarray(np.array([[0, 1]], dtype=np.uint8)).convert("L")
    palette.putpalette([10, 10, 10, 20, 20, 20])
    for transparency in (1, b"\xff\x00"):
        file = encoded(palette, transparency=transparency)
        assert open_picture(file, channels=1).tolist() == [[[10, 255]]]


def test_a_photograph_is_turned_upright() -> None:
    pixels = np.zeros((4, 6), dtype=np.uint8)
    pixels[0] = 255
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = 6  # turn a quarter clockwise
    picture = open_picture(encoded(image, exif=exif), channels=1)
    assert picture.shape == (1, 6, 4)
    assert np.array_equal(picture[0], np.rot90(pixels, -1))


def test_of_an_animation_the_first_frame() -> None:
    frames = [Image.fromarray(np.full((5, 5), grey, dtype=np.uint8)) for grey in (30, 200)]
    file = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.unique(open_picture(file, channels=1)).tolist() == [30]


@pytest.mark.parametrize(
    ("shape", "kind"),
    [((4, 5), "uint8"), ((4, 5, 1), "uint8"), ((4, 5, 3), "uint8"), ((4, 5, 4), "uint8"), ((4, 5, 2), "uint8")],
)
def test_arrays_of_these_shapes_are_pictures(shape: tuple[int, ...], kind: str) -> None:
    assert open_picture(np.full(shape, 255, dtype=kind), channels=3).shape == (3, 4, 5)
    assert open_picture(np.full(shape, 255, dtype=kind)[::-1, ::2], channels=1).shape == (1, 4, 3)


def test_a_boolean_array_is_black_and_white() -> None:
    assert open_picture(np.array([[True, False]]), channels=1).tolist() == [[[255, 0]]]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((3, 20, 20), np.uint8), ["3 × 20 × 20", "channels come first", "transpose(1, 2, 0)"]),
        (np.zeros((4, 4, 7), np.uint8), ["4 × 4 × 7", "1, 2, 3 or 4"]),
        (np.zeros(5, np.uint8), ["array of 5"]),
        (np.zeros((), np.uint8), ["no axes"]),
        (np.zeros((4, 4), np.float32), ["float32", "uint8", "255"]),
        (np.zeros((4, 4, 3), np.uint16), ["uint16 with 3 channels"]),
        (np.zeros((0, 4), np.uint8), ["0 × 4", "empty"]),
        (np.array([["a"]]), ["str"]),
    ],
)
def test_other_arrays_are_refused_with_what_was_found(array: np.ndarray, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        open_picture(array, channels=1)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_what_is_no_picture_file_is_refused_by_name(tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no picture at all")
    empty = tmp_path / "empty.png"
    empty.touch()
    half = tmp_path / "half.png"
    noise = np.random.default_rng(1).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    half.write_bytes(encoded(Image.fromarray(noise))[:9000])
    for path, word in [
        (tmp_path / "missing.png", "does not exist"),
        (text / "below.png", "does not exist"),
        (tmp_path, "folder"),
        (Path("/dev/null"), "device"),
        (empty, "0 bytes"),
        (text, "no picture"),
        (half, "cut off"),
    ]:
        with pytest.raises(InputError, match=word) as caught:
            open_picture(path, channels=1)
        assert caught.value.file == path
        assert caught.value.remedy


def test_a_picture_named_in_a_table_is_refused_by_table_row_and_column(tmp_path: Path) -> None:
    missing = tmp_path / "missing.png"
    for source, words in [(missing, "missing.png' in column 'scan' does not exist"), (b"", "picture in column 'scan'")]:
        with pytest.raises(InputError, match=words) as caught:
            open_picture(source, channels=3, file="table.csv", line=7, column="scan")
        assert (caught.value.file, caught.value.line) == (Path("table.csv"), 7)
    with pytest.raises(InputError, match="the picture in column 'scan' of row 7 is empty"):
        open_picture(b"", channels=3, line=7, column="scan")


@pytest.mark.parametrize("size", [(50_000, 50_000), (12_000, 10_000)])
def test_a_bomb_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match="at most 100,000,000 pixels"):
            open_picture(png_claiming(*size), channels=1)


def test_the_limit_of_pixels_can_be_set() -> None:
    file = encoded(Image.fromarray(coloured(10, 10)))
    assert open_picture(file, channels=1, most_pixels=100).shape == (1, 10, 10)
    for source in (file, coloured(10, 10)):
        with pytest.raises(InputError, match="10 × 10 = 100 pixels; at most 99"):
            open_picture(source, channels=1, most_pixels=99)


def test_no_size_at_all_is_refused() -> None:
    for source in (png_claiming(0, 5), Image.new("L", (0, 5))):
        with pytest.raises(InputError):
            open_picture(source, channels=1)


def test_numbers_without_a_known_white_are_refused() -> None:
    with pytest.raises(InputError, match="floating-point"):
        open_picture(Image.fromarray(np.ones((2, 2), np.float32)), channels=1)
    with pytest.raises(InputError, match="from -5 to 70000"):
        open_picture(Image.fromarray(np.array([[-5, 70_000]], np.int32)), channels=1)


@given(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"]), st.data())
def test_damaged_files_give_a_picture_or_an_input_error(kind: str, data: st.DataObject) -> None:
    file = bytearray(encoded(Image.fromarray(coloured(12, 12)), kind))
    for _ in range(data.draw(st.integers(0, 6))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(file[: data.draw(st.integers(0, len(file)))])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            picture = open_picture(cut, channels=3, most_pixels=1_000_000)
        except InputError:
            return
    assert picture.shape[0] == 3


def test_suffixes_are_small_letters_with_a_dot() -> None:
    assert {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".gif", ".bmp"} <= PICTURE_SUFFIXES
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in PICTURE_SUFFIXES)


@pytest.mark.parametrize("channels", [1, 3])
def test_white_ink_on_transparency_is_as_black_ink(channels: int) -> None:
    alpha = np.zeros((9, 9), dtype=np.uint8)
    alpha[3:6, 2:7] = 255
    found = [
        open_picture(np.dstack([np.full((9, 9, 3), ink, dtype=np.uint8), alpha]), channels=channels) for ink in (255, 0)
    ]
    assert np.array_equal(*found)
    assert (found[0][0, 4, 4], found[0][0, 0, 0]) == (0, 255)
