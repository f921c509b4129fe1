"""Long short-term memory over rows of different lengths, where the gradients of the weights are computed at once.

A step computes only the product with the hidden state and one fused kernel; the gradients of all steps' gates lie side
by side, so that the gradient of the recurrent weights is one product at the end.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from dragoman.native.gradient_context import GradientContext
from dragoman.native.training import is_half, library


def _steps(sizes: Int[Tensor, " L"]) -> list[tuple[int, int]]:
    """For each step, the index of its first row and the number of its rows."""
    begins = (sizes.cumsum(0) - sizes).tolist()
    return list(zip(begins, sizes.tolist(), strict=True))


def _ends(sizes: Int[Tensor, " L"], rows: int) -> Int[Tensor, " B"]:
    """The index, in the order of time, of each row's last step."""
    last = (sizes[:, None] > torch.arange(rows)).sum(0) - 1
    return (sizes.cumsum(0) - sizes)[last] + torch.arange(rows)


def _before(first: Tensor, states: Tensor, steps: list[tuple[int, int]]) -> Iterator[Tensor]:
    """The state before each step."""
    yield first[: steps[0][1]]
    for (begin, _), (_, size) in itertools.pairwise(steps):
        yield states[begin : begin + size]


class _LSTM(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: GradientContext, projected: Tensor, weight: Tensor, h: Tensor, c: Tensor, sizes: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        width, steps, kernel = weight.shape[1], _steps(sizes), library().dragoman_lstm_forward
        half, threads = is_half(projected), torch.get_num_threads()
        gates = torch.empty_like(projected)
        hidden = projected.new_empty((len(projected), width))
        memory = torch.empty((len(projected), width))
        h, exact = h.contiguous(), c.float().contiguous()
        befores = zip(_before(h, hidden, steps), _before(exact, memory, steps), strict=True)
        for (begin, size), (h_before, c_before) in zip(steps, befores, strict=True):
            rows = slice(begin, begin + size)
            torch.addmm(projected[rows], h_before, weight.t(), out=gates[rows])
            pointers = [tensor.data_ptr() for tensor in (gates[rows], memory[rows], hidden[rows], c_before)]
            kernel(half, *pointers, size, width, threads)
        ends = _ends(sizes, len(h))
        ctx.save_for_backward(gates, memory, hidden, weight, h, exact, sizes, ends)
        return hidden, hidden[ends], memory[ends].to(c.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: GradientContext, upstream: Tensor, h_last: Tensor, c_last: Tensor) -> tuple[Tensor | None, ...]:
        gates, memory, hidden, weight, h, c, sizes, ends = ctx.saved_tensors
        width, steps, kernel = weight.shape[1], _steps(sizes), library().dragoman_lstm_backward
        half, threads = is_half(gates), torch.get_num_threads()
        upstream = upstream.index_add(0, ends, h_last)
        gradient = torch.empty_like(gates)
        # The gradient of each row's state after the step: from the row's end, or from the next step as well.
        dh, dc = torch.zeros_like(h), c_last.float().contiguous()
        c_befores = list(_before(c, memory, steps))
        for (begin, size), c_before in zip(reversed(steps), reversed(c_befores), strict=True):
            rows = slice(begin, begin + size)
            dh[:size] += upstream[rows]
            tensors = (gradient[rows], dc, dh, gates[rows], memory[rows], c_before)
            kernel(half, *[tensor.data_ptr() for tensor in tensors], size, width, threads)
            torch.mm(gradient[rows], weight, out=dh[:size])
        h_befores = torch.cat(list(_before(h, hidden, steps)))
        return gradient, gradient.t() @ h_befores, dh, dc.to(h.dtype), None


def lstm(
    projected: Float[Tensor, "N G"],
    weight: Float[Tensor, "G D"],
    state: tuple[Float[Tensor, "B D"], Float[Tensor, "B D"]],
    sizes: Int[Tensor, " L"],
) -> tuple[Float[Tensor, "N D"], tuple[Float[Tensor, "B D"], Float[Tensor, "B D"]]]:
    """All steps; the equations are those of :func:`~dragoman.layers.recurrent.lstm.lstm_equations`.

    Args:
        projected: W x + b of the four gates (G = 4 D), in the order of time, a tensor that
            :func:`~dragoman.native.training.available` accepts.
        weight: recurrent weights U of the four gates.
        state: h and c before the first step, longest row first.
        sizes: number of rows that have a token at each step, which never grows.

    Returns:
        The hidden states by time, and h and c of each row after its own last step.
    """
    hidden, h, c = _LSTM.apply(projected, weight, *state, sizes)  # type: ignore[no-untyped-call]
    return hidden, (h, c)
