"""Inline codes of XLIFF and TMX as text: the same on both sides of a unit, whatever else each side says of them.

A code stands for formatting or a variable. Where the file tells the native code (``<b>``, ``%s``, ``{{ name }}``) that
is its text; a mere name for it, such as ``INTERPOLATION``, would run into the words beside it, so that such a code is
written as an element with its id: ``<x id="INTERPOLATION"/>``.
"""

from __future__ import annotations

from pathlib import Path

from dragoman.data.formats.xml_events import Element
from dragoman.errors import InputError

_MOST_NATIVE_CODE = 1_000_000


class InlineCodes:
    """The codes of one unit. What the first side that is read says of a code is its text on the other side too.

    Args:
        path: the file, for errors.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._texts: dict[tuple[str, str], str] = {}
        self._copied = 0

    def text(self, role: str, identity: str | None, native: str, tag: str, line: int) -> str:
        """The text of a code.

        Args:
            role: whether it opens, closes or stands alone; codes of one id may play several roles.
            identity: the code's id, by which both sides know it; None if it has none.
            native: what it stands for, as far as the file tells it.
            tag: what to write if that can be no text.
            line: where it stands, for errors.

        Raises:
            InputError: if the native code of a unit is repeated until it has more than a million characters.
        """
        text = native if can_stand_in_text(native) else tag
        if identity is not None:
            text = self._texts.setdefault((role, identity), text)
        self.count(len(text), line)
        return text

    def count(self, characters: int, line: int) -> None:
        """Count characters of native code that were copied.

        Raises:
            InputError: if they are more than a million by now.
        """
        self._copied += characters
        if self._copied > _MOST_NATIVE_CODE:
            raise InputError(
                f"the native code of a unit is repeated until it has more than {_MOST_NATIVE_CODE:,} characters",
                file=self._path,
                line=line,
                cause="the file is damaged, or holds something else than sentences.",
                remedy="remove this unit.",
            )


def can_stand_in_text(native: str) -> bool:
    """Whether native code is told from the words beside it: it begins with a sign and not with a letter or digit."""
    stripped = native.lstrip()
    return stripped != "" and not stripped[0].isalnum() and stripped[0] != "_"


def native_code(element: Element) -> str:
    """The native code that an element holds, without the subflows in it."""
    return "".join(
        part if isinstance(part, str) else native_code(part)
        for part in element.content
        if isinstance(part, str) or part.name != "sub"
    )


def has_words(element: Element, codes: frozenset[str]) -> bool:
    """Whether there is anything but blanks in an element besides its codes.

    Args:
        element: a source or a target.
        codes: names of elements whose content is native code and no text.
    """
    return any(
        part.strip() != "" if isinstance(part, str) else part.name not in codes and has_words(part, codes)
        for part in element.content
    )
