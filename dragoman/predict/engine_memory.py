"""The memory that the native engine is about to take, compared with what is free before any of it is allocated."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from dragoman.errors import UnsupportedError
from dragoman.model.memory import free_room, shown
from dragoman.native.engine import EngineModel

_BYTES = {"float32": 4, "bfloat16": 2, "int8": 1}


class EngineMemory:
    """The memory that the searches of one model take besides the model. It is kept from one to the next, so that only a
    search that needs more than all before it has to be compared with what is free.

    Args:
        model: the model, which the engine has read.
    """

    def __init__(self, model: EngineModel) -> None:
        self._model = model
        self._held = 0

    def ask(self, lengths: Int64[np.ndarray, " B"], outputs: int = 0, width: int = 1, *, threads: int) -> None:
        """Check that there is enough memory for a search.

        Args:
            lengths: symbols of each input, or columns of each picture; 1 for rows of numbers.
            outputs: most symbols of an output.
            width: hypotheses that are followed of each input.
            threads: number of threads, each of which takes as much; more than there are inputs have nothing to do.

        Raises:
            UnsupportedError: if there is not.
        """
        length, threads = int(lengths.max()), min(threads, len(lengths))
        try:
            each = self._model.memory(length, outputs, width)
        except ValueError:
            return  # no model reads or writes as much, and the engine says which number is wrong
        needed = each * threads
        if needed <= self._held:
            return
        room = free_room()
        if needed - self._held > room.size:
            model = self._model.describe().bytes
            each_thread = "its thread" if threads == 1 else f"each of {threads} threads"
            raise UnsupportedError(
                f"the native engine needs {shown(model + needed)} of memory: {shown(model)} for the model and "
                f"{shown(each)} for {each_thread}; besides the model there are {shown(room.size)} ({room.what})",
                cause=f"an input of {length:,} symbols or columns and outputs of up to {outputs:,} symbols, of which "
                f"{width:,} are followed at a time.",
                remedy="take fewer threads (OMP_NUM_THREADS), a narrower beam, shorter lines or `--compute int8`.",
            )
        self._held = needed


def refuse_large_model(program: int, number: str) -> None:
    """Check that there is enough memory for a model's weights in another type of number.

    Args:
        program: bytes of the model's program, in float32.
        number: the type of number, one of :data:`~dragoman.predict.engine_choice.NUMBERS`.

    Raises:
        UnsupportedError: if there is not.
    """
    needed, room = program * _BYTES[number] // _BYTES["float32"], free_room()
    if needed > room.size:
        raise UnsupportedError(
            f"the native engine needs {shown(needed)} of memory for the model in {number} at the least, and there are "
            f"{shown(room.size)} ({room.what})",
            remedy="close other programs, take a smaller model, or `--compute int8`.",
        )
