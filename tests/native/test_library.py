"""Native libraries that are missing, stale or turned off leave everything working, and say why."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.native import library as libraries

SCRIPT = """
import torch
from dragoman.native.library import library
from dragoman.native.training import available
from dragoman.layers.normalization import LayerNorm
print(library("training").reason)
print(available(torch.zeros(2)))
print(LayerNorm(4)(torch.arange(4.0)[None]).sum().abs().item() < 1e-5)
"""


def test_turned_off_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(libraries.SWITCH, "off")
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["turned off by DRAGOMAN_NATIVE", "False", "True"]


@pytest.mark.parametrize("name", sorted(libraries.INTERFACES.keys() - libraries.OWN_THREADS))
def test_loops_run_in_as_many_threads_as_they_are_asked_for(name: str) -> None:
    """Of the kernels, that is: each instruction set's are compiled by themselves."""
    if libraries.load(name) is None:
        pytest.skip("the native kernels are not built here")
    assert libraries.threads_at_once(name, 2) == 2
    assert libraries.threads_at_once(name, 1) == 1


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the library is looked for, without what was loaded before."""
    path = tmp_path / "_training.so"
    monkeypatch.setattr(libraries, "_places", lambda name: [path])
    libraries.library.cache_clear()
    yield path
    libraries.library.cache_clear()


def test_not_built(place: Path) -> None:
    found = libraries.library("training")
    assert found.handle is None
    assert "C++ compiler" in found.reason


def test_damaged(place: Path) -> None:
    place.write_bytes(b"not a library")
    found = libraries.library("training")
    assert found.handle is None
    assert "_training.so cannot be loaded" in found.reason


def test_built_from_other_sources(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = [path for path in Path(libraries.__file__).parent.glob("_training*.so") if path.exists()]
    if not built:
        pytest.skip("the native kernels are not built here")
    place.write_bytes(built[0].read_bytes())
    monkeypatch.setitem(libraries.INTERFACES, "training", -1)
    found = libraries.library("training")
    assert found.handle is None
    assert "this revision has -1" in found.reason
