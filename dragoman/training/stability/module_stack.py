"""Which module computes now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from torch import nn

from dragoman.contracts import Layout
from dragoman.training.stability.replacement import replaced


@dataclass(slots=True)
class Frame:
    """A module that has been called and has not returned.

    Attributes:
        name: of the module, as ``named_modules`` gives it.
        layout: where the rows of its input lie, if it was told.
        places: how many functions have been noted in it.
    """

    name: str
    layout: Layout | None
    places: int = 0


class ModuleStack:
    """The modules that have been called and have not returned, innermost last.

    A step that a decoder asks of a recurrent cell or an attention is a call of it too.

    Args:
        returned: is told the name of each module that returns, and what; not of the steps within a module's own call.
    """

    def __init__(self, returned: Callable[[str, Any], None]) -> None:
        self._returned = returned
        self._frames: list[Frame] = []

    @property
    def innermost(self) -> Frame | None:
        """The module that computes now; None outside of all."""
        return self._frames[-1] if self._frames else None

    @contextmanager
    def following(self, model: nn.Module) -> Iterator[None]:
        """Meanwhile the calls of all modules of ``model`` are followed; the model itself is none of them."""
        with ExitStack() as stack:
            for name, module in model.named_modules():
                if name:
                    stack.callback(module.register_forward_pre_hook(self._entering(name)).remove)
                    stack.callback(module.register_forward_hook(self._leaving(name)).remove)
                    step = getattr(module, "step", None)
                    if callable(step):
                        stack.enter_context(replaced(module, "step", self._inside(name, step)))
            yield

    def _entering(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: tuple[Any, ...]) -> None:
            told = inputs[1] if len(inputs) > 1 else None
            self._frames.append(Frame(name, told if isinstance(told, Layout) else None))

        return hook

    def _leaving(self, name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            self._frames.pop()
            self._returned(name, output)

        return hook

    def _inside(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def framed(*inputs: Any) -> Any:
            self._frames.append(Frame(name, None))
            try:
                output = step(*inputs)
            finally:
                self._frames.pop()
            if not self._frames or self._frames[-1].name != name:
                self._returned(name, output)
            return output

        return framed
