"""Pictures and labels in MNIST's format."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from dragoman.data.cells import values_of
from dragoman.data.chunk import Chunk
from dragoman.data.inputs.input import Reading
from dragoman.data.kinds import INPUTS, OUTPUTS
from dragoman.errors import InputError
from dragoman.recipe.data import CorpusRecipe

PICTURES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def write(folder: Path, labels: int = 2, cut: int = 0) -> Path:
    images = b"\0\0\x08\x03" + struct.pack(">3I", 2, 3, 4) + PICTURES.tobytes()
    path = folder / "t-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(images[: len(images) - cut]))
    (folder / "t-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + struct.pack(">I", labels) + bytes(range(labels)))
    return path


def read(corpus: CorpusRecipe) -> list[Chunk]:
    reading = Reading(OUTPUTS["label"], ("en", "en"), Path())
    return list(INPUTS["picture"].read(corpus, reading))


def test_labels_are_found_beside_their_pictures(tmp_path: Path) -> None:
    (chunk,) = read(CorpusRecipe(path=write(tmp_path)))
    assert np.array_equal(np.stack(values_of(chunk.sources)), PICTURES)
    assert values_of(chunk.targets) == [0, 1]


def test_both_may_be_given(tmp_path: Path) -> None:
    path = write(tmp_path)
    (chunk,) = read(CorpusRecipe(source=path, target=tmp_path / "t-labels-idx1-ubyte"))
    assert len(chunk) == 2


@pytest.mark.parametrize(("labels", "cut", "says"), [(3, 0, "2 pictures, and .* 3 labels"), (2, 5, "and has only 19")])
def test_sizes_are_checked(tmp_path: Path, labels: int, cut: int, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read(CorpusRecipe(path=write(tmp_path, labels, cut)))


def test_missing_labels_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / "t-labels-idx1-ubyte").unlink()
    with pytest.raises(InputError, match="its labels are not beside it"):
        read(CorpusRecipe(path=path))
