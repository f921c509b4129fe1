"""The layers that weights belong to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.training.parameters import ParameterMap


class Layers:
    """Groups of parameters: those that one module holds itself.

    A layer has the name of its module. Entries of parameter lists of one module are layers of it, by their numbers.

    Args:
        places: where every parameter lies; one that several modules share belongs to the first.

    Attributes:
        names: of all layers.
    """

    def __init__(self, places: ParameterMap) -> None:
        self._places = places.places
        of_places = [layer_of(place.name) for place in self._places]
        self.names = list(dict.fromkeys(of_places))
        numbers = {name: number for number, name in enumerate(self.names)}
        self._layers = np.array([numbers[name] for name in of_places], dtype=np.int64)

    def join(self, norms: Sequence[float]) -> Float[np.ndarray, " L"]:
        """From the Euclidean norms of all places to those of all layers."""
        return np.sqrt(np.bincount(self._layers, np.square(norms), len(self.names)))

    def norms(self, flat: Float[Tensor, " P"]) -> Float[Tensor, " K"]:
        """The Euclidean norms of all places of ``flat``, where it is."""
        return torch.stack([torch.linalg.vector_norm(flat[place.begin : place.end]) for place in self._places])


def layer_of(parameter: str) -> str:
    """The name of the layer that a parameter belongs to."""
    *module, last = parameter.split(".")
    return ".".join([*module[:-1], last] if last.isdigit() else module)
