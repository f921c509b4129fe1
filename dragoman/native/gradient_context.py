"""The type of the context that the passes of a :class:`torch.autograd.Function` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from torch import Tensor
from torch.autograd.function import FunctionCtx

if TYPE_CHECKING:

    class GradientContext(Protocol):
        """The object in which the forward pass of a function keeps tensors for its backward pass."""

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

else:
    # A check of the protocol would ask for the saved tensors, which is an error once a pass has changed them in place.
    GradientContext = FunctionCtx
