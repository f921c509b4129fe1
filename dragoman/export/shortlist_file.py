"""The lexical shortlist in a model's folder: a further file, which not every model has."""

from __future__ import annotations

import shutil
from pathlib import Path

from dragoman.alignment.shortlist import Shortlist
from dragoman.errors import InputError
from dragoman.storage.folder import new_folder
from dragoman.storage.manifest import files_below
from dragoman.storage.verified import VerifiedFolder

SHORTLIST = "shortlist.safetensors"


def load_shortlist(folder: Path, sources: int, targets: int) -> Shortlist:
    """The shortlist of the model in ``folder``.

    Args:
        folder: the model's folder.
        sources: number of symbols of its source vocabulary.
        targets: number of symbols of its target vocabulary.

        Raises:
            InputError: if the model has no shortlist, or one for other vocabularies.
            DamagedFileError: if the file is not listed in the manifest, was altered, or is no shortlist.
    """
    verified = VerifiedFolder.open(folder)
    if not verified.holds(SHORTLIST):
        raise InputError("this model has no shortlist", file=folder, remedy="make one with `dragoman shortlist`.")
    shortlist = Shortlist.load(verified.file(SHORTLIST))
    if not shortlist.fits(sources, targets):
        raise InputError(
            "this shortlist is of other vocabularies than the model's",
            file=folder / SHORTLIST,
            remedy="make it anew with `dragoman shortlist`.",
        )
    return shortlist


def add_shortlist(folder: Path, shortlist: Shortlist) -> None:
    """Put a shortlist into a model's folder, in place of an earlier one; on failure the folder is unchanged.

    Raises:
        DamagedFileError: if a file of the model does not match its checksum.
        OutputError: if the folder cannot be written.
    """
    verified = VerifiedFolder.open(folder)
    for path in files_below(folder):
        verified.holds(path.relative_to(folder).as_posix())
    with new_folder(folder, replace=True) as temporary:
        for name in sorted(verified.names):
            path, place = folder / name, temporary / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
        shortlist.save(temporary / SHORTLIST)
