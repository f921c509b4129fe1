"""Every picture comes out at the asked size, with dark ink on a light ground."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import InputError
from dragoman.images.preparation import WIDEST, Preparation, border_colour


def noise(channels: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (channels, height, width), dtype=np.uint8)


def written(ground: int, ink: int, channels: int = 1) -> np.ndarray:
    picture = np.full((channels, 32, 100), ground, dtype=np.uint8)
    picture[:, 10:22, 20:80:6] = ink
    return picture


SIZES = st.integers(1, 90)


@given(st.sampled_from([1, 3]), SIZES, SIZES, st.sampled_from([1, 3]), st.integers(1, 40), st.booleans(), st.data())
def test_any_picture_gets_the_asked_size(
    channels: int, height: int, width: int, asked: int, rows: int, contrast: bool, data: st.DataObject
) -> None:
    columns = data.draw(st.none() | st.integers(1, 60))
    prepared = Preparation(rows, columns, asked, contrast).prepare(noise(channels, height, width))
    expected = columns if columns is not None else max(1, round(width * rows / height))
    assert prepared.shape == (asked, rows, expected)
    assert prepared.dtype == np.uint8


@given(st.sampled_from([1, 3]), SIZES, st.booleans(), st.integers(0, 9))
def test_what_is_prepared_stays_as_it_is(channels: int, width: int, contrast: bool, seed: int) -> None:
    preparation = Preparation(20, None, channels, contrast)
    once = preparation.prepare(noise(channels, 33, width, seed))
    assert np.array_equal(preparation.prepare(once), once)


def test_a_picture_of_the_right_size_is_unchanged() -> None:
    picture = noise(3, 28, 40)
    for width in (None, 40):
        assert np.array_equal(Preparation(28, width, 3, False).prepare(picture), picture)


def test_grey_and_colour_become_each_other() -> None:
    grey = noise(1, 8, 8)
    colour = Preparation(8, 8, 3, False).prepare(grey)
    assert np.array_equal(colour, np.repeat(grey, 3, axis=0))
    assert np.array_equal(Preparation(8, 8, 1, False).prepare(colour), grey)
    green = np.zeros((3, 8, 8), dtype=np.uint8)
    green[1] = 255
    assert np.unique(Preparation(8, 8, 1, False).prepare(green)).tolist() == [150]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("ground", "ink"), [(200, 120), (120, 200), (255, 0), (0, 255), (41, 40)])
def test_contrast_makes_ink_black_and_the_ground_white(ground: int, ink: int, channels: int) -> None:
    picture = written(ground, ink, channels)
    prepared = Preparation(32, None, channels, True).prepare(picture)
    assert np.array_equal(prepared == 0, picture == ink)
    assert np.array_equal(prepared == 255, picture == ground)


def test_specks_do_not_decide_the_contrast() -> None:
    picture = written(180, 90)
    picture[0, 3, 3], picture[0, 5, 50] = 0, 255
    prepared = Preparation(32, None, 1, True).prepare(picture)
    assert np.unique(prepared[picture == 90]).tolist() == [0]
    assert np.unique(prepared[picture == 180]).tolist() == [255]


def test_a_shaded_border_does_not_turn_dark_ink_into_light() -> None:
    picture = written(200, 30).astype(int)
    picture -= (np.abs(np.arange(32) - 15.5)[:, None] * 3).astype(int)
    prepared = Preparation(32, None, 1, True).prepare(picture.clip(0, 255).astype(np.uint8))
    assert prepared[0, 16, 0] > 200
    assert prepared[0, 16, 20] < 50


def test_without_contrast_light_ink_stays_light() -> None:
    picture = written(20, 220)
    assert np.array_equal(Preparation(32, None, 1, False).prepare(picture), picture)


@pytest.mark.parametrize("grey", [0, 7, 255])
def test_a_constant_picture_is_left(grey: int) -> None:
    picture = np.full((1, 40, 40), grey, dtype=np.uint8)
    assert np.unique(Preparation(32, 50, 1, True).prepare(picture)).tolist() == [grey]


def test_a_given_width_is_filled_up_with_the_colour_of_the_border() -> None:
    picture = np.full((3, 10, 10), 90, dtype=np.uint8)
    picture[:, 4:6, 4:6] = 0
    prepared = Preparation(10, 20, 3, False).prepare(picture)
    assert np.array_equal(prepared[:, :, 5:15], picture)
    assert np.unique(prepared[:, :, :5]).tolist() == np.unique(prepared[:, :, 15:]).tolist() == [90]
    wide = Preparation(10, 20, 1, False).prepare(np.full((1, 10, 80), 60, dtype=np.uint8))
    assert wide.shape == (1, 10, 20)


def test_the_border_colour_is_the_commonest_on_the_edges() -> None:
    picture = np.zeros((2, 9, 9), dtype=np.uint8)
    picture[:, :, 0], picture[:, :, -1], picture[:, 0], picture[:, -1] = 10, 10, 10, 10
    picture[1] += 5
    picture[:, 0, :3] = 99
    assert border_colour(picture).tolist() == [10, 15]


def test_smaller_is_an_average_and_not_a_choice() -> None:
    stripes = np.zeros((1, 64, 64), dtype=np.uint8)
    stripes[:, :, ::2] = 255
    prepared = Preparation(8, None, 1, False).prepare(stripes)
    assert np.abs(prepared.astype(int) - 128).max() < 40


def test_an_endless_strip_is_refused() -> None:
    strip = np.zeros((1, 1, 300), dtype=np.uint8)
    with pytest.raises(InputError, match=r"300 × 1 pixels would be 9,600 columns wide.*8,192") as caught:
        Preparation(32, None, 1, False).prepare(strip, file="a.png", line=3)
    assert caught.value.line == 3
    assert Preparation(8, None, 1, False).prepare(strip).shape == (1, 8, 2400)


@given(st.integers(1, WIDEST), st.none() | st.integers(1, WIDEST), st.sampled_from([1, 3]), st.booleans())
def test_dictionaries_hold_all_of_it(height: int, width: int | None, channels: int, contrast: bool) -> None:
    preparation = Preparation(height, width, channels, contrast)
    assert Preparation.from_dict(preparation.to_dict()) == preparation


def test_nonsense_is_refused() -> None:
    good = Preparation(32, None, 1, True).to_dict()
    for change in ({"height": 0}, {"height": None}, {"width": 0}, {"channels": 2}, {"colour": 1}):
        with pytest.raises(ValueError, match="no preparation"):
            Preparation.from_dict(good | change)
    with pytest.raises(ValueError, match="no preparation"):
        Preparation.from_dict({"height": 32})
