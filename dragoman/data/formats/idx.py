"""IDX, the format of MNIST: pictures of one size in one file, and their labels in another."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from dragoman.data.compressed import ENDINGS
from dragoman.data.open_input import open_input
from dragoman.errors import InputError

_PICTURES = b"\0\0\x08\x03"
_LABELS = b"\0\0\x08\x01"


def is_idx(path: Path) -> bool:
    """Whether a file, compressed or not, begins as pictures in this format do.

    Raises:
        InputError: if it cannot be read.
    """
    with open_input(path) as stream:
        return stream.read(4) == _PICTURES


def read_idx_pictures(path: Path) -> UInt8[np.ndarray, "n H W"]:
    """The pictures of a file, white on black as MNIST has them.

    Raises:
        InputError: if it cannot be read, is no such file, or is longer or shorter than it says.
    """
    return _read(path, _PICTURES, "pictures")


def read_idx_labels(path: Path) -> list[int]:
    """The labels of a file.

    Raises:
        InputError: if it cannot be read, is no such file, or is longer or shorter than it says.
    """
    return _read(path, _LABELS, "labels").tolist()


def labels_beside(path: Path) -> Path:
    """The file of the labels that belong to pictures: called alike but for ``images`` and ``idx3``, in the same folder,
    compressed or not.

    Raises:
        InputError: if there is none.
    """
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    stem = next((name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)), name)
    for candidate in (name, stem, *(stem + ending for ending in ENDINGS)):
        if candidate != path.name and (path.parent / candidate).is_file():
            return path.parent / candidate
    raise InputError(
        f"its labels are not beside it: there is no {name}",
        file=path,
        remedy="put the file of labels there, or give both: --source PICTURES --target LABELS.",
    )


def _read(path: Path, magic: bytes, what: str) -> np.ndarray:
    with open_input(path) as stream:
        axes = magic[3]
        head = stream.read(4 + 4 * axes)
        if len(head) < 4 + 4 * axes or not head.startswith(magic):
            raise InputError(
                f"this holds no {what} in MNIST's format (IDX)",
                file=path,
                cause="pictures and labels were swapped, or the file is another.",
                remedy=f"give a file of {what}: train-images-idx3-ubyte.gz has pictures, "
                "train-labels-idx1-ubyte.gz labels.",
            )
        shape = struct.unpack(f">{axes}I", head[4:])
        said = int(np.prod(shape, dtype=object))
        data = stream.read(said)
        if len(data) < said or stream.read(1):
            found = f"only {len(data):,}" if len(data) < said else "more"
            raise InputError(
                f"it says that it has {said:,} bytes of {what}, and has {found}",
                file=path,
                cause="a download or copy that was cut short, or joined with another.",
                remedy="get the file again.",
            )
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)
