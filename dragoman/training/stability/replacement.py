"""A module that does something else for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


@contextmanager
def replaced(module: nn.Module, name: str, method: Callable[..., Any]) -> Iterator[None]:
    """Meanwhile this one module has another ``method`` of that name; others of its class keep theirs."""
    before = vars(module).get(name)
    setattr(module, name, method)
    try:
        yield
    finally:
        if before is None:
            delattr(module, name)
        else:
            setattr(module, name, before)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Meanwhile every module is in evaluation mode; each then gets its own mode back."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
