"""The layers that parameters belong to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.training.parameters import ParameterMap


class Layers:
    """The layers of a model: each is the group of parameters that one module holds itself.

    A layer has the name of its module. The entries of a module's parameter lists are layers of their own, by number.

    >>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    >>> layers = Layers(ParameterMap.of(model))
    >>> layers.names  # the places are 0.weight, 1.weight, 0.bias, 1.bias
    ['0', '1']
    >>> layers.join([3.0, 1.0, 4.0, 0.0])
    array([5., 1.])

    Args:
        places: the places of all parameters; one that several modules share belongs to the first.

    Attributes:
        names: names of all layers.
    """

    def __init__(self, places: ParameterMap) -> None:
        self._places = places.places
        of_places = [layer_of(place.name) for place in self._places]
        self.names = list(dict.fromkeys(of_places))
        numbers = {name: number for number, name in enumerate(self.names)}
        self._layers = np.array([numbers[name] for name in of_places], dtype=np.int64)

    def join(self, norms: Sequence[float]) -> Float[np.ndarray, " L"]:
        """The Euclidean norms of all layers, from those of all parameters."""
        return np.sqrt(np.bincount(self._layers, np.square(norms), len(self.names)))

    def norms(self, flat: Float[Tensor, " P"]) -> Float[Tensor, " K"]:
        """The Euclidean norms of all parameters in ``flat``, on its device."""
        return torch.stack([torch.linalg.vector_norm(flat[place.begin : place.end]) for place in self._places])


def layer_of(parameter: str) -> str:
    """The name of the layer that a parameter belongs to.

    >>> layer_of("encoder.blocks.0.norm.weight")
    'encoder.blocks.0.norm'
    """
    *module, last = parameter.split(".")
    return ".".join([*module[:-1], last] if last.isdigit() else module)
