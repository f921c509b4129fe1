"""Native kernels: which are available, and the speed of each beside the PyTorch function that can stand in for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from dragoman.contracts import Layout
from dragoman.diagnosis.machine.peaks import shortest
from dragoman.native.attention import AttentionShape, self_attention
from dragoman.native.cross_entropy import cross_entropy_
from dragoman.native.dropout import draw_seed, dropout
from dragoman.native.engine_kernels import kernels_here
from dragoman.native.layer_norm import layer_norm
from dragoman.native.library import INTERFACES, OWN_THREADS, library, threads_at_once
from dragoman.native.training import available

_SECONDS = 0.15
_ROWS, _LENGTH, _WIDTH, _HEADS = 64, 16, 256, 4
_VOCABULARY = 8_000
_RATE, _SMOOTHING, _EPSILON = 0.1, 0.1, 1e-5

Task = Callable[[], object]


@dataclass(frozen=True, slots=True)
class LibraryState:
    """Whether a library of kernels is used.

    Attributes:
        loaded: whether the library is used.
        reason: why it is not used, and what to do; empty if it is.
        runs_in: threads that its kernels run in, in words. That they are PyTorch's is said where two of these were
            observed in a loop at once.
        sets: names of the kernels that run on this processor, where a library has several to choose from.
    """

    loaded: bool
    reason: str
    runs_in: str = "one thread"
    sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KernelSpeed:
    """Time of one call on a small mini-batch, in microseconds.

    Attributes:
        native: time of the native kernel.
        torch: time of PyTorch's function.
    """

    native: float
    torch: float


def library_states() -> dict[str, LibraryState]:
    """The state of every library of kernels that this version knows, by name.

    >>> all(state.loaded or state.reason for state in library_states().values())
    True
    """
    return {name: _state(name) for name in INTERFACES}


def _state(name: str) -> LibraryState:
    found = library(name)
    if found.handle is None:
        return LibraryState(False, found.reason)
    if name in OWN_THREADS:
        return LibraryState(True, "", "its own threads", tuple(kernels_here()))
    return LibraryState(True, "", "PyTorch's threads" if threads_at_once(name, 2) == 2 else "one thread")


def kernel_speeds(dtype: torch.dtype, seconds: float = _SECONDS) -> dict[str, KernelSpeed]:
    """The time of each training kernel's forward pass, and PyTorch's; empty where there are no kernels.

    Args:
        dtype: number format to compute in.
        seconds: time to spend on measuring each.
    """
    if not available(torch.empty(0, dtype=dtype)):
        return {}
    speeds = {}
    with torch.no_grad():
        for name, (native, twin) in _tasks(dtype).items():
            microseconds = [round(1e6 * shortest(task, seconds), 1) for task in (native, twin)]
            speeds[name] = KernelSpeed(*microseconds)
    return speeds


def _tasks(dtype: torch.dtype) -> dict[str, tuple[Task, Task]]:
    """The kernels and the PyTorch functions on the same input."""
    generator = torch.Generator().manual_seed(1)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator).to(dtype)

    layout = Layout.of([_LENGTH] * _ROWS)
    shape = AttentionShape(layout, layout, _HEADS, (_WIDTH // _HEADS) ** -0.5)
    x, gain, bias = normal(layout.tokens, _WIDTH), normal(_WIDTH), normal(_WIDTH)
    inputs = normal(layout.tokens, 3 * _WIDTH)
    q, k, v = inputs.view(_ROWS, _LENGTH, 3, _HEADS, _WIDTH // _HEADS).permute(2, 0, 3, 1, 4)
    logits = normal(layout.tokens, _VOCABULARY)
    targets = torch.randint(_VOCABULARY, (layout.tokens,), generator=generator)
    return {
        "attention": (lambda: self_attention(inputs, shape), lambda: F.scaled_dot_product_attention(q, k, v)),
        "layer normalisation": (
            lambda: layer_norm(x, gain, bias, _EPSILON),
            lambda: F.layer_norm(x, (_WIDTH,), gain, bias, _EPSILON),
        ),
        "dropout": (lambda: dropout(x, _RATE, draw_seed()), lambda: F.dropout(x, _RATE)),
        # The kernel leaves the gradient in place of the logits, and PyTorch's backward pass makes it from these.
        "cross-entropy and gradient": (
            lambda: cross_entropy_(logits.clone(), targets, _SMOOTHING),
            lambda: _cross_entropy_gradient(logits, targets),
        ),
    }


def _cross_entropy_gradient(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    with torch.enable_grad():
        leaf = logits.detach().requires_grad_()
        loss = F.cross_entropy(leaf, targets, reduction="sum", label_smoothing=_SMOOTHING)
        return torch.autograd.grad(loss, leaf)[0]
