"""Every error that Dragoman raises on purpose, as one tree.

::

    DragomanError                     an error that a user can correct; the command line shows no traceback
    ├── InputError                    data that cannot be read or used (file, line, column)
    ├── RecipeError                   a recipe with one or more mistakes, all reported at once
    ├── OutputError                   the place to write to exists already or cannot be written
    ├── DamagedFileError              a dataset, model or checkpoint that fails its checksum or lacks a part
    ├── UnsupportedError              a request that this version, device or model cannot fulfil
    │   └── MissingDependencyError    a library that is not installed, which this request needs
    └── TrainingError                 a run that cannot go on (non-finite loss, nothing to resume)

A message says what happened, with the value; where; the likely cause, if it is not obvious; and the remedy.
"""

from __future__ import annotations

from pathlib import Path


class DragomanError(Exception):
    """An error that a user can correct: what happened, where, why, and what to do about it.

    >>> print(InputError("there is no text", file="corpus.txt", line=3, remedy="give a line of text."))
    corpus.txt:3: there is no text
    Remedy: give a line of text.

    Args:
        what: one sentence that says what happened, with the offending value.
        remedy: one sentence that says what to do.
        file: the file or folder concerned.
        line: number of the line in the file, counted from 1.
        cause: the likely cause, where ``what`` does not make it clear.
    """

    def __init__(
        self,
        what: str,
        *,
        remedy: str,
        file: Path | str | None = None,
        line: int | None = None,
        cause: str | None = None,
    ) -> None:
        self.what = what
        self.remedy = remedy
        self.file = Path(file) if file is not None else None
        self.line = line
        self.cause = cause
        super().__init__(self._render())

    def _render(self) -> str:
        where = ""
        if self.file is not None:
            where = f"{self.file}:{self.line}: " if self.line is not None else f"{self.file}: "
        parts = [where + self.what]
        if self.cause:
            parts.append(f"Likely cause: {self.cause}")
        parts.append(f"Remedy: {self.remedy}")
        return "\n".join(parts)


class InputError(DragomanError):
    """Data that cannot be read or used."""


class RecipeError(DragomanError):
    """A recipe with one or more mistakes; ``problems`` holds one line for each."""

    def __init__(self, problems: list[str], *, file: Path | str | None = None, remedy: str | None = None) -> None:
        self.problems = problems
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        listing = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(
            f"the recipe has {count}:\n{listing}",
            remedy=remedy or "correct these; `dragoman describe tiny --toml` prints a complete recipe to compare with.",
            file=file,
        )


class OutputError(DragomanError):
    """The place to write to exists already or cannot be written."""


class DamagedFileError(DragomanError):
    """A dataset, model or checkpoint that fails its checksum or lacks a part."""


class UnsupportedError(DragomanError):
    """A request that this version, device or model cannot fulfil."""


class MissingDependencyError(UnsupportedError):
    """A library that is not installed, which this request needs; the remedy is the command that installs it."""


class TrainingError(DragomanError):
    """A run that cannot go on."""
