"""What the passes of a :class:`torch.autograd.Function` hand to each other."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class GradientContext(Protocol):
    """The object by which the forward pass of a function tells its backward pass what to remember."""

    @property
    def saved_tensors(self) -> tuple[Tensor, ...]:
        """The tensors that the forward pass saved."""
        ...

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each input, whether its gradient is needed."""
        ...

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Save tensors for the backward pass."""
        ...
