"""Inputs in the form that the engine reads: end to end in one array."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64, Shaped

from dragoman.contracts import Packed, Pictures


@dataclass(frozen=True, slots=True)
class EngineInputs:
    """Inputs, end to end.

    >>> inputs = EngineInputs.of_texts(Packed.of([[5, 6, 3], [7, 3]]))
    >>> inputs.values, inputs.lengths
    (array([5, 6, 3, 7, 3], dtype=int32), array([3, 2]))

    Attributes:
        values: symbols of texts as int32, pixels of pictures as uint8, or numbers as float32.
        lengths: the number of symbols of each text, or of columns of each picture; 1 for a row of numbers,
            and 0 for nothing.
    """

    values: Shaped[np.ndarray, " n"]
    lengths: Int64[np.ndarray, " B"]

    @classmethod
    def of_texts(cls, texts: Packed) -> EngineInputs:
        """Texts, as symbols."""
        return cls(_array(texts.values).astype(np.int32), _array(texts.layout.lengths))

    @classmethod
    def of_pictures(cls, pictures: Pictures) -> EngineInputs:
        """Pictures, each by itself: all rows of its first channel, then those of the next."""
        lengths = _array(pictures.layout.lengths)
        parts = np.split(pictures.values.cpu().numpy(), np.cumsum(lengths)[:-1], axis=2)
        return cls(np.concatenate([part.reshape(-1) for part in parts]), lengths)

    @classmethod
    def of_numbers(cls, rows: Float32[np.ndarray, "B n"]) -> EngineInputs:
        """Rows of numbers, each an input by itself."""
        return cls(np.ascontiguousarray(rows).reshape(-1), np.ones(len(rows), dtype=np.int64))

    @classmethod
    def of_nothing(cls, rows: int) -> EngineInputs:
        """Inputs of a model that writes without reading anything."""
        return cls(np.empty(0, dtype=np.int32), np.zeros(rows, dtype=np.int64))


def _array(tensor: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.cpu().numpy())
