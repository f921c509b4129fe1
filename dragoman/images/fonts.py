"""The fonts of this machine, and the characters that each has glyphs for."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

from dragoman.errors import InputError
from dragoman.optional import pictures
from dragoman.optional.extra import PICTURES

_NO_LETTERS = re.compile(
    r"last ?resort|symbol|emoji|dingbat|d050000l|icon|braille|music|ornament|math|stix|initials|keyboard|blank|"
    r"hairline|thin\b",
    re.IGNORECASE,
)
"""Names of fonts of symbols and ornaments, and of those whose strokes would vanish in a small picture."""
_FEWEST_LETTERS = 20
_NO_CHARACTER = 0xFDD0
"""This code point is no character: a font with a glyph for it draws a box for every code point."""
_OUTLINES = ("glyf", "CFF ", "CFF2")
# FontTools would read or invent names of tens of thousands of glyphs, but only their code points are needed.
_GLYPH_NAMES = [str(number) for number in range(0x10000)]
_VARIANTS = dict.fromkeys(range(0xFE00, 0xFE10))
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Font:
    """One face of a font file.

    Attributes:
        path: the font file.
        index: number of the face in the file, from 0.
        family: name of the family, such as "DejaVu Sans".
        style: name of the style, such as "Bold Oblique".
    """

    path: Path
    index: int
    family: str
    style: str

    @property
    def name(self) -> str:
        """Family and style, as one name."""
        return f"{self.family} {self.style}"


def fonts_on_this_machine() -> list[Font]:
    """All fonts with letters and outlines, one per family and style, by name; there are always some, from Matplotlib.

    Fonts of symbols, of pictures and of bitmaps, and broken files are left out. The first call reads every font file,
    which takes some milliseconds for each.

    >>> "DejaVu Sans" in {font.family for font in fonts_on_this_machine()}
    True
    """
    return list(_all_fonts())


def characters_of(font: Font) -> frozenset[int]:
    """The code points that the font has a glyph for.

    >>> (font, *others) = fonts_of(["DejaVu Sans"])
    >>> ord("é") in characters_of(font), ord("한") in characters_of(font)
    (True, False)

    Raises:
        InputError: if the file no longer exists or is broken.
    """
    return _characters(font.path, font.index)


def drawn(text: str) -> str:
    """The text as it is drawn: in composed form (NFC), with spaces for white space and control characters, and without
    invisible characters (joiners, marks of direction, variation selectors).

    >>> drawn("cafe" + chr(0x301)) == "café"  # a combining accent
    True
    """
    text = unicodedata.normalize("NFC", text).translate(_VARIANTS)
    if text.isprintable():
        return text
    parts = []
    for character in text:
        kind = unicodedata.category(character)
        if kind != "Cf":
            parts.append(" " if kind[0] == "Z" or kind == "Cc" else character)
    return "".join(parts)


def covers(font: Font, characters: str) -> bool:
    """Whether the font has a glyph for each of ``characters`` that is drawn.

    >>> (font, *others) = fonts_of(["DejaVu Sans"])
    >>> covers(font, "naïve"), covers(font, "한글")
    (True, False)
    """
    return _codes(characters) <= characters_of(font)


def missing(font: Font, characters: str) -> str:
    """The drawn characters among ``characters`` that the font has no glyph for, in the order of their code points.

    >>> (font, *others) = fonts_of(["DejaVu Sans"])
    >>> missing(font, "Seoul 한글")
    '글한'
    """
    return "".join(map(chr, sorted(_codes(characters) - characters_of(font))))


def fonts_of(families: Sequence[str] = (), without: Sequence[str] = ()) -> list[Font]:
    """The fonts of some families.

    >>> {font.family for font in fonts_of(["dejavu sans"])}
    {'DejaVu Sans'}

    Args:
        families: names of the families, whatever their capitals; empty for all.
        without: names of families that are left out, such as those that are kept for testing a model.

    Raises:
        InputError: if there is no such family, or none is left.
    """
    by_name: dict[str, list[Font]] = {}
    for font in _all_fonts():
        by_name.setdefault(font.family.casefold(), []).append(font)
    for asked in (*families, *without):
        if asked.casefold() not in by_name:
            raise _unknown_family(asked, {name: fonts[0].family for name, fonts in by_name.items()})
    left_out = {name.casefold() for name in without}
    chosen = sorted({name.casefold() for name in families} or by_name)
    fonts = [font for name in chosen if name not in left_out for font in by_name[name]]
    if not fonts:
        raise InputError(
            "every family of fonts that was asked for is left out again",
            remedy="name fewer families to leave out, or more to use.",
        )
    return sorted(fonts, key=_by_name)


def fonts_for(characters: str, families: Sequence[str] = (), without: Sequence[str] = ()) -> list[Font]:
    """The fonts that have a glyph for each of ``characters`` that is drawn.

    >>> "DejaVu Sans" in {font.family for font in fonts_for("äöüß")}
    True

    Args:
        characters: the characters of a text or of a whole corpus, in any order.
        families: names of the families, as for :func:`fonts_of`.
        without: names of families that are left out, as for :func:`fonts_of`.

    Raises:
        InputError: if there is no such font; it names the characters that are in none.
    """
    fonts = fonts_of(families, without)
    able = [font for font in fonts if covers(font, characters)]
    if not able:
        raise no_font_for(characters, fonts)
    return able


def no_font_for(characters: str, fonts: Sequence[Font]) -> InputError:
    """The error which says that none of ``fonts`` (at least one) has all of ``characters``."""
    lacking = set(_codes(characters))
    for font in fonts:
        lacking -= characters_of(font)
    remedy = (
        "install a font that has them (on Debian and Ubuntu: apt install fonts-noto-core fonts-noto-cjk), "
        "name other families, or leave these lines out."
    )
    which = f"none of {len(fonts)} fonts" if len(fonts) > 1 else f"the font {fonts[0].name}"
    if lacking:
        glyphs = "no glyph" if len(fonts) == 1 else "a glyph"
        return InputError(f"{which} has {glyphs} for {named(map(chr, sorted(lacking)))}", remedy=remedy)
    best = min(fonts, key=lambda font: len(missing(font, characters)))
    return InputError(
        f"{which} has all the characters; {best.name} comes closest, and lacks {named(missing(best, characters))}",
        remedy=remedy,
    )


def named(characters: Iterable[str]) -> str:
    """Characters with their code points, for messages; if there are many, only the first few.

    >>> named("é")
    'é (U+00E9)'
    """
    every = list(characters)
    shown = [f"{c} (U+{ord(c):04X})" if c.isprintable() else f"U+{ord(c):04X}" for c in every[:_SHOWN]]
    more = len(every) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _codes(text: str) -> set[int]:
    return set(map(ord, drawn(text))) - {0x20}


def _by_name(font: Font) -> tuple[str, str, str, int]:
    return font.family, font.style, str(font.path), font.index


def _unknown_family(asked: str, known: dict[str, str]) -> InputError:
    near = [known[name] for name in difflib.get_close_matches(asked.casefold(), known, n=3)]
    return InputError(
        f"this machine has no font family {asked!r}",
        cause="did you mean " + " or ".join(map(repr, near)) + "?" if near else "it is not installed.",
        remedy="name one of these, or install it: " + ", ".join(sorted(known.values())[:20]) + ", …",
    )


@cache
def _all_fonts() -> tuple[Font, ...]:
    PICTURES.require()
    brought = Path(pictures.get_data_path(), "fonts", "ttf").glob("DejaVu*.ttf")
    found: dict[tuple[str, str], Font] = {}
    for path in [*sorted(map(Path, pictures.findSystemFonts())), *sorted(brought)]:
        try:
            for font in _faces(path):
                found.setdefault((font.family, font.style), font)
        except Exception:
            # A broken font may raise any error; the other fonts are enough.
            continue
    return tuple(sorted(found.values(), key=_by_name))


def _faces(path: Path) -> Iterator[Font]:
    collection = path.suffix.lower() in (".ttc", ".otc")
    faces = pictures.TTCollection(path, lazy=True).fonts if collection else [pictures.TTFont(path, lazy=True)]
    for index, face in enumerate(faces):
        names = face["name"]
        family, style = names.getBestFamilyName(), names.getBestSubFamilyName()
        if not family or _NO_LETTERS.search(f"{family} {style}") or not any(tag in face for tag in _OUTLINES):
            continue
        font = Font(path, index, family, style or "Regular")
        if _has_letters(font):
            yield font


def _has_letters(font: Font) -> bool:
    characters = characters_of(font)
    by_code = map(chr, sorted(characters))
    letters = list(islice((c for c in by_code if unicodedata.category(c)[0] == "L"), _FEWEST_LETTERS))
    if len(letters) < _FEWEST_LETTERS or _NO_CHARACTER in characters:
        return False
    drawer = pictures.ImageFont.truetype(str(font.path), 16, font.index, layout_engine=pictures.ImageFont.Layout.BASIC)
    left, top, right, bottom = drawer.getbbox(letters[0])
    return left < right and top < bottom


@cache
def _characters(path: Path, index: int) -> frozenset[int]:
    try:
        with pictures.TTFont(path, fontNumber=index, lazy=True) as face:
            return _characters_in(face.reader["cmap"])
    except Exception as error:
        raise InputError(
            f"the font cannot be read ({error})", remedy="install it again, or leave it out.", file=path
        ) from error


@cache
def _characters_in(table: bytes) -> frozenset[int]:
    """The code points of a character map, cached since the faces of a family often have the same map of tens of
    thousands."""
    face = pictures.TTFont()
    face.setGlyphOrder(_GLYPH_NAMES)
    characters = pictures.newTable("cmap")
    characters.decompile(table, face)
    return frozenset(characters.getBestCmap() or ())
