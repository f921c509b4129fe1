"""Inputs in the form that the engine reads: one array, and where each input begins in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64, Shaped

from dragoman.contracts import Packed, Pictures

TYPES = (np.int32, np.uint8, np.float32)
"""The types of symbols, of pixels, and of numbers, in the order in which the engine takes them."""


@dataclass(frozen=True, slots=True)
class EngineInputs:
    """Inputs, end to end.

    >>> inputs = EngineInputs.of_texts(Packed.of([[5, 6, 3], [7, 3]]))
    >>> inputs.values, inputs.starts, inputs.lengths
    (array([5, 6, 3, 7, 3], dtype=int32), array([0, 3]), array([3, 2]))

    Attributes:
        values: symbols of texts as int32, pixels of pictures as uint8, or numbers as float32.
        starts: the place of each input's first value.
        lengths: the number of symbols of a text, of columns of a picture, or of rows of numbers.
    """

    values: Shaped[np.ndarray, " n"]
    starts: Int64[np.ndarray, " B"]
    lengths: Int64[np.ndarray, " B"]

    @classmethod
    def of_texts(cls, texts: Packed) -> EngineInputs:
        """Texts, as symbols."""
        layout = texts.layout
        return cls(_array(texts.values.to(torch.int32)), _array(layout.starts), _array(layout.lengths))

    @classmethod
    def of_pictures(cls, pictures: Pictures) -> EngineInputs:
        """Pictures, each by itself: all rows of its first channel, then those of the next."""
        lengths = pictures.layout.lengths.tolist()
        parts = torch.split(pictures.values, lengths, dim=2)
        rows = pictures.values.shape[0] * pictures.values.shape[1]
        values = np.concatenate([part.cpu().numpy().reshape(-1) for part in parts])
        counts = np.array(lengths, dtype=np.int64)
        return cls(values, (np.cumsum(counts) - counts) * rows, counts)

    @classmethod
    def of_numbers(cls, rows: Float32[np.ndarray, "B n"]) -> EngineInputs:
        """Rows of numbers, each an input by itself."""
        starts = np.arange(len(rows), dtype=np.int64) * rows.shape[1]
        return cls(np.ascontiguousarray(rows).reshape(-1), starts, np.ones(len(rows), dtype=np.int64))


def _array(tensor: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.cpu().numpy())
