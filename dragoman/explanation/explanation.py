"""The base of all explanations of what a model did with one input."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path

from dragoman.errors import InputError
from dragoman.optional import plots
from dragoman.reports.figure import check_picture, write_picture
from dragoman.reports.shown import Shown
from dragoman.storage.json import JsonObject
from dragoman.storage.output import write_output


class Explanation(Shown):
    """The base of all explanations: each can be read on a terminal, taken apart by a program, drawn, and explored as a
    page."""

    __slots__ = ()

    @abstractmethod
    def as_text(self) -> str:
        """The explanation for a terminal, in lines of at most 80 columns."""

    @abstractmethod
    def to_dict(self) -> JsonObject:
        """The explanation as values for JSON."""

    @abstractmethod
    def page(self) -> str:
        """The explanation as a page of HTML that needs nothing but itself."""

    @abstractmethod
    def pictures(self) -> Mapping[str, Callable[[], plots.Figure]]:
        """What draws each picture of the explanation, by the picture's name; the first is the one that says most."""

    def write_page(self, path: Path | str) -> None:
        """Write the explanation as a page: one file of HTML, which needs no network.

        Raises:
            OutputError: if the file cannot be written.
        """
        write_output(Path(path), self.page().encode("utf-8", "backslashreplace"))

    def draw(self, path: Path | str, picture: str | None = None) -> None:
        """Draw the explanation as a PNG or an SVG file, by the suffix of its name.

        Args:
            path: the file.
            picture: name of one of :meth:`pictures`; the first if None.

        Raises:
            InputError: if there is no such picture.
            OutputError: if the file has another suffix, or cannot be written.
            MissingDependencyError: if matplotlib is not installed.
        """
        check_picture(Path(path))
        known = self.pictures()
        if picture is not None and picture not in known:
            raise InputError(f"this explanation has no picture {picture!r}", remedy=f"name one of {', '.join(known)}.")
        with warnings.catch_warnings():
            # Of letters that no font has, `families_for` speaks in one line, and matplotlib of each by itself.
            warnings.simplefilter("ignore", UserWarning)
            write_picture(known[next(iter(known)) if picture is None else picture](), Path(path))
