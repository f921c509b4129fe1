"""The library of kernels for searches: the tensors that it accepts, and its functions, which compute no gradient."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from ctypes import c_float, c_int, c_int64, c_void_p

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import Layout
from dragoman.native.library import allowed, load, present

_TO_PAST = (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_int64, c_int)
_TO_MEMORY = (*[c_void_p] * 7, c_int)
_TOP_SYMBOLS = (*[c_void_p] * 4, c_int64, c_int64, c_int64, c_int)
_DECODER_STEP = (c_void_p, c_void_p, c_int)


class _Lookup(ctypes.Structure):
    """``struct Lookup`` of sources/decoding_kernels.h."""

    _fields_ = (*((name, c_int64) for name in ("rows", "heads", "width", "query_row", "key_row")), ("scale", c_float))


@functools.cache
def kernels() -> ctypes.CDLL | None:
    """The functions of the library; None if it cannot be used."""
    handle = load("decoding")
    if handle is not None:
        for name, arguments in (
            ("attend_to_past", _TO_PAST),
            ("attend_to_memory", _TO_MEMORY),
            ("top_symbols", _TOP_SYMBOLS),
            ("decoder_step", _DECODER_STEP),
        ):
            function = getattr(handle, f"dragoman_{name}")
            function.argtypes, function.restype = arguments, None
    return handle


def available(*tensors: Tensor) -> bool:
    """Whether the kernels exist and accept these tensors: in float32, on the CPU, and without a gradient."""
    return (
        not torch.is_grad_enabled()
        and all(tensor.dtype == torch.float32 and tensor.device.type == "cpu" for tensor in tensors)
        and kernels() is not None
        and allowed()
    )


def library() -> ctypes.CDLL:
    """The functions of the library, for callers that have checked :func:`available`."""
    return present(kernels())


def attend_to_past(
    steps: Sequence[Float[Tensor, "_ E"]], ancestry: Int[Tensor, "R t"], heads: int
) -> Float[Tensor, "R D"]:
    """softmax(q Kᵀ / √d) V of every head (Vaswani et al. 2017, eq. 1), for the newest query of each row.

    Args:
        steps: for each step, queries, keys and values of its rows side by side, E = 3 D, contiguous, the newest last;
            tensors that :func:`available` accepts.
        ancestry: ``ancestry[r, t]`` is the row that hypothesis ``r`` had at step ``t``, as int32, contiguous; in the
            last column it is ``r``.
        heads: number of heads H, which divides D.
    """
    newest = steps[-1]
    rows, width = newest.shape[0], newest.shape[1] // 3
    out = newest.new_empty((rows, width))
    shape = _Lookup(rows, heads, width // heads, 3 * width, 3 * width, (width // heads) ** -0.5)
    # Keys stand behind the queries, so each pointer is one width into its row.
    keys = (c_void_p * len(steps))(*[step.data_ptr() + width * step.element_size() for step in steps])
    library().dragoman_attend_to_past(
        ctypes.addressof(shape),
        out.data_ptr(),
        newest.data_ptr(),
        ctypes.addressof(keys),
        ancestry.data_ptr(),
        len(steps),
        torch.get_num_threads(),
    )
    return out


def attend_to_memory(
    queries: Float[Tensor, "R D"],
    memory: Float[Tensor, "N E"],
    sentences: Int[Tensor, " R"],
    layout: Layout,
    heads: int,
) -> Float[Tensor, "R D"]:
    """softmax(q Kᵀ / √d) V of every head, where query r sees the keys of sentence ``sentences[r]``.

    Args:
        queries: queries of all heads, contiguous, a tensor that :func:`available` accepts.
        memory: keys and values of packed sentences side by side, E = 2 D, contiguous.
        sentences: number of each query's sentence, as int64, contiguous.
        layout: where each sentence's tokens lie.
        heads: number of heads H, which divides D.
    """
    rows, width = queries.shape
    out = torch.empty_like(queries)
    shape = _Lookup(rows, heads, width // heads, width, 2 * width, (width // heads) ** -0.5)
    tensors = (out, queries, memory, sentences, layout.starts, layout.lengths)
    library().dragoman_attend_to_memory(
        ctypes.addressof(shape), *[tensor.data_ptr() for tensor in tensors], torch.get_num_threads()
    )
    return out


def top_symbols(
    logits: Float[Tensor, "R V"], count: int
) -> tuple[Float[Tensor, "R k"], Int[Tensor, "R k"], Float[Tensor, " R"]]:
    """The ``count`` largest logits of each row, from large to small, their ids, and log Σ exp of the row.

    Of symbols with equal logits, the one with the smaller id comes first.

    Args:
        logits: the logits, contiguous, a tensor that :func:`available` accepts.
        count: number of symbols wanted of each row, 1 to V.
    """
    rows, vocabulary = logits.shape
    values, normalizers = logits.new_empty((rows, count)), logits.new_empty(rows)
    ids = torch.empty((rows, count), dtype=torch.int64)
    pointers = [tensor.data_ptr() for tensor in (values, ids, normalizers, logits)]
    library().dragoman_top_symbols(*pointers, rows, vocabulary, count, torch.get_num_threads())
    return values, ids, normalizers
