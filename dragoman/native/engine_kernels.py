"""Which kernels the native engine has: one table of functions for each instruction set and type of number."""

from __future__ import annotations

import ctypes
import enum
import functools
import time

from dragoman.native.library import load, present


class InstructionSet(enum.IntEnum):
    """The sets of instructions that kernels are written for. ``reference`` is plain C++, which no search uses: the
    others are tested against it."""

    REFERENCE = 0
    BASELINE = 1
    AVX2 = 2
    AVX_VNNI = 3
    AVX512 = 4
    AVX512_VNNI = 5
    AVX512_BF16 = 6
    NEON_DOT = 7


class Number(enum.IntEnum):
    """The types of number that products are computed with."""

    FLOAT32 = 0
    BFLOAT16 = 1
    INT8 = 2


def best_set() -> InstructionSet:
    """The best instruction set that this processor has.

    Raises:
        RuntimeError: if the engine is not built here.
    """
    return InstructionSet(_engine().dragoman_engine_set())


def kernels_name(instruction_set: InstructionSet, number: Number) -> str | None:
    """The name of a set's kernels for a type of number; None if this processor or this build has none.

    Raises:
        RuntimeError: if the engine is not built here.
    """
    name: bytes | None = _engine().dragoman_engine_kernels_name(instruction_set, number)
    return None if name is None else name.decode()


def kernels_here() -> list[str]:
    """The names of the kernels that the engine runs on this processor, one for each type of number; empty without an
    engine.

    >>> all("reference" not in name for name in kernels_here())
    True
    """
    if load("engine") is None:
        return []
    return [name for number in Number if (name := kernels_name(best_set(), number)) is not None]


def products_limit(number: Number, seconds: float = 0.05) -> float:
    """Operations a second that the products of one core reach at most, where no memory is touched; a multiplication and
    an addition are two. 0 without kernels.

    >>> products_limit(Number.FLOAT32, seconds=0.001) >= 0
    True

    Args:
        number: type of number of the products.
        seconds: about how long to measure.
    """
    if load("engine") is None:
        return 0.0
    fastest, rounds, spent = 0.0, 1000, 0.0
    while spent < seconds:
        began = time.perf_counter()
        operations = float(_engine().dragoman_engine_products_only(best_set(), number, rounds))
        if not operations:
            return 0.0
        took = time.perf_counter() - began
        fastest, spent = max(fastest, operations / took), spent + took
        rounds *= 2 if took < seconds / 8 else 1
    return fastest


@functools.cache
def _engine() -> ctypes.CDLL:
    handle = present(load("engine"))
    handle.dragoman_engine_kernels_name.restype = ctypes.c_char_p
    handle.dragoman_engine_products_only.restype = ctypes.c_double
    handle.dragoman_engine_products_only.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64]
    return handle
