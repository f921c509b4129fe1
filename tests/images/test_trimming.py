"""What is cut away around a line, and what is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.fields.picture import PictureField
from dragoman.images.fonts import fonts_of
from dragoman.images.line_renderer import render_line
from dragoman.images.preparation import Preparation
from dragoman.images.style import CLEAN, NOISY, Look
from dragoman.images.trimming import trimmed


def line(look: Look = CLEAN, seed: int = 1) -> np.ndarray:
    return render_line("A dog runs by", fonts_of(["DejaVu Sans"])[0], look, np.random.default_rng(seed), 32)


def on_paper(picture: np.ndarray, above: int, below: int, side: int) -> np.ndarray:
    """More paper of the same grey around it."""
    grey = int(np.median(picture))
    return np.pad(picture, ((0, 0), (above, below), (side, side)), constant_values=grey)


@pytest.mark.parametrize("look", [CLEAN, NOISY], ids=["clean", "noisy"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_line_on_much_paper_is_as_high_as_one_on_little(look: Look, seed: int) -> None:
    small = line(look, seed)
    cut = trimmed(on_paper(small, 60, 30, 200))
    assert cut.shape[1] < 1.6 * small.shape[1]
    assert cut.shape[2] < small.shape[2] + 30
    dark = np.quantile(small, 0.05)
    # A few dark specks may stand far from the letters.
    assert (cut <= dark).sum() >= 0.97 * (small <= dark).sum(), "the ink is there"


def test_light_ink_on_dark_paper_is_cut_too() -> None:
    dark = 255 - on_paper(line(), 60, 60, 100)
    assert trimmed(dark).shape[1] < 50


def test_a_line_that_fills_its_picture_keeps_its_height() -> None:
    assert trimmed(line()).shape[1] == 32


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_picture_of_nothing_is_as_it_was(grey: int) -> None:
    picture = np.full((3, 20, 30), grey, dtype=np.uint8)
    assert trimmed(picture) is picture


@settings(max_examples=60)
@given(st.integers(1, 40), st.integers(1, 60), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_whatever_the_picture_something_is_left(height: int, width: int, channels: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (channels, height, width), dtype=np.uint8)
    cut = trimmed(picture)
    assert cut.shape[0] == channels
    assert 1 <= cut.shape[1] <= height
    assert 1 <= cut.shape[2] <= width


def test_only_lines_are_cut() -> None:
    """A digit in the corner of its picture is one there; so is a picture whose greys are kept."""
    picture = on_paper(line(), 40, 40, 40)[0]
    of_line = PictureField(Preparation(32, None, 1, contrast=True), 10**6)
    of_one_size = PictureField(Preparation(32, 32, 1, contrast=True), 10**6)
    as_it_is = PictureField(Preparation(picture.shape[0], None, 1, contrast=False), 10**6)
    ink = [float((field.encode(picture) < 128).mean()) for field in (of_line, of_one_size)]
    assert ink[0] > 2 * ink[1]
    assert as_it_is.encode(picture).shape[1:] == picture.shape
