"""The engine's searches find what PyTorch's find, whatever the threads and the neighbours."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dragoman.native.library import load

sys.path.insert(0, str(Path(__file__).parent))
from search_cases import difference, random_case

pytestmark = pytest.mark.skipif(load("engine") is None, reason="the engine was not built")


def test_random_searches_find_what_pytorch_finds() -> None:
    assert {seed: found for seed in range(40) if (found := difference(random_case(seed)))} == {}


@pytest.mark.parametrize(("threads", "places"), [(1, 1), (3, 2), (8, 16)])
def test_outputs_depend_neither_on_threads_nor_on_what_is_at_work_beside_them(threads: int, places: int) -> None:
    for seed in range(30):
        case = random_case(seed)
        assert case.by_engine(threads, places) == case.by_engine()
