"""What a person sees while text is translated: how far it is, at what rate, and which lines should be checked."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console

from dragoman.data.line_chunks import START, LineChunk, Place
from dragoman.predict.translation import ConcernCounts
from dragoman.progress.bar import Bar, open_bar
from dragoman.progress.watched import duration, print_line

if TYPE_CHECKING:
    from dragoman.predict.translation import Translation

LINE_EVERY = 10.0
"""Seconds between lines where the output is no terminal."""

_MOST_NAMED = 200
"""Most lines to check that are named; all of them are counted."""


class TranslationProgress:
    """Names lines that a person should look at; shows a bar on a terminal, or writes a line now and then elsewhere.

    The rate counts what this process translated since it began to; the time left goes by the input's bytes.

    Args:
        size: bytes of the input, if known.
        shown: whether to show how far it is.
        resumable: whether what is written can be gone on with if something interrupts it.
        remarks: whether to name lines whose best translation a person should look at.
        console: where to write; standard error if None.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        shown: bool,
        resumable: bool = False,
        remarks: bool = True,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._size = size
        self._shown = shown
        self._resumable = resumable
        self._remarks = remarks
        self._console = console if console is not None else Console(stderr=True)
        self._clock = clock
        self._bar: Bar | None = None
        self._from = self._place = START
        self._named = self._proved = self._sought = self._with_terms = 0
        self.concerns = ConcernCounts()

    def __enter__(self) -> TranslationProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        if error is not None and self._resumable and self._place.line > self._from.line:
            self._print(f"{self._place.line:,} lines are translated and kept; --resume goes on after them")

    def begin(self, place: Place = START) -> None:
        """Translating begins there."""
        self._from = self._place = place
        self._began = self._line_at = self._clock()
        if place.line:
            self._print(f"going on after line {place.line:,}")
        if self._shown:
            self._bar = open_bar(self._console, self._size, place.byte, self._count, self._rate)

    def on_chunk(self, chunk: LineChunk, found: Sequence[Sequence[Translation]]) -> None:
        """Some lines are translated and written."""
        self.concerns.add(found)
        gaps = [gap for gap in (translations[0].gap for translations in found) if gap is not None]
        self._sought, self._proved = self._sought + len(gaps), self._proved + gaps.count(0.0)
        self._with_terms += sum(bool(translations[0].terms) for translations in found)
        for number, translations in enumerate(found if self._remarks else (), start=chunk.first + 1):
            if translations[0].flagged and self._named <= _MOST_NAMED:
                self._named += 1
                if self._named <= _MOST_NAMED:
                    self._print(f"line {number}: {'; '.join(map(str, translations[0].concerns))}")
                else:
                    self._print("further lines that should be checked are only counted; --json-lines shows all of each")
        assert chunk.end is not None, "chunks of a stream know their ends"
        self._place = chunk.end
        now = self._clock()
        if self._bar is not None:
            self._bar.move(self._place.byte)
        elif self._shown and now - self._line_at >= LINE_EVERY:
            self._line_at = now
            self._print(f"{self._count()}  {self._rate()}")

    def end(self, concerns: ConcernCounts | None = None) -> None:
        """All is translated.

        Args:
            concerns: counts of all lines that should be checked, shown if there are any.
        """
        if self._shown:
            self._print(f"{self._place.line:,} lines translated  {self._rate()}")
            if self._sought:
                self._print(f"proved best: {self._proved:,} of {self._sought:,} lines")
        if concerns is not None and self._with_terms:
            lines = "1 line" if self._with_terms == 1 else f"{self._with_terms:,} lines"
            self._print(f"{lines} with terms of the terminology")
        if concerns is not None and concerns.lines:
            self._print(str(concerns))

    def _count(self) -> str:
        share = f"  {self._place.byte / self._size:.1%}" if self._size else ""
        return f"{self._place.line:,} lines{share}"

    def _rate(self) -> str:
        elapsed = self._clock() - self._began
        lines, done = self._place.line - self._from.line, self._place.byte - self._from.byte
        parts = [f"{lines / elapsed:,.0f} lines/s" if elapsed > 0 else "- lines/s", duration(elapsed)]
        if self._size and done > 0 and self._place.byte < self._size:
            parts.append(f"left {duration(elapsed / done * (self._size - self._place.byte))}")
        return "  ".join(parts)

    def _print(self, line: str) -> None:
        print_line(self._console, line)


def wanted(choice: bool | None, *, to_terminal: bool) -> bool:
    """Whether progress is shown: as was asked, else where it is seen and disturbs no output."""
    return choice if choice is not None else sys.stderr.isatty() and not to_terminal
