"""A model under watch: which module is the first to make a number that is not finite."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn


def is_finite(values: Tensor) -> bool:
    """Whether every number is."""
    return bool(torch.isfinite(values).all())


class Watch:
    """Looks at all that goes into and comes out of a model's modules while the block runs; changes no number.

    Besides ``forward``, every other public method of a module is watched: some compute by these, such as a decoder's
    ``loss``.

    Args:
        model: whose modules.

    Attributes:
        first_output: stage and module of the first output that is not finite, in the order of computation. An input
            that is not finite although no output was so far comes from the code of the module that made the call.
        first_gradient: likewise, in the order of back-propagation. Where the gradient is finite at a module's output
            and not at its input, that module counts; where it is not finite at an output although no other module
            took that as its input, the module that made the call.
    """

    def __init__(self, model: nn.Module) -> None:
        self.first_output: tuple[str, str] | None = None
        self.first_gradient: tuple[str, str] | None = None
        self._model = model
        self._running: list[str] = []
        self._passed = ""
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> Watch:
        for name, module in self._model.named_modules():
            for method in {"forward", *_public_methods(type(module))}:
                self._wrap(module, method, name)
            for parameter in module.parameters(recurse=False):
                if parameter.requires_grad:
                    self._undo.append(parameter.register_hook(partial(self._see_parameter, name)).remove)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()

    def _wrap(self, module: nn.Module, method: str, name: str) -> None:
        plain = getattr(module, method)
        own = method in vars(module)

        def watched(*given: Any, **named: Any) -> Any:
            given, named = self._enter(name, given), self._enter(name, named)
            self._running.append(name)
            try:
                result = plain(*given, **named)
            finally:
                self._running.pop()
            return self._leave(name, method, result)

        vars(module)[method] = watched

        def undo() -> None:
            del vars(module)[method]
            if own:
                vars(module)[method] = plain

        self._undo.append(undo)

    def _enter(self, name: str, given: Any) -> Any:
        """The arguments of a call, in stand-ins whose gradient is this call's part alone."""

        def look(values: Tensor) -> Tensor:
            if self.first_output is None and not is_finite(values):
                self.first_output = "output", self._caller("")
            return _stand_in(values, partial(self._see, name))

        return _mapped(given, look)

    def _leave(self, name: str, method: str, result: Any) -> Any:
        """The results, in stand-ins whose gradient is what comes from outside."""

        def look(values: Tensor) -> Tensor:
            if self.first_output is None and not is_finite(values):
                self.first_output = "loss" if method == "loss" else "output", name
            return _stand_in(values, partial(self._see_output, name, self._caller(name)))

        return _mapped(result, look)

    def _caller(self, otherwise: str) -> str:
        return self._running[-1] if self._running else otherwise

    def _see(self, name: str, gradient: Tensor | None) -> None:
        # What has no gradient at all gets None.
        if self.first_gradient is None and gradient is not None and not is_finite(gradient):
            self.first_gradient = "gradient", name

    def _see_output(self, name: str, caller: str, gradient: Tensor | None) -> None:
        self._passed = name
        self._see(caller, gradient)

    def _see_parameter(self, owner: str, gradient: Tensor | None) -> None:
        """A module may use the parameters of its parts itself."""
        self._see(self._passed if owner.startswith(f"{self._passed}.") else owner, gradient)


def _stand_in(values: Tensor, hook: Callable[[Tensor | None], None]) -> Tensor:
    if not values.requires_grad or values.is_leaf:
        return values
    other = values.view_as(values)
    other.register_hook(hook)  # type: ignore[no-untyped-call]
    return other


def _public_methods(kind: type) -> set[str]:
    """Those that a module's own classes define."""
    own = kind.__mro__[: kind.__mro__.index(nn.Module)]
    return {
        name
        for base in own
        if base.__module__.split(".")[0] != "torch"
        for name, member in vars(base).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


def _mapped(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """``value`` with every tensor of real numbers in it changed; the same object if none is."""
    if isinstance(value, Tensor):
        return change(value) if value.is_floating_point() else value
    if isinstance(value, dict):
        return {key: _mapped(part, change) for key, part in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)(_mapped(part, change) for part in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
        changed = {name: _mapped(part, change) for name, part in parts.items()}
        if any(changed[name] is not part for name, part in parts.items()):
            return dataclasses.replace(value, **changed)
    return value
