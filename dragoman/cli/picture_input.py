"""Pictures that a command is given: files, folders, tables."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.cli.table_input import Table, is_table
from dragoman.errors import InputError
from dragoman.fields.place import TablePlace
from dragoman.images.picture_file import PICTURE_SUFFIXES, open_picture


@dataclass(frozen=True, slots=True)
class PictureGroup:
    """Pictures from one place.

    Attributes:
        pictures: their files, or the bytes of these.
        names: what each is called.
        table: table that they stand in, if there is one.
    """

    pictures: Sequence[Path | bytes]
    names: Sequence[str]
    table: TablePlace | None = None


def picture_groups(paths: Sequence[Path], column: str) -> list[PictureGroup]:
    """Each path's pictures: its own, those in a folder, or those in a column of a table.

    Raises:
        InputError: if a folder holds no picture, or a table cannot be read or has no such column.
    """
    return [_of_table(path, column) if is_table(path) else _of_files(readable_files([path])) for path in paths]


def picture_files(paths: Sequence[Path]) -> list[Path]:
    """The files, and in place of each folder the pictures in it and below it, by name.

    Raises:
        InputError: if a folder holds no picture.
    """
    return [file for path in paths for file in (_below(path) if path.is_dir() else [path])]


def readable_files(paths: Sequence[Path]) -> list[Path]:
    """The same files without the pictures of a folder that cannot be read, each of which is named on standard error. A
    file that was named by itself is not judged here.

    Raises:
        InputError: if a folder holds no picture that can be read.
    """
    return [file for path in paths for file in (_readable(_below(path)) if path.is_dir() else [path])]


def _readable(files: list[Path]) -> list[Path]:
    readable, faults = [], []
    for file in files:
        try:
            open_picture(file, channels=1)
        except InputError as error:
            faults.append(error)
        else:
            readable.append(file)
    if not readable:
        raise faults[0]
    for fault in faults:
        print(f"left out: {str(fault).splitlines()[0]}", file=sys.stderr)
    return readable


def _below(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES)
    if not found:
        endings = ", ".join(sorted(PICTURE_SUFFIXES))
        raise InputError(
            "no picture in this folder", file=folder, remedy=f"give one with files whose names end in {endings}."
        )
    return found


def _of_files(files: list[Path]) -> PictureGroup:
    return PictureGroup(files, list(map(str, files)))


def _of_table(path: Path, column: str) -> PictureGroup:
    table = Table.read(path, column)
    pictures = table.pictures(column)
    names = [
        str(picture) if isinstance(picture, Path) else f"{path}:{line}"
        for picture, line in zip(pictures, table.lines, strict=True)
    ]
    return PictureGroup(pictures, names, table.place(column))
