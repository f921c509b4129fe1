"""The errors of files and folders that cannot be written."""

from __future__ import annotations

import errno
from pathlib import Path

from dragoman.errors import OutputError

_FULL = "the disk is full, or a quota or size limit is reached."
_FORBIDDEN = "the folder is read-only or belongs to someone else."
_GONE = "a folder was removed, or its disk unplugged, in the meantime."
_FAILING = "the disk or the connection to it is failing."
_CAUSES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: _FORBIDDEN,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENOENT: _GONE,
    errno.ESTALE: _GONE,
    errno.EIO: _FAILING,
}


def unwritable(path: Path, error: Exception, *, what: str = "cannot be written") -> OutputError:
    """The error for the user, made from an error of the operating system or of a library that wraps one."""
    number = error.errno if isinstance(error, OSError) else None
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return OutputError(
        f"{what}: {reason}",
        file=path,
        cause=_CAUSES.get(number or 0, "the disk is full, failing or read-only."),
        remedy="mend that or choose another place, and try again; `dragoman train --resume` goes on with a run.",
    )
