"""Remarks on languages of which a file has only another kind than was asked for."""

from __future__ import annotations

from collections.abc import Callable

from dragoman.text.language import is_other_kind


class LanguageRemarks:
    """Says once for each code that it serves for a language of another region or variant.

    Args:
        place: what a person calls the file or folder.
        log: is given the remarks.
    """

    def __init__(self, place: str, log: Callable[[str], None]) -> None:
        self._place = place
        self._log = log
        self._said: set[tuple[str, str]] = set()

    def taken(self, code: str | None, wanted: str) -> None:
        """Note that texts of ``code`` are taken as texts of ``wanted``."""
        if code is None or (code, wanted) in self._said:
            return
        self._said.add((code, wanted))
        if is_other_kind(code, wanted):
            self._log(f"{self._place}: there is nothing in {wanted} itself; {code[:40]} is taken for it")
