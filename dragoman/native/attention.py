"""Multi-head attention between packed rows: no padding, no mask, no matrix of scores outside the cache."""

from __future__ import annotations

import ctypes
from ctypes import c_float, c_int32, c_int64, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from dragoman.contracts import Layout
from dragoman.native.dropout import threshold
from dragoman.native.training import is_half, library


class _Arguments(ctypes.Structure):
    """``struct Attention`` of sources/training_kernels.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("query_starts", "query_lengths", "key_starts", "key_lengths")),
        *((name, c_int64) for name in ("batch", "heads", "width", "longest_key", "query_row", "key_row", "value_row")),
        ("seed", c_uint64),
        *((name, c_float) for name in ("scale", "keep_scale")),
        ("threshold", c_uint32),
        ("causal", c_int32),
    )


@dataclass(frozen=True, slots=True)
class AttentionShape:
    """The rows, heads and options of an attention.

    Attributes:
        queries: layout of the rows of queries.
        keys: layout of the rows of keys and values; it has as many rows.
        heads: number of heads H.
        scale: factor of the scores.
        causal: whether a query sees only the keys up to its own position.
        rate: dropout rate on the attention weights.
        seed: seed of the dropout mask.
    """

    queries: Layout
    keys: Layout
    heads: int
    scale: float
    causal: bool = False
    rate: float = 0.0
    seed: int = 0

    def mask_places(self, head: int) -> tuple[int, int]:
        """Where a head's weights lie in the mask of :func:`~dragoman.native.dropout.kept_units`: the weight of query n
        (packed), head h and key j has index (n · H + h) · K + j. The result is h · K and H · K."""
        columns = -(-self.keys.longest // 16) * 16
        return head * columns, self.heads * columns

    def arguments(self, width: int, rows: tuple[int, int, int]) -> _Arguments:
        """The arguments of the kernels, for heads of ``width`` numbers; ``rows`` are the distances, in numbers, from
        one row of queries, keys and values to the next."""
        layouts = (self.queries.starts, self.queries.lengths, self.keys.starts, self.keys.lengths)
        return _Arguments(
            *(tensor.data_ptr() for tensor in layouts),
            self.queries.batch,
            self.heads,
            width,
            self.keys.longest,
            *rows,
            self.seed,
            self.scale,
            1 / (1 - self.rate),
            threshold(self.rate),
            int(self.causal),
        )


def _parts(queries: Tensor, memory: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values: the three thirds of one tensor, or one tensor and the two halves of another."""
    if memory is None:
        q, k, v = queries.chunk(3, 1)
    else:
        q = queries
        k, v = memory.chunk(2, 1)
    return q, k, v


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, queries: Tensor, memory: Tensor | None, shape: AttentionShape) -> Tensor:
        queries = queries.contiguous()
        memory = None if memory is None else memory.contiguous()
        q, k, v = _parts(queries, memory)
        out = queries.new_empty(q.shape)
        normalizers = torch.empty((len(q), shape.heads))
        arguments = shape.arguments(q.shape[1] // shape.heads, (q.stride(0), k.stride(0), v.stride(0)))
        pointers = [tensor.data_ptr() for tensor in (out, normalizers, q, k, v)]
        threads = torch.get_num_threads()
        library().dragoman_attention_forward(is_half(q), ctypes.addressof(arguments), *pointers, threads)
        ctx.save_for_backward(queries, memory, normalizers)
        ctx.shape = shape
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        queries, memory, normalizers = ctx.saved_tensors
        upstream = upstream.contiguous()
        q, k, v = _parts(queries, memory)
        queries_gradient = torch.empty_like(queries)
        memory_gradient = None if memory is None else torch.empty_like(memory)
        dq, dk, dv = _parts(queries_gradient, memory_gradient)
        arguments = ctx.shape.arguments(q.shape[1] // ctx.shape.heads, (q.stride(0), k.stride(0), v.stride(0)))
        pointers = [tensor.data_ptr() for tensor in (dq, dk, dv, upstream, normalizers, q, k, v)]
        threads = torch.get_num_threads()
        library().dragoman_attention_backward(is_half(q), ctypes.addressof(arguments), *pointers, threads)
        return queries_gradient, memory_gradient, None


def self_attention(inputs: Float[Tensor, "N E"], shape: AttentionShape) -> Float[Tensor, "N D"]:
    """softmax(Q Kᵀ · scale) V of every head (Vaswani et al. 2017, eq. 1), within each row.

    Args:
        inputs: queries, keys and values side by side, E = 3 D, a tensor that
            :func:`~dragoman.native.training.available` accepts.
        shape: rows, heads and options, with one layout for queries and keys.
    """
    return _Attention.apply(inputs, None, shape)  # type: ignore[no-untyped-call]


def cross_attention(
    queries: Float[Tensor, "N D"], memory: Float[Tensor, "M E"], shape: AttentionShape
) -> Float[Tensor, "N D"]:
    """softmax(Q Kᵀ · scale) V of every head (Vaswani et al. 2017, eq. 1), where row n of the queries sees row n of the
    memory.

    Args:
        queries: queries of all heads.
        memory: keys and values side by side, E = 2 D.
        shape: rows, heads and options, with the layouts of queries and memory.
    """
    return _Attention.apply(queries, memory, shape)  # type: ignore[no-untyped-call]
