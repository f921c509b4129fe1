"""Which kernels the native engine has: one table of functions for each instruction set and type of number."""

from __future__ import annotations

import ctypes
import enum
import functools

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


@functools.cache
def _engine() -> ctypes.CDLL:
    handle = present(load("engine"))
    handle.dragoman_engine_kernels_name.restype = ctypes.c_char_p
    return handle
