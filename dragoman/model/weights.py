"""The numbers that a model has learnt."""

from __future__ import annotations

from torch import Tensor, nn


def parameter_count(model: nn.Module) -> int:
    """The number of trainable numbers; what several layers share is counted once."""
    return sum(p.numel() for p in model.parameters())


def learnt_buffers(model: nn.Module) -> dict[str, Tensor]:
    """What a model learns without a gradient, such as the running statistics of batch normalisation, by name; buffers
    that can be computed anew are left out."""
    buffers = dict(model.named_buffers())
    if not buffers:
        return {}
    kept = model.state_dict().keys()
    return {name: buffer for name, buffer in buffers.items() if name in kept}


def learnt_tensors(model: nn.Module) -> dict[str, Tensor]:
    """All that a model's file holds, by name: the parameters, and :func:`learnt_buffers`."""
    return {**dict(model.named_parameters()), **learnt_buffers(model)}
