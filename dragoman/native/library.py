"""The shared libraries of native kernels: found, checked, joined to PyTorch's threads.

They are plain C functions on raw pointers, so that building them needs a C++ compiler and nothing else. Where one was
not built, or ``DRAGOMAN_NATIVE=off`` stands in the environment, :func:`load` gives None and every caller takes its
PyTorch twin.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.machinery
import os
from dataclasses import dataclass
from pathlib import Path

INTERFACES = {"training": 3, "decoding": 2, "text": 2}
"""Libraries, and the version of the functions that this revision calls; a library that was built from other sources
is not used. Raise the number, here and in the source, whenever a function's arguments change."""

SWITCH = "DRAGOMAN_NATIVE"
"""Environment variable; ``off`` turns all native kernels off."""


@dataclass(frozen=True, slots=True)
class Library:
    """A native library, or why there is none.

    Attributes:
        name: key of :data:`INTERFACES`.
        handle: its functions; None if it cannot be used.
        reason: why not, and what to do; empty if it can.
        threaded: whether it shares PyTorch's OpenMP threads; else each call runs in one.
    """

    name: str
    handle: ctypes.CDLL | None
    reason: str = ""
    threaded: bool = False


def load(name: str) -> ctypes.CDLL | None:
    """The functions of a library, or None."""
    return library(name).handle


@functools.cache
def library(name: str) -> Library:
    """The library of that name, loaded once a process."""
    if os.environ.get(SWITCH, "").lower() in ("off", "0", "false"):
        return Library(name, None, f"turned off by {SWITCH}")
    path = next((path for path in _places(name) if path.exists()), None)
    if path is None:
        return Library(name, None, "not built: install a C++ compiler, then install dragoman again")
    try:
        handle = ctypes.CDLL(str(path))
        found = int(handle.dragoman_interface())
    except (OSError, AttributeError) as error:
        return Library(name, None, f"{path.name} cannot be loaded ({error}): install dragoman again")
    if found != INTERFACES[name]:
        built = f"built for interface {found}, this revision has {INTERFACES[name]}"
        return Library(name, None, f"{path.name} is {built}: install dragoman again")
    parallel = _openmp_parallel()
    if parallel is not None:
        handle.dragoman_use_threads.argtypes = [ctypes.c_void_p]
        handle.dragoman_use_threads.restype = None
        handle.dragoman_use_threads(parallel)
    return Library(name, handle, threaded=parallel is not None)


def _places(name: str) -> list[Path]:
    return [Path(__file__).parent / f"_{name}{suffix}" for suffix in importlib.machinery.EXTENSION_SUFFIXES]


@functools.cache
def _openmp_parallel() -> int | None:
    """The address of PyTorch's own ``GOMP_parallel``. A second OpenMP runtime in the process would bring a second set
    of threads, which would fight with the first for the cores."""
    import torch

    for path in sorted((Path(torch.__file__).parent / "lib").glob("libgomp*.so*")):
        try:
            return ctypes.cast(ctypes.CDLL(str(path)).GOMP_parallel, ctypes.c_void_p).value
        except (OSError, AttributeError):
            continue
    return None
