"""A model's tensors by their shapes alone: without memory for their values, however large the model is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_DRAWN = frozenset(
    {
        *(nn.init.normal_, nn.init.uniform_, nn.init.kaiming_uniform_, nn.init.xavier_uniform_),
        *(Tensor.normal_, Tensor.uniform_),
    }
)
"""Functions that fill a tensor; some releases of PyTorch ask a mode about those of ``nn.init``, others do not."""


class _NothingDrawn(TorchFunctionMode):
    """Leaves tensors as they are that would be filled with random numbers.

    A tensor without values has nothing to be filled, and PyTorch would first import its compiler, which takes longer
    than everything else that loading a small model does.
    """

    def __torch_function__(
        self,
        function: Callable[..., object],
        types: Sequence[type],
        arguments: Sequence[Any] = (),
        named: Mapping[str, Any] | None = None,
    ) -> object:
        named = named or {}
        if function in _DRAWN:
            return arguments[0] if arguments else named["tensor"]
        return function(*arguments, **named)


@contextlib.contextmanager
def shapes_alone() -> Iterator[None]:
    """Make every tensor that is created during the block one without values, on PyTorch's device ``meta``.

    >>> with shapes_alone():
    ...     layer = torch.nn.Embedding(10**9, 10**9)
    >>> layer.weight.shape, layer.weight.device.type
    (torch.Size([1000000000, 1000000000]), 'meta')
    """
    with torch.random.fork_rng(devices=[]), torch.device("meta"), _NothingDrawn():
        yield
