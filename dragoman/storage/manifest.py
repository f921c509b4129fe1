"""Checksums of a folder's files, in the format of the program ``sha256sum``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from dragoman.errors import DamagedFileError

MANIFEST = "SHA256SUMS"
REMEDY = "copy the whole folder anew from where it was made, or make it again."
"""The remedy for a folder that differs from what was written."""


def write_manifest(folder: Path) -> None:
    """Write the list of every file below ``folder`` with its SHA-256, which ``sha256sum -c SHA256SUMS`` can check,
    too."""
    lines = [f"{digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in files_below(folder)]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8")


def verify(folder: Path, needs: Iterable[str] = ()) -> None:
    """Check every file that the manifest lists.

    Args:
        folder: folder with its manifest.
        needs: names that the manifest must list, so that a manifest that was cut at the end of a line is noticed.

        Raises:
            DamagedFileError: if a file is missing, altered or cannot be read, or the manifest cannot be used; it names
                the first such file.
    """
    entries = read_manifest(folder)
    for name in needs:
        if name not in entries:
            raise DamagedFileError(f"it does not list {name}", file=folder / MANIFEST, remedy=REMEDY)
    for name, expected in entries.items():
        path = folder / name
        if not path.is_file():
            raise DamagedFileError("the file is missing", file=path, remedy=REMEDY)
        try:
            found = digest(path)
        except OSError as error:
            raise DamagedFileError(
                f"the file cannot be read: {error.strerror}",
                file=path,
                cause="its permissions were changed, or the disk is failing.",
                remedy=REMEDY,
            ) from error
        if found != expected:
            raise DamagedFileError(
                f"the file does not match its checksum in {MANIFEST}",
                file=path,
                cause="it was cut short, altered or damaged after it was written.",
                remedy=REMEDY,
            )


def read_manifest(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file by its name, relative to ``folder``.

    Raises:
        DamagedFileError: if there is no manifest, or one of its lines has another format.
    """
    path = folder / MANIFEST
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedFileError(f"the list of checksums cannot be read: {error}", file=path, remedy=REMEDY) from error
    entries = {}
    for number, line in enumerate(lines, start=1):
        checksum, separator, name = line.partition("  ")
        inside = PurePosixPath(name)
        if not separator or len(checksum) != 64 or inside.is_absolute() or ".." in inside.parts:
            raise DamagedFileError("this line is not a checksum and a name", file=path, line=number, remedy=REMEDY)
        entries[name] = checksum
    if not entries:
        raise DamagedFileError("the list of checksums is empty", file=path, remedy=REMEDY)
    return entries


def digest(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal.

    >>> _ = Path("empty").write_bytes(b"")
    >>> digest(Path("empty"))[:16]
    'e3b0c44298fc1c14'
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files_below(folder: Path) -> list[Path]:
    """All files below ``folder`` except for the manifest, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
