"""Loads the shared libraries of native kernels, checks them and connects them to PyTorch's threads.

They are plain C functions on raw pointers, so that building them needs only a C++ compiler. Where a library was not
built, or the environment has ``DRAGOMAN_NATIVE=off``, :func:`load` returns None, and every caller uses the PyTorch
version of the function.
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

INTERFACES = {"training": 7, "decoding": 4, "text": 5, "engine": 2}
"""The libraries, with the version of the functions that this revision calls; a library that was built from other
sources is not used. Raise the number, here and in the source, whenever the arguments of a function change."""

OWN_THREADS = frozenset({"engine"})
"""The libraries that start threads of their own instead of using PyTorch's."""

SWITCH = "DRAGOMAN_NATIVE"
"""The environment variable that turns all native kernels off by the value ``off``."""


_ALLOWED: ContextVar[bool] = ContextVar("native kernels allowed", default=True)


@dataclass(frozen=True, slots=True)
class Library:
    """A native library, or the reason why it cannot be used.

    Attributes:
        name: name of the library, a key of :data:`INTERFACES`.
        handle: the functions of the library; None if it cannot be used.
        reason: why it cannot be used, and what to do; empty if it can be used.
    """

    name: str
    handle: ctypes.CDLL | None
    reason: str = ""


def load(name: str) -> ctypes.CDLL | None:
    """The functions of a library, or None if it cannot be used."""
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
    """During the block, models in this thread compute in PyTorch instead of by kernels, so that the parts of the
    computation can be observed."""
    token = _ALLOWED.set(False)
    try:
        yield
    finally:
        _ALLOWED.reset(token)


def allowed() -> bool:
    """Whether models in this thread may use kernels: always, except inside :func:`without_kernels`."""
    return _ALLOWED.get()


@functools.cache
def library(name: str) -> Library:
    """The library of that name, loaded once per process."""
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
    openmp = None if name in OWN_THREADS else _openmp()
    if openmp is not None:
        handle.dragoman_use_threads.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        handle.dragoman_use_threads.restype = None
        handle.dragoman_use_threads(*openmp)
    return Library(name, handle)


def threads_at_once(name: str, threads: int) -> int:
    """The number of threads in which a library's kernels run at once if asked for ``threads``; 1 without the
    library."""
    handle = load(name)
    return 1 if handle is None else int(handle.dragoman_threads_at_once(threads))


def _places(name: str) -> list[Path]:
    return [Path(__file__).parent / f"_{name}{suffix}" for suffix in importlib.machinery.EXTENSION_SUFFIXES]


@functools.cache
def _openmp() -> tuple[int | None, ...] | None:
    """The addresses of PyTorch's own ``GOMP_parallel`` and ``omp_get_thread_num``. A second OpenMP runtime in the
    process would bring a second set of threads, which would compete with the first for the cores."""
    import torch

    for path in sorted((Path(torch.__file__).parent / "lib").glob("libgomp*.so*")):
        try:
            runtime = ctypes.CDLL(str(path))
            functions = runtime.GOMP_parallel, runtime.omp_get_thread_num
            return tuple(ctypes.cast(function, ctypes.c_void_p).value for function in functions)
        except (OSError, AttributeError):
            continue
    return None
