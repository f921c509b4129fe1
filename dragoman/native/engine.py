"""Models that the native engine has read: loading them from bytes, what they are, and their results where they write
nothing by steps. Searches of those that do are in :mod:`dragoman.native.engine_search`."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from ctypes import c_int32, c_int64, c_void_p
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dragoman.errors import DamagedFileError, UnsupportedError
from dragoman.native.engine_kernels import InstructionSet, Number, best_set
from dragoman.native.library import load, present

Inputs = NDArray[np.int32] | NDArray[np.uint8] | NDArray[np.float32]
"""Inputs end to end: symbols of texts; pixels [channels, height, length] of one picture after the other, flattened;
or rows of numbers, flattened."""

_ERROR_ROOM = 512
_NUMBERS = (
    *("bytes", "symbols", "source_symbols", "start", "end", "longest_source", "longest_target"),
    *("channels", "height", "given", "result_width"),
)


class _Description(ctypes.Structure):
    """``struct Description`` of sources/engine/abi_model.cpp."""

    _fields_ = tuple((name, c_int64) for name in (*_NUMBERS, "lists"))


@dataclass(frozen=True, slots=True)
class EngineDescription:
    """What a model is that the engine has read. Numbers that do not apply to it are 0.

    Attributes:
        kernels: name of the kernels that run it, as ``"AVX-512 VNNI, int8"``.
        bytes: memory that its weights take, with a shortlist.
        symbols: number of symbols that it writes; 0 if it writes nothing by steps.
        source_symbols: number of symbols that it reads; 0 for other inputs.
        start: symbol before the first.
        end: symbol after the last.
        longest_source: most symbols of an input; 0 for any number.
        longest_target: most symbols of an output; 0 for any number.
        channels: channels of the pictures that it reads.
        height: height of these in pixels.
        given: numbers of a row that it reads, padded to a multiple of 16.
        result_width: numbers of a row of its result.
        lists: whether it can have a shortlist.
    """

    kernels: str
    bytes: int
    symbols: int
    source_symbols: int
    start: int
    end: int
    longest_source: int
    longest_target: int
    channels: int
    height: int
    given: int
    result_width: int
    lists: bool


class EngineModel:
    """A model that the engine has read. Its weights are freed with this object. Many threads may use it at once.

    Args:
        data: bytes of a compiled program; see sources/engine/model.cpp.
        number: type of number of its products.
        instruction_set: instructions that it uses; the best of this processor by default.

    Raises:
        DamagedFileError: if the bytes are no model.
        RuntimeError: if the engine is not built here.
        UnsupportedError: if this processor or this build has no such kernels.
    """

    def __init__(self, data: bytes, number: Number, instruction_set: InstructionSet | None = None) -> None:
        library = _library()
        chosen = best_set() if instruction_set is None else instruction_set
        error = ctypes.create_string_buffer(_ERROR_ROOM)
        self._handle: int | None = library.dragoman_engine_load(data, len(data), chosen, number, error, _ERROR_ROOM)
        if self._handle is None:
            text = error.value.decode()
            if library.dragoman_engine_kernels_name(chosen, number) is None:
                raise UnsupportedError(text, remedy="use another instruction set.")
            raise DamagedFileError(text, remedy="save the model again.")
        self._free = library.dragoman_engine_free

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self._free(self._handle)

    @property
    def handle(self) -> int:
        """The address of the model, for other functions of the library; it is valid as long as this object."""
        if self._handle is None:
            raise RuntimeError("this model was not loaded")
        return self._handle

    def describe(self) -> EngineDescription:
        """What this model is."""
        found = _Description()
        library = _library()
        library.dragoman_engine_describe(self.handle, ctypes.byref(found))
        numbers = {name: int(getattr(found, name)) for name in _NUMBERS}
        name = library.dragoman_engine_model_kernels(self.handle).decode()
        return EngineDescription(name, **numbers, lists=bool(found.lists))

    def set_shortlist(self, always: NDArray[np.int32], offsets: NDArray[np.int64], targets: NDArray[np.int32]) -> None:
        """Restricts later searches to likely symbols: each sentence to those of ``always`` and those of its own
        symbols, whatever its neighbours are.

        Args:
            always: symbols that every sentence may be translated to.
            offsets: for each source symbol, where its likely translations begin in ``targets``, and last their number.
            targets: likely translations of all source symbols, one after the other.

        Raises:
            ValueError: if the model cannot have a shortlist, or a number is out of range.
        """
        symbols = self.describe().source_symbols
        if len(offsets) != symbols + 1:
            raise ValueError(f"{len(offsets)} offsets for {symbols} source symbols")
        first, second, third = _array(always, np.int32), _array(offsets, np.int64), _array(targets, np.int32)
        pointers = first.ctypes.data, len(first), second.ctypes.data, third.ctypes.data, len(third)
        _call("dragoman_engine_shortlist", self.handle, *pointers)

    def clear_shortlist(self) -> None:
        """Lets later searches score every symbol again."""
        _call("dragoman_engine_shortlist", self.handle, None, -1, None, None, 0)

    def set_at_work(self, examples: int) -> None:
        """Lets searchers that are made from now on have so many examples at work in each thread.

        It changes how fast they are, and nothing of what they find.

        Args:
            examples: how many; 0 for as many as the sizes of the model suggest.
        """
        _library().dragoman_engine_set_at_work(self.handle, examples)

    def memory(self, length: int, outputs: int = 0, width: int = 1) -> int:
        """The bytes that one thread takes at most besides the model.

        Args:
            length: symbols of the longest input, or columns of the widest picture; 1 for rows.
            outputs: most symbols of an output.
            width: hypotheses that are followed of each example.

        Raises:
            ValueError: if there can be no such input or output.
        """
        error = ctypes.create_string_buffer(_ERROR_ROOM)
        found = int(_library().dragoman_engine_memory(self.handle, length, outputs, width, error, _ERROR_ROOM))
        if found < 0:
            raise ValueError(error.value.decode())
        return found

    def encode(self, inputs: Inputs, lengths: Sequence[int], threads: int = 1) -> list[NDArray[np.float32]]:
        """The result of each input, [rows, result_width]: one row of an example, or one for each of its positions.

        Args:
            inputs: all inputs, end to end.
            lengths: number of symbols of each text, or of columns of each picture; 1 for a row.
            threads: number of threads that share the inputs.

        Raises:
            ValueError: if the model cannot read an input, or has no result.
        """
        given, sizes = _array(inputs, inputs.dtype), np.asarray(lengths, np.int64)
        description = self.describe()
        wanted = np.float32 if description.given else np.uint8 if description.channels else np.int32
        if given.dtype != wanted:
            raise ValueError(f"inputs are {given.dtype}, and this model reads {np.dtype(wanted)}")
        rows = np.zeros(len(sizes), np.int64)
        _library().dragoman_engine_result_rows(self.handle, sizes.ctypes.data, len(sizes), rows.ctypes.data)
        out = np.empty((int(rows.sum()), description.result_width), np.float32)
        _call(
            "dragoman_engine_encode",
            self.handle,
            given.ctypes.data,
            given.size,
            sizes.ctypes.data,
            len(sizes),
            threads,
            out.ctypes.data,
            len(out),
        )
        return np.split(out, np.cumsum(rows)[:-1]) if len(sizes) else []


def _array(values: NDArray[np.generic], dtype: np.typing.DTypeLike) -> NDArray[np.generic]:
    return np.ascontiguousarray(values, dtype).reshape(-1)


def _call(name: str, *arguments: int | None) -> None:
    error = ctypes.create_string_buffer(_ERROR_ROOM)
    if getattr(_library(), name)(*arguments, error, _ERROR_ROOM) != 0:
        raise ValueError(error.value.decode())


@functools.cache
def _library() -> ctypes.CDLL:
    library = present(load("engine"))
    error = (c_void_p, c_int64)
    for name, result, arguments in (
        ("load", c_void_p, (ctypes.c_char_p, c_int64, c_int32, c_int32, *error)),
        ("free", None, (c_void_p,)),
        ("describe", None, (c_void_p, c_void_p)),
        ("model_kernels", ctypes.c_char_p, (c_void_p,)),
        ("kernels_name", ctypes.c_char_p, (c_int32, c_int32)),
        ("shortlist", c_int32, (c_void_p, c_void_p, c_int64, c_void_p, c_void_p, c_int64, *error)),
        ("set_at_work", None, (c_void_p, c_int64)),
        ("memory", c_int64, (c_void_p, c_int64, c_int64, c_int64, *error)),
        ("result_rows", None, (c_void_p, c_void_p, c_int64, c_void_p)),
        ("encode", c_int32, (c_void_p, c_void_p, c_int64, c_void_p, c_int64, c_int64, c_void_p, c_int64, *error)),
    ):
        function = getattr(library, f"dragoman_engine_{name}")
        function.restype, function.argtypes = result, arguments
    return library
