"""Folders and files that are whole or absent, whatever interrupts their writing.

While ``NAME`` is being written, it is called ``.NAME.new``, in the same folder; an old one that it replaces is called
``.NAME.old`` for a moment. If such a name would be too long for the file system, ``NAME`` is cut short in it and
followed by a hash of the whole ``NAME``. No other names are ever made or removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from safetensors import SafetensorError

from dragoman.errors import OutputError
from dragoman.storage.failure import unwritable
from dragoman.storage.manifest import verify, write_manifest

LONGEST_NAME = 255
"""The most bytes of a file's name on nearly all file systems."""


@contextlib.contextmanager
def new_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """A temporary folder beside ``path`` that becomes ``path`` when the block ends without an error.

    Every file gets the permissions of the process's umask, whatever library wrote it. All files are synced and listed
    in the manifest before the rename, and the parent folder is synced after it. If the block raises, the temporary
    folder is removed, and ``path`` is unchanged.

    >>> with new_folder(Path("model")) as folder:
    ...     _ = (folder / "card.md").write_text("A model.")
    >>> sorted(file.name for file in Path("model").iterdir())
    ['SHA256SUMS', 'card.md']

    Args:
        path: the folder to be written; its parents are made, unless ``replace``.
        replace: whether an existing folder is replaced. The old one is set aside until the new one is in place; if the
            machine fails in between, :func:`recover` restores it. The parent must exist: if the parent of a folder that
            is replaced again and again is gone, a disk was unplugged, which a new parent would hide.

    Raises:
        OutputError: if ``path`` exists and is not empty, unless ``replace``; or if it cannot be written.
    """
    temporary = unfinished(path)
    try:
        if not replace:
            refuse_occupied(path)
            path.parent.mkdir(parents=True, exist_ok=True)
        recover(path)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        yield temporary
        _follow_umask(temporary)
        write_manifest(temporary)
        _sync_below(temporary)
        _move_into_place(temporary, path)
    except (OSError, SafetensorError) as error:
        raise unwritable(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def replace_files(path: Path, files: Mapping[str, bytes]) -> None:
    """Replace some files of a folder that :func:`new_folder` wrote, or add them; the folder is whole at every moment.

    Args:
        path: the folder.
        files: the new content of each file, by its name.

    Raises:
        DamagedFileError: if a file of the folder was altered.
        OutputError: if it cannot be written.
    """
    verify(path)
    with new_folder(path, replace=True) as temporary:
        shutil.copytree(path, temporary, dirs_exist_ok=True)
        for name, content in files.items():
            (temporary / name).write_bytes(content)


def recover(path: Path) -> None:
    """Undo a replacement of ``path`` that was interrupted between its two renames.

    Raises:
        OutputError: if the old folder cannot be put back.
    """
    old = beside(path, "old")
    if old.is_dir() and not path.exists():
        try:
            old.rename(path)
            _sync_folder(path.parent)
        except OSError as error:
            raise unwritable(path, error) from error
    elif old.is_dir():
        shutil.rmtree(old, ignore_errors=True)


def recover_below(folder: Path) -> None:
    """Undo or remove everything that interrupted writings left in a folder that only this program writes to.

    Raises:
        OutputError: if an old folder cannot be put back.
    """
    for old in folder.glob(".*.old"):
        recover(folder / old.name[1 : -len(".old")])
    for new in folder.glob(".*.new"):
        discard(folder / new.name[1 : -len(".new")])


def unfinished(path: Path) -> Path:
    """The path of ``path`` while it is being written, which remains if the process is killed then."""
    return beside(path, "new")


def beside(path: Path, kind: str) -> Path:
    """The hidden path ``.NAME.KIND`` in the same folder, the same at every call, and never longer than a name may
    be."""
    name = f".{path.name}.{kind}"
    if len(os.fsencode(name)) > LONGEST_NAME:
        ending = f"-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}.{kind}"
        kept = os.fsencode(path.name)[: LONGEST_NAME - 1 - len(ending)]
        # A character that the cut divides is left out: some file systems allow whole characters only.
        name = f".{kept.decode(errors='ignore')}{ending}"
    return path.parent / name


def discard(path: Path) -> None:
    """Remove what an interrupted writing of ``path`` left, as far as the file system allows."""
    left = unfinished(path)
    if left.is_dir() and not left.is_symlink():
        shutil.rmtree(left, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            left.unlink(missing_ok=True)


def remove_folder(path: Path) -> None:
    """Remove a folder so that it is whole or absent, whatever interrupts the removal.

    Raises:
        OutputError: if it cannot be removed.
    """
    doomed = unfinished(path)
    try:
        path.rename(doomed)
        shutil.rmtree(doomed)
    except OSError as error:
        raise unwritable(path, error, what="cannot be removed") from error


def write_file(path: Path, data: bytes) -> None:
    """Write a file so that it is whole or unchanged, whatever interrupts the writing; its parent folders are made.

    Raises:
        OutputError: if it cannot be written.
    """
    stage_file(path, data)
    try:
        commit_file(path)
    finally:
        discard(path)


def stage_file(path: Path, data: bytes) -> None:
    """Write and sync the file that :func:`commit_file` will move to ``path``; its parent folders are made.

    Raises:
        OutputError: if it cannot be written; then nothing of it remains.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished(path).open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException as error:
        discard(path)
        if isinstance(error, OSError):
            raise unwritable(path, error) from error
        raise


def commit_file(path: Path) -> None:
    """Move a staged file to its place. It takes over permissions and, where possible, the owner of a file that it
    replaces.

    Raises:
        OutputError: if that fails; then the file is still staged, or in its place.
    """
    try:
        _inherit(path, unfinished(path))
        unfinished(path).replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error


def refuse_occupied(path: Path) -> None:
    """Check that there is nothing at ``path``, or an empty folder.

    Raises:
        OutputError: if there is something else, or it cannot be read.
    """
    try:
        occupied = path.exists() and (not path.is_dir() or any(path.iterdir()))
    except OSError as error:
        raise unwritable(path, error) from error
    if occupied:
        raise OutputError(
            "it exists already and is not empty", file=path, remedy="choose another place, or remove this one first."
        )


def _inherit(path: Path, new: Path) -> None:
    """Give a new file the permissions and, as far as this user may, the owner and group of the file at ``path``."""
    try:
        old = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(old.st_mode):
        return
    mode = stat.S_IMODE(old.st_mode)
    for user, group in ((old.st_uid, old.st_gid), (-1, old.st_gid)):
        with contextlib.suppress(OSError):
            os.chown(new, user, group)
            break
    else:
        # The permissions of the old group must not go to another group.
        mode = mode & ~stat.S_IRWXG | (mode & stat.S_IRWXO) << 3
    new.chmod(mode)


def _move_into_place(temporary: Path, path: Path) -> None:
    old = beside(path, "old")
    try:
        if path.exists():
            path.rename(old)
        temporary.rename(path)
        _sync_folder(path.parent)
    except BaseException:
        _move_back(temporary, path, old)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _move_back(temporary: Path, path: Path, old: Path) -> None:
    with contextlib.suppress(OSError):
        if not temporary.exists():
            path.rename(temporary)
        if old.exists():
            old.rename(path)


def _follow_umask(folder: Path) -> None:
    """Let everyone who may read a folder that was made with the process's umask read the files in it.

    Some libraries make files for their owner alone. The umask is inferred from the folder, since asking the process for
    it would change it for a moment.
    """
    mode = stat.S_IMODE(folder.stat().st_mode) & 0o777
    for root, folders, names in os.walk(folder):
        for name in folders:
            Path(root, name).chmod(mode)
        for name in names:
            Path(root, name).chmod(mode & 0o666)


def _sync_below(folder: Path) -> None:
    for root, _, names in os.walk(folder, topdown=False):
        for name in names:
            with (Path(root) / name).open("rb") as stream:
                os.fsync(stream.fileno())
        _sync_folder(Path(root))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
