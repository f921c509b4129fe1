from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dragoman.alignment.ibm_model_1 import ibm_model_1
from dragoman.alignment.shortlist import Shortlist
from dragoman.errors import DamagedFileError

SOURCES = [[5, 6], [5], [6], [5, 7]]
TARGETS = [[15, 16, 20], [15, 20], [16, 20], [15, 17, 20]]


def shortlist(*, shared: bool = False, frequent: int = 1, per_symbol: int = 2) -> Shortlist:
    counts = np.bincount([f for row in TARGETS for f in row], minlength=25)
    return Shortlist.of(
        ibm_model_1(SOURCES, TARGETS),
        counts,
        sources=10,
        always=[0, 3],
        shared=shared,
        frequent=frequent,
        per_symbol=per_symbol,
    )


def test_each_source_has_its_translations_and_what_is_always_allowed_is_kept_apart() -> None:
    found = shortlist()
    assert found.always.tolist() == [0, 3, 20]
    assert 15 in found.of_source(5)
    assert 17 in found.of_source(7)
    assert found.of_source(9).tolist() == []
    assert all(20 not in found.of_source(e) for e in range(10))


def test_only_the_best_are_taken() -> None:
    found = shortlist(per_symbol=1, frequent=0)
    assert all(len(found.of_source(e)) <= 1 for e in range(10))
    assert found.always.tolist() == [0, 3]
    assert found.of_source(5).tolist() in ([15], [20])


def test_symbols_of_a_shared_vocabulary_can_be_copied() -> None:
    found = shortlist(shared=True)
    for e in range(10):
        assert e in {*found.of_source(e).tolist(), *found.always.tolist()}


def test_it_comes_back_from_its_file(tmp_path: Path) -> None:
    written = shortlist()
    written.save(tmp_path / "s")
    read = Shortlist.load(tmp_path / "s")
    for name in ("always", "offsets", "targets"):
        assert (getattr(read, name) == getattr(written, name)).all()
    (tmp_path / "s").write_bytes(b"else")
    with pytest.raises(DamagedFileError, match="not a shortlist"):
        Shortlist.load(tmp_path / "s")
