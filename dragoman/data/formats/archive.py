"""A folder, a zip file or a wheel as one tree of files that are read by name. Nothing is ever unpacked to disk."""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, Protocol, runtime_checkable

from dragoman.data.open_input import open_seekable
from dragoman.errors import InputError

_MIB = 2**20
_LARGEST_MEMBER = 64 * _MIB
_LARGEST_TOTAL = 2048 * _MIB
_HIGHEST_RATIO = 200
_RATIO_MATTERS_FROM = _MIB
_MOST_MEMBERS = 500_000
_CHUNK = _MIB
_ENCRYPTED = 0x1
_SKIPPED_FOLDERS = frozenset({".git", "node_modules", "__pycache__"})
_DRIVE = re.compile(r"[A-Za-z]:")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# Everything that zipfile lets through from a file that is damaged; none of it is said to be the whole list.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
)


@runtime_checkable
class Tree(Protocol):
    """Files by name."""

    def names(self) -> list[str]:
        """The names of all files, relative to the root, with ``/`` between folders, sorted."""

    def read(self, name: str) -> bytes:
        """The bytes of one of them.

        Raises:
            InputError: if it cannot be read, or an archive makes it suspiciously large.
        """

    def place(self, name: str) -> str:
        """How messages and pairs call one of them: ``folder/name`` or ``archive!/name``."""


@contextmanager
def open_tree(path: Path) -> Iterator[Tree]:
    """The files of the folder, zip file or wheel ``path``.

    In a folder, links that leave it and the folders ``.git``, ``node_modules`` and ``__pycache__`` are passed over.
    An archive is refused if a member's name could lead out of it or stands there twice, or a member is a link or
    encrypted; a member, when it is read, if it is over 64 MiB, or over 1 MiB and 200 times its packed size, or what
    was read makes more than 2 GiB.

    Raises:
        InputError: if there is no such folder or archive, or it is damaged or refused; it names the member.
    """
    if path.is_dir():
        yield _Folder(path)
        return
    if not path.exists():
        raise InputError("no such file or folder", file=path, remedy="check the path.")
    stream = open_seekable(path)
    try:
        archive = zipfile.ZipFile(stream)
    except _DAMAGE as error:
        raise InputError(
            f"this is no folder and cannot be read as a zip file: {_reason(error)}",
            file=path,
            cause="a file of another kind, or a download or copy that was cut short.",
            remedy="give a folder, a whole .zip or a whole .whl.",
        ) from error
    with stream, archive:
        yield _Archive(path, archive)


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> list[str]:
        found = []
        resolved = self._root.resolve()
        for folder, folders, files in os.walk(self._root, onerror=self._refuse):
            folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS]
            for path in (Path(folder, name) for name in files):
                try:
                    # Pipes and devices would block; a link that leads out could show anything of the machine.
                    inside = path.is_file() and (not path.is_symlink() or path.resolve().is_relative_to(resolved))
                except OSError as error:
                    self._refuse(error)
                if inside:
                    found.append(path.relative_to(self._root).as_posix())
        return sorted(found)

    def read(self, name: str) -> bytes:
        try:
            return Path(self._root, name).read_bytes()
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror}", file=self.place(name), remedy="make it readable or take it out."
            ) from error

    def place(self, name: str) -> str:
        place = str(self._root / name)
        # A name that is no text on this machine can neither be printed nor stored beside a pair.
        return place.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

    def _refuse(self, error: OSError) -> NoReturn:
        raise InputError(
            f"cannot be read: {error.strerror}", file=error.filename, remedy="make the folder readable."
        ) from error


class _Archive:
    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path = path
        self._archive = archive
        self._total = 0
        members = archive.infolist()
        if len(members) > _MOST_MEMBERS:
            raise InputError(
                f"it has {len(members)} members; at most {_MOST_MEMBERS} are read", file=path, remedy="split it."
            )
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            what = "is there twice" if member.filename in self._members else _why_unsafe(member)
            if what:
                raise self._refused(member.orig_filename, what)
            self._members[member.filename] = member

    def names(self) -> list[str]:
        return sorted(name for name, member in self._members.items() if not member.is_dir())

    def read(self, name: str) -> bytes:
        member = self._members[name]
        self._check(member, member.file_size)
        chunks, size = [], 0
        try:
            with self._archive.open(member) as stream:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    self._total += len(chunk)
                    self._check(member, size)
                    chunks.append(chunk)
        except _DAMAGE as error:
            raise InputError(
                f"this member cannot be unpacked: {_reason(error)}",
                file=self.place(name),
                cause="a download or copy that was cut short.",
                remedy="get the archive again.",
            ) from error
        return b"".join(chunks)

    def place(self, name: str) -> str:
        return f"{self._path}!/{name}"

    def _check(self, member: zipfile.ZipInfo, size: int) -> None:
        packed = max(1, member.compress_size)
        if size > _LARGEST_MEMBER:
            what = f"is over {_LARGEST_MEMBER // _MIB} MiB ({size} bytes)"
        elif size > _RATIO_MATTERS_FROM and size > _HIGHEST_RATIO * packed:
            what = f"unpacks {packed} bytes to {size}, more than {_HIGHEST_RATIO} times as many"
        elif self._total > _LARGEST_TOTAL:
            what = f"makes what was unpacked {self._total} bytes, over {_LARGEST_TOTAL // _MIB} MiB"
        else:
            return
        raise self._refused(member.filename, what)

    def _refused(self, name: str, what: str) -> InputError:
        return InputError(
            f"the archive is refused: its member `{ascii(name)[1:-1]}` {what}",
            file=self._path,
            cause="an archive that is damaged or made to do harm.",
            remedy="if you trust it, unpack it yourself and give the folder.",
        )


def _why_unsafe(member: zipfile.ZipInfo) -> str | None:
    name = member.orig_filename
    if not name or "\0" in name:
        return "has a name that no file can have"
    if "\\" in name or name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
        return "has a name that leads out of the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a link"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if member.compress_type not in _METHODS:
        return f"is packed by method {member.compress_type}; only deflated and stored ones are read"
    return None


def _reason(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
