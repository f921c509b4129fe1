"""The tensors that a model has learnt."""

from __future__ import annotations

from torch import Tensor, nn


def parameter_count(model: nn.Module) -> int:
    """The number of trainable parameters; parameters that several layers share are counted once.

    >>> parameter_count(nn.Linear(3, 2))
    8
    """
    return sum(p.numel() for p in model.parameters())


def learnt_buffers(model: nn.Module) -> dict[str, Tensor]:
    """The tensors that a model learns without a gradient, such as the running statistics of batch normalisation, by
    name; buffers that can be computed anew are left out."""
    buffers = dict(model.named_buffers())
    if not buffers:
        return {}
    kept = model.state_dict().keys()
    return {name: buffer for name, buffer in buffers.items() if name in kept}


def learnt_tensors(model: nn.Module) -> dict[str, Tensor]:
    """All tensors that a model's file holds, by name: the parameters, and :func:`learnt_buffers`.

    >>> sorted(learnt_tensors(nn.Linear(3, 2)))
    ['bias', 'weight']
    """
    return {**dict(model.named_parameters()), **learnt_buffers(model)}
