"""A folder whose checksums were verified, through which its files are read."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError

from dragoman.errors import DamagedFileError
from dragoman.storage.json import Json
from dragoman.storage.manifest import MANIFEST, REMEDY, read_manifest, verify

_MISUNDERSTOOD = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    SafetensorError,
)
"""The errors that parsers raise on content that they do not expect."""


@dataclass(frozen=True, slots=True)
class VerifiedFolder:
    """The files of a folder that matched their checksums.

    Every reader of such a folder asks it for each file, so that a file without a checksum is never read.

    Attributes:
        path: the folder.
        names: names of the files that the manifest lists, relative to the folder.
    """

    path: Path
    names: frozenset[str]

    @classmethod
    def open(cls, path: Path, needs: Iterable[str] = ()) -> VerifiedFolder:
        """Verify every file that the manifest of ``path`` lists.

        Args:
            path: the folder with its manifest.
            needs: names that the manifest must list.

        Raises:
            DamagedFileError: if a file is missing, altered, unreadable or not listed; it names the first such file.
        """
        verify(path, needs)
        return cls(path, frozenset(read_manifest(path)))

    def holds(self, name: str) -> bool:
        """Whether there is a file of this name.

        Raises:
            DamagedFileError: if there is a file that the manifest does not list.
        """
        if name not in self.names and (self.path / name).exists():
            raise self._unlisted(name)
        return name in self.names

    def file(self, name: str) -> Path:
        """The path of a file that must be there.

        Raises:
            DamagedFileError: if the manifest does not list it.
        """
        if name not in self.names:
            raise self._unlisted(name)
        return self.path / name

    def text(self, name: str) -> str:
        """The content of a UTF-8 file.

        Raises:
            DamagedFileError: if it is no such file, or the manifest does not list it.
        """
        with self.understanding(name) as file:
            return file.read_text(encoding="utf-8")

    def json(self, name: str) -> Json:
        """The content of a JSON file.

        Raises:
            DamagedFileError: if it is no such file, or the manifest does not list it.
        """
        with self.understanding(name) as file:
            return json.loads(file.read_text(encoding="utf-8"))

    @contextlib.contextmanager
    def understanding(self, name: str) -> Iterator[Path]:
        """The path of a file for a block that parses its content. If a parser raises an error there about unexpected
        content, the file counts as damaged: its checksum may be right although another program wrote it.

        Raises:
            DamagedFileError: if the block fails, or the manifest does not list the file.
        """
        file = self.file(name)
        try:
            yield file
        except _MISUNDERSTOOD as error:
            raise DamagedFileError(
                f"its content is not what Dragoman writes there: {_first_line(error)}",
                file=file,
                cause="it was rewritten by hand or by another program.",
                remedy=REMEDY,
            ) from error

    def _unlisted(self, name: str) -> DamagedFileError:
        if not (self.path / name).exists():
            return DamagedFileError("the file is missing", file=self.path / name, remedy=REMEDY)
        return DamagedFileError(
            f"the file is not listed in {MANIFEST}, so nothing vouches for what it holds",
            file=self.path / name,
            cause="it was put there, or its line was removed, after the folder was written.",
            remedy=REMEDY,
        )


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__
