"""The library of training kernels: the tensors that it accepts, and its functions with the types of their arguments."""

from __future__ import annotations

import ctypes
import functools
from ctypes import c_float, c_int, c_int64, c_uint32, c_uint64, c_void_p

import torch
from torch import Tensor

from dragoman.native.library import allowed, load, present

_DTYPES = (torch.float32, torch.bfloat16)

_DROPOUT = (c_int, c_void_p, c_void_p, c_void_p, c_int64, c_uint64, c_uint32, c_float, c_int)
_SQUARED_RELU = (c_int, c_void_p, c_void_p, c_void_p, c_int64, c_int)
_LAYER_NORM_FORWARD = (c_int, *[c_void_p] * 5, c_int64, c_int64, c_float, c_int)
_LAYER_NORM_BACKWARD = (c_int, *[c_void_p] * 7, c_int64, c_int64, c_int64, c_int)
_ATTENTION_FORWARD = (c_int, *[c_void_p] * 6, c_int)
_ATTENTION_BACKWARD = (c_int, *[c_void_p] * 9, c_int)
_ADDITIVE_SCORES = (c_int, *[c_void_p] * 4, c_int64, c_int64, c_int64, c_int64, c_int)
_ADDITIVE_BACKWARD = (c_int, *[c_void_p] * 7, c_int64, c_int64, c_int64, c_int64, c_int)
_LSTM_FORWARD = (c_int, *[c_void_p] * 4, c_int64, c_int64, c_int)
_LSTM_BACKWARD = (c_int, *[c_void_p] * 6, c_int64, c_int64, c_int)
_COLUMN_SUMS = (c_int, c_void_p, c_void_p, c_int64, c_int64, c_int64, c_int)
_CROSS_ENTROPY = (c_int, *[c_void_p] * 3, c_int64, c_int64, c_float, c_int)
_PAIRED_CROSS_ENTROPY = (c_int, *[c_void_p] * 3, c_int64, c_int64, c_float, c_float, c_int)

_MUON_UPDATE = (*[c_void_p] * 4, c_int)


@functools.cache
def kernels() -> ctypes.CDLL | None:
    """The functions of the library; None if it cannot be used."""
    handle = load("training")
    if handle is not None:
        for name, arguments in (
            ("dropout", _DROPOUT),
            ("squared_relu", _SQUARED_RELU),
            ("layer_norm_forward", _LAYER_NORM_FORWARD),
            ("layer_norm_backward", _LAYER_NORM_BACKWARD),
            ("attention_forward", _ATTENTION_FORWARD),
            ("attention_backward", _ATTENTION_BACKWARD),
            ("additive_scores", _ADDITIVE_SCORES),
            ("additive_backward", _ADDITIVE_BACKWARD),
            ("lstm_forward", _LSTM_FORWARD),
            ("lstm_backward", _LSTM_BACKWARD),
            ("column_sums", _COLUMN_SUMS),
            ("cross_entropy", _CROSS_ENTROPY),
            ("paired_cross_entropy", _PAIRED_CROSS_ENTROPY),
            ("muon_update", _MUON_UPDATE),
        ):
            function = getattr(handle, f"dragoman_{name}")
            function.argtypes, function.restype = arguments, None
    return handle


def available(*tensors: Tensor) -> bool:
    """Whether the kernels exist and accept these tensors: all on the CPU, and of one type, float32 or bfloat16."""
    first = tensors[0].dtype
    return (
        first in _DTYPES
        and all(tensor.device.type == "cpu" and tensor.dtype == first for tensor in tensors)
        and kernels() is not None
        and allowed()
    )


def library() -> ctypes.CDLL:
    """The functions of the library, for callers that have checked :func:`available`."""
    return present(kernels())


def is_half(tensor: Tensor) -> int:
    """The number of a tensor's type for kernels: 1 for bfloat16, 0 for float32."""
    return int(tensor.dtype == torch.bfloat16)
