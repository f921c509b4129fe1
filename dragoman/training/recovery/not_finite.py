"""A search for the first module of a model that computes a number which is not finite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from dragoman.model.taps import Call, Tap, tapped, with_gradient_hook, with_tensors

_LOSSES = ("loss", "paired_loss")
"""The methods of models, decoders and output layers whose result is a loss."""


def is_finite(values: Tensor) -> bool:
    """Whether every number is finite."""
    return bool(torch.isfinite(values).all())


class NotFinite(Tap):
    """A tap that inspects inputs, outputs and gradients of a model's modules, without changing a number.

    Attributes:
        first_output: Stage and module of the first output that is not finite, in the order of computation; None if all
            are finite. An input that is not finite although all outputs so far were is attributed to the module that
            made the call.
        first_gradient: Stage and module of the first gradient that is not finite, in the order of back-propagation;
            None if all are finite. If the gradient is finite at a module's output and not at its input, it is
            attributed to that module; if it is not finite at an output that no other module took as its input, to the
            module that made the call.
    """

    def __init__(self) -> None:
        self.first_output: tuple[str, str] | None = None
        self.first_gradient: tuple[str, str] | None = None
        self._passed = ""

    def before(self, call: Call) -> None:
        """Replace the arguments of a call, so that their gradients are those of this call alone."""

        def look(values: Tensor) -> Tensor:
            if self.first_output is None and not is_finite(values):
                self.first_output = "output", _caller(call, "")
            return with_gradient_hook(values, partial(self._see, call.module))

        call.arguments = tuple(with_tensors(argument, look) for argument in call.arguments)
        call.named = {name: with_tensors(argument, look) for name, argument in call.named.items()}

    def after(self, call: Call, result: object) -> object:
        """Replace the result of a call, so that its gradient is the one that comes from outside."""

        def look(values: Tensor) -> Tensor:
            if self.first_output is None and not is_finite(values):
                self.first_output = "loss" if call.method in _LOSSES else "output", call.module
            return with_gradient_hook(values, partial(self._see_output, call.module, _caller(call, call.module)))

        return with_tensors(result, look)

    def see_parameter(self, owner: str, gradient: Tensor | None) -> None:
        """Inspect the gradient of a parameter of the module ``owner``, which a module around it may have used."""
        self._see(self._passed if owner.startswith(f"{self._passed}.") else owner, gradient)

    def _see(self, name: str, gradient: Tensor | None) -> None:
        # What has no gradient at all gets None.
        if self.first_gradient is None and gradient is not None and not is_finite(gradient):
            self.first_gradient = "gradient", name

    def _see_output(self, name: str, caller: str, gradient: Tensor | None) -> None:
        self._passed = name
        self._see(caller, gradient)


@contextmanager
def looking_for_not_finite(model: nn.Module) -> Iterator[NotFinite]:
    """During the block, inspect all that the model computes in forward and backward passes."""
    found = NotFinite()
    with ExitStack() as stack:
        for name, module in model.named_modules():
            for parameter in module.parameters(recurse=False):
                if parameter.requires_grad:
                    stack.callback(parameter.register_hook(partial(found.see_parameter, name)).remove)
        stack.enter_context(tapped(model, found, methods=None))
        yield found


def _caller(call: Call, otherwise: str) -> str:
    return otherwise if call.caller is None else call.caller.module
