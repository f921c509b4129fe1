"""Fonts for the texts of a picture: those of this machine that have the letters which the usual one lacks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from dragoman.images.fonts import Font, characters_of, drawn, fonts_on_this_machine, named
from dragoman.optional import plots
from dragoman.reports.figure import say_once

_USUAL = "DejaVu Sans"


def families_for(texts: Iterable[str]) -> list[str]:
    """Families of fonts, by name, that together have the letters of some texts, as far as this machine has them.

    Matplotlib takes each letter from the first family that has it. A letter that no font has is drawn as a box, and a
    message to standard error says so once.

    >>> families_for(["naïve", "αβγ"])
    ['DejaVu Sans']
    """
    letters = {ord(letter) for text in texts for letter in drawn(text)} - {ord(" ")}
    return [_USUAL, *_others(frozenset(letters - _usual_letters()))]


@cache
def _usual_letters() -> frozenset[int]:
    return frozenset(plots.get_font(plots.findfont(_USUAL)).get_charmap())


@cache
def _others(letters: frozenset[int]) -> tuple[str, ...]:
    """Families with these letters: always the one that has the most of those that are left."""
    if not letters:
        return ()
    # Matplotlib reads the first face of a file alone.
    fonts = [font for font in fonts_on_this_machine() if font.index == 0]
    chosen: list[str] = []
    while letters and fonts:
        best = max(fonts, key=lambda font: (len(letters & characters_of(font)), *_preference(font)))
        found = letters & characters_of(best)
        if not found:
            break
        letters -= found
        chosen.append(_registered(best))
    if letters:
        lacking = named(map(chr, sorted(letters)))
        say_once(f"no font of this machine has {lacking}: PNG files show boxes instead, and SVG files the letters")
    return tuple(chosen)


def _preference(font: Font) -> tuple[bool, bool]:
    return font.style in ("Regular", "Book"), "Sans" in font.family


def _registered(font: Font) -> str:
    """The name by which matplotlib knows the font, which it may not have met before."""
    name: str = plots.FontProperties(fname=str(font.path)).get_name()
    if name not in plots.fontManager.get_font_names():
        plots.fontManager.addfont(str(font.path))
    return name
