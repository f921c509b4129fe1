"""Lines are drawn whole, legibly and the same each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import get_data_path

from dragoman.errors import InputError
from dragoman.images.fonts import Font
from dragoman.images.line_renderer import LineRenderer, render_line
from dragoman.images.style import CLEAN, NOISY, Look

FOLDER = Path(get_data_path(), "fonts", "ttf")
SANS = Font(FOLDER / "DejaVuSans.ttf", 0, "DejaVu Sans", "Book")
BOLD = Font(FOLDER / "DejaVuSans-Bold.ttf", 0, "DejaVu Sans", "Bold")
SERIF = Font(FOLDER / "DejaVuSerif.ttf", 0, "DejaVu Serif", "Book")
MONO = Font(FOLDER / "DejaVuSansMono.ttf", 0, "DejaVu Sans Mono", "Book")
FONTS = [SANS, BOLD, SERIF, MONO]
LOOKS = [(CLEAN, 1.0), (NOISY, 1.0)]
NEUTRAL = replace(CLEAN, size=(24.0, 24.0), margin=(4.0, 4.0), ink=(0.0, 0.0), paper=(255.0, 255.0))


def rendered(text: str, font: Font = SANS, look: Look = CLEAN, seed: int = 0, height: int = 32) -> np.ndarray:
    return render_line(text, font, look, np.random.default_rng(seed), height)


@pytest.mark.parametrize("look", [CLEAN, NOISY])
def test_the_same_seed_gives_the_same_bits_and_another_others(look: Look) -> None:
    renderer = LineRenderer(FONTS, [(look, 1.0)], 32)
    first = [renderer.render("Same line.", np.random.default_rng(5)) for _ in range(2)]
    np.random.seed(3)
    again = LineRenderer(FONTS, [(look, 1.0)], 32).render("Same line.", np.random.default_rng(5))
    assert all(np.array_equal(first[0], other) for other in (first[1], again))
    others = [renderer.render("Same line.", np.random.default_rng(seed)) for seed in range(4)]
    assert any(not np.array_equal(first[0], other) for other in others)


@settings(max_examples=40)
@given(
    st.text(st.sampled_from("abcgjpqyXÅßжΩ 0,.|-"), min_size=1, max_size=60),
    st.sampled_from([8, 20, 32, 48]),
    st.integers(0, 1000),
)
def test_any_line_has_the_asked_height_and_ink(text: str, height: int, seed: int) -> None:
    renderer = LineRenderer(FONTS, LOOKS, height)
    if not text.strip():
        with pytest.raises(InputError, match="is visible"):
            renderer.render(text, np.random.default_rng(seed))
        return
    picture = renderer.render(text, np.random.default_rng(seed))
    assert picture.shape[:2] == (1, height)
    assert picture.dtype == np.uint8
    assert picture.max() > picture.min()


def test_clean_lines_are_dark_on_a_light_border() -> None:
    for seed in range(8):
        picture = rendered("Ink, gj.", seed=seed)[0]
        edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert edge.min() >= 235
        assert picture.min() <= 40


def rows_of_capitals(look: Look, seed: int, height: int) -> int:
    """Rows of an upright, noiseless ``H`` as large and as high up as the look would have it."""
    calm = replace(look, slant=(0.0, 0.0), blur=(0.0, 0.0), noise=(0.0, 0.0), specks=(0.0, 0.0), shade=(0.0, 0.0))
    calm = replace(calm, quality=(100.0, 100.0))
    picture = rendered("H", look=calm, seed=seed, height=height)[0].astype(float)
    return int((picture.min(1) < (picture.min() + picture.max()) / 2).sum())


@pytest.mark.parametrize("look", [CLEAN, NOISY])
def test_capitals_stay_at_least_14_of_32_rows_high(look: Look) -> None:
    rows = [rows_of_capitals(look, seed, 32) for seed in range(40)]
    assert min(rows) >= 14
    assert max(rows) < 31


def test_nothing_is_cut_off() -> None:
    tilted = replace(NEUTRAL, slant=(0.2, 0.2), rise=(2.5, 2.5), size=(27.0, 27.0))
    for look in (NEUTRAL, tilted, replace(tilted, slant=(-0.2, -0.2), rise=(-2.5, -2.5))):
        for text in ("Ågj|", "gÅ", "Ế", "H" * 200):
            picture = rendered(text, look=look)[0]
            edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
            assert edge.min() > 100, text


def test_longer_text_is_wider_and_higher_pictures_larger() -> None:
    widths = [rendered("word " * count, look=NEUTRAL).shape[2] for count in (1, 4, 16, 64)]
    assert widths == sorted(set(widths))
    assert rendered("word", look=NEUTRAL, height=64).shape[2] == pytest.approx(2 * widths[0], abs=3)
    assert rendered("x" * 6000, look=NOISY).shape[2] > 30_000


def test_fonts_and_looks_make_a_difference() -> None:
    pictures = [rendered("Difference", font, NEUTRAL).tobytes() for font in FONTS]
    assert len(set(pictures)) == len(FONTS)
    changes = {
        "size": (20.0, 20.0),
        "margin": (9.0, 9.0),
        "stretch": (1.2, 1.2),
        "slant": (0.2, 0.2),
        "rise": (2.0, 2.0),
        "weight": (1.5, 1.5),
        "blur": (1.0, 1.0),
        "ink": (90.0, 90.0),
        "paper": (200.0, 200.0),
        "shade": (9.0, 9.0),
        "noise": (9.0, 9.0),
        "specks": (0.01, 0.01),
        "quality": (20.0, 20.0),
    }
    plain = rendered("Difference", look=NEUTRAL)
    for name, value in changes.items():
        assert not np.array_equal(rendered("Difference", look=replace(NEUTRAL, **{name: value})), plain), name


def test_slant_leans_to_the_right_and_rise_climbs() -> None:
    upright = replace(NEUTRAL, margin=(8.0, 8.0))
    leaning = 255 - rendered("lll", look=replace(upright, slant=(0.2, 0.2)))[0].astype(float)
    columns = np.arange(leaning.shape[1])
    centres = (leaning * columns).sum(1)[leaning.sum(1) > 100] / leaning.sum(1)[leaning.sum(1) > 100]
    assert centres[0] > centres[-1] + 2
    climbing = 255 - rendered("-" * 30, look=replace(upright, rise=(4.0, 4.0), size=(20.0, 20.0)))[0].astype(float)
    rows = np.arange(32)[:, None]
    half = climbing.shape[1] // 2
    heights = [(part * rows).sum() / part.sum() for part in (climbing[:, :half], climbing[:, half:])]
    assert heights[0] > heights[1] + 1


def test_a_bolder_weight_has_more_ink() -> None:
    light, bold = (rendered("Weight", look=replace(NEUTRAL, weight=(w, w))).mean() for w in (0.7, 1.5))
    assert bold < light


def test_spaces_and_invisible_characters_do_not_show() -> None:
    plain = rendered("a b", look=NEUTRAL)
    for text in ("a\u00a0b", "a\tb", "a \u200bb", " a b ", "\ufeffa b"):
        assert np.array_equal(rendered(text, look=NEUTRAL), plain)


@pytest.mark.parametrize("text", ["", " ", "\u200b\t", "\u00a0"])
def test_nothing_visible_is_an_input_error(text: str) -> None:
    with pytest.raises(InputError, match="is visible"):
        rendered(text)
    with pytest.raises(InputError, match="is visible"):
        LineRenderer(FONTS, LOOKS, 32).render(text, np.random.default_rng(0))


def test_characters_without_a_glyph_are_an_input_error() -> None:
    with pytest.raises(InputError, match=r"DejaVu Sans Book has no glyph for 中 \(U\+4E2D\)"):
        rendered("a中")
    with pytest.raises(InputError, match=r"none of 4 fonts has a glyph for 中 \(U\+4E2D\)"):
        LineRenderer(FONTS, LOOKS, 32).render("a中", np.random.default_rng(0))


def test_a_rare_character_is_left_to_the_fonts_that_have_it() -> None:
    hebrew = "אבג"  # of these fonts only the sans serif has it
    alone = LineRenderer([SANS], [(NEUTRAL, 1.0)], 32).render(hebrew, np.random.default_rng(0))
    renderer = LineRenderer([*[replace_family(number) for number in range(60)], SANS], [(NEUTRAL, 1.0)], 32)
    for seed in range(5):
        assert renderer.render(hebrew, np.random.default_rng(seed)).shape == alone.shape


def replace_family(number: int) -> Font:
    return Font(SERIF.path, 0, f"Serif {number}", "Book")


def test_families_are_equally_likely_and_looks_by_their_share() -> None:
    renderer = LineRenderer(
        [SANS, SERIF, *[BOLD] * 8], [(NEUTRAL, 0.75), (replace(NEUTRAL, ink=(90.0, 90.0)), 0.25)], 32
    )
    generator = np.random.default_rng(0)
    serif = rendered("Share", SERIF, NEUTRAL).shape
    pictures = [renderer.render("Share", generator) for _ in range(400)]
    assert sum(p.shape == serif for p in pictures) == pytest.approx(200, abs=45)
    assert sum(int(p.min()) > 60 for p in pictures) == pytest.approx(100, abs=40)


def test_impossible_looks_and_renderers_are_refused() -> None:
    for change in ({"size": (28.0, 23.0)}, {"size": (3.0, 9.0)}, {"ink": (0.0, 220.0)}, {"noise": (-1.0, 0.0)}):
        with pytest.raises(ValueError, match=r".+"):
            replace(CLEAN, **change)
    for fonts, looks, height in (([], LOOKS, 32), (FONTS, [], 32), (FONTS, [(CLEAN, 0.0)], 32), (FONTS, LOOKS, 4)):
        with pytest.raises(ValueError, match="cannot render"):
            LineRenderer(fonts, looks, height)
