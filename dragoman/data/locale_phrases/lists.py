"""Lists of things, joined by *and* or *or*."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

from babel.lists import format_list

from dragoman.data.locale_phrases.concept import Kind, Phrase


def several(item: Kind, style: Literal["standard", "or"] = "standard", largest: int = 3) -> Kind:
    """Two to ``largest`` items of one kind, in a list."""

    def draw(random: Random) -> Phrase:
        items = [item(random) for _ in range(random.randint(2, largest))]
        return lambda locale: format_list([write(locale) for write in items], style=style, locale=locale)

    return draw


def labelled(label: Kind, value: Kind, pattern: Callable[[str, str], str] = "{} – {}".format) -> Kind:
    """A heading and what it is about, joined by a dash, which all languages write alike."""

    def draw(random: Random) -> Phrase:
        head, tail = label(random), value(random)
        return lambda locale: pattern(head(locale), tail(locale))

    return draw
