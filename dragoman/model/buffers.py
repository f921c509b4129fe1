"""What a model learns without a gradient, such as the running statistics of batch normalisation."""

from __future__ import annotations

from torch import Tensor, nn


def learnt_buffers(model: nn.Module) -> dict[str, Tensor]:
    """The buffers that are part of the model, by name; those that can be computed anew are not."""
    buffers = dict(model.named_buffers())
    if not buffers:
        return {}
    kept = model.state_dict().keys()
    return {name: buffer for name, buffer in buffers.items() if name in kept}


def learnt_tensors(model: nn.Module) -> dict[str, Tensor]:
    """All that a model's file holds, by name: the parameters, and the buffers that are part of the model."""
    return {**dict(model.named_parameters()), **learnt_buffers(model)}
