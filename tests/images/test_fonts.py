"""Fonts are found, told apart, and asked what they can write."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib import get_data_path

from dragoman.errors import InputError
from dragoman.images import fonts
from dragoman.images.fonts import (
    Font,
    characters_of,
    covers,
    drawn,
    fonts_for,
    fonts_of,
    fonts_on_this_machine,
    missing,
    no_font_for,
)

FOLDER = Path(get_data_path(), "fonts", "ttf")
SANS = Font(FOLDER / "DejaVuSans.ttf", 0, "DejaVu Sans", "Book")
MONO = Font(FOLDER / "DejaVuSansMono.ttf", 0, "DejaVu Sans Mono", "Book")
NOWHERE = "\U0003fffe"


def test_there_is_always_a_font_and_the_order_is_by_name() -> None:
    found = fonts_on_this_machine()
    assert {"DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono"} <= {font.family for font in found}
    names = [(font.family, font.style) for font in found]
    assert names == sorted(set(names))


def test_fonts_of_symbols_and_for_everything_are_left_out() -> None:
    assert not [font.name for font in fonts_on_this_machine() if "Last Resort" in font.name or "STIX" in font.name]
    assert all(covers(font, "") for font in fonts_on_this_machine())


def test_broken_font_files_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = SANS.path.read_bytes()
    for name, content in {"a.ttf": b"", "b.ttf": b"no font", "c.ttf": whole[:5000], "d.ttc": whole}.items():
        (tmp_path / name).write_bytes(content)
    good = tmp_path / "e.ttf"
    good.write_bytes(whole)
    listed = [str(path) for path in tmp_path.iterdir()]
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: listed)
    found = fonts._all_fonts.__wrapped__()
    assert [font.path for font in found if font.path.parent == tmp_path] == [good]
    assert len(found) > 5


def test_a_font_has_the_characters_of_its_map() -> None:
    assert characters_of(SANS) >= set(map(ord, "azAZéßжδא"))
    assert ord("中") not in characters_of(SANS)
    assert covers(SANS, "Größe, жук")
    assert not covers(SANS, "Größe 中")
    assert missing(SANS, "国 中 é") == "中国"
    assert characters_of(MONO) != characters_of(SANS)


def test_what_is_not_drawn_needs_no_glyph() -> None:
    assert covers(SANS, "a\u200b\u00a0b\u3000\t\ufeff\u2028c\ufe0f")
    assert drawn("a\u200b\u00a0b\t\ufe0f") == "a b "
    assert drawn("cafe\u0301") == "café"


def test_the_characters_of_broken_files_are_an_input_error(tmp_path: Path) -> None:
    broken = tmp_path / "x.ttf"
    broken.write_text("no font")
    with pytest.raises(InputError) as caught:
        characters_of(Font(broken, 0, "X", "Regular"))
    assert caught.value.file == broken


def test_families_are_chosen_by_name() -> None:
    assert {font.family for font in fonts_of(["dejavu SANS"])} == {"DejaVu Sans"}
    rest = fonts_of(without=["DejaVu Sans"])
    assert "DejaVu Sans" not in {font.family for font in rest}
    assert len(rest) + len(fonts_of(["DejaVu Sans"])) == len(fonts_on_this_machine())
    both = fonts_of(["DejaVu Serif", "DejaVu Sans"])
    assert both == fonts_of(["DejaVu Sans", "DejaVu Serif", "DejaVu Sans"])


def test_an_unknown_family_is_answered_with_the_nearest() -> None:
    for choice in ({"families": ["Dejavu Sanz"]}, {"without": ["Dejavu Sanz"]}):
        with pytest.raises(InputError, match="did you mean 'DejaVu Sans'"):
            fonts_of(**choice)
    with pytest.raises(InputError, match="left out again"):
        fonts_of(["DejaVu Sans"], ["DejaVu Sans"])


def test_fonts_for_characters_have_them_all() -> None:
    able = fonts_for("Größe, жук", ["DejaVu Sans", "DejaVu Serif"])
    assert able
    assert all(covers(font, "Größe, жук") for font in able)


def test_characters_that_no_font_has_are_named() -> None:
    with pytest.raises(InputError, match=r"U\+3FFFE") as caught:
        fonts_for("abc" + NOWHERE)
    assert "fonts-noto-cjk" in caught.value.remedy
    with pytest.raises(InputError, match=r"中 \(U\+4E2D\), 国 \(U\+56FD\)"):
        fonts_for("中国", ["DejaVu Sans"])


def test_it_is_said_when_only_no_single_font_has_them() -> None:
    only_sans = min(characters_of(SANS) - characters_of(MONO) - {0x20})
    only_mono = min(characters_of(MONO) - characters_of(SANS), default=None)
    assert "the font DejaVu Sans Mono Book has no glyph for" in str(no_font_for(chr(only_sans), [MONO]))
    if only_mono is not None:
        text = chr(only_sans) + chr(only_mono)
        assert "comes closest, and lacks" in str(no_font_for(text, [SANS, MONO]))
