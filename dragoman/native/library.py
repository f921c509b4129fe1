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
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

INTERFACES = {"training": 4, "decoding": 3, "text": 5}
"""Libraries, and the version of the functions that this revision calls; a library that was built from other sources
is not used. Raise the number, here and in the source, whenever a function's arguments change."""

SWITCH = "DRAGOMAN_NATIVE"
"""Environment variable; ``off`` turns all native kernels off."""


_ALLOWED: ContextVar[bool] = ContextVar("native kernels allowed", default=True)


@dataclass(frozen=True, slots=True)
class Library:
    """A native library, or why there is none.

    Attributes:
        name: key of :data:`INTERFACES`.
        handle: its functions; None if it cannot be used.
        reason: why not, and what to do; empty if it can.
    """

    name: str
    handle: ctypes.CDLL | None
    reason: str = ""


def load(name: str) -> ctypes.CDLL | None:
    """The functions of a library, or None."""
    return library(name).handle


def present(handle: ctypes.CDLL | None) -> ctypes.CDLL:
    """A library that its caller knows to be there.

    Raises:
        RuntimeError: if it is not.
    """
    if handle is None:
        raise RuntimeError("this native library is not there; ask available() first")
    return handle


@contextmanager
def without_kernels() -> Iterator[None]:
    """Meanwhile, in this thread, what a model computes is computed by the kernels' PyTorch twins, whose parts can be
    looked at."""
    token = _ALLOWED.set(False)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


def allowed() -> bool:
    """Whether a model may use kernels now; not inside :func:`without_kernels`."""
    return _ALLOWED.get()


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
    openmp = _openmp()
    if openmp is not None:
        handle.dragoman_use_threads.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        handle.dragoman_use_threads.restype = None
        handle.dragoman_use_threads(*openmp)
    return Library(name, handle)


def threads_at_once(name: str, threads: int) -> int:
    """How many threads the kernels of a library run in at one time when they are asked for so many; 1 without it."""
    handle = load(name)
    return 1 if handle is None else int(handle.dragoman_threads_at_once(threads))


def _places(name: str) -> list[Path]:
    return [Path(__file__).parent / f"_{name}{suffix}" for suffix in importlib.machinery.EXTENSION_SUFFIXES]


@functools.cache
def _openmp() -> tuple[int | None, ...] | None:
    """The addresses of PyTorch's own ``GOMP_parallel`` and ``omp_get_thread_num``. A second OpenMP runtime in the
    process would bring a second set of threads, which would fight with the first for the cores."""
    import torch

    for path in sorted((Path(torch.__file__).parent / "lib").glob("libgomp*.so*")):
        try:
            runtime = ctypes.CDLL(str(path))
            functions = runtime.GOMP_parallel, runtime.omp_get_thread_num
            return tuple(ctypes.cast(function, ctypes.c_void_p).value for function in functions)
        except (OSError, AttributeError):
            continue
    return None
