"""Muon's update of all matrices of a flat tensor in one call: momentum, Newton–Schulz iteration and weights."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import c_float, c_int64, c_void_p

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.native.training import library

LARGEST = 512
"""Largest shorter side of a matrix: what an iteration needs of it then lies in the cache. Beyond it PyTorch's products
of all matrices at once are as fast."""


class _Arguments(ctypes.Structure):
    """``struct MuonUpdate`` of sources/training_kernels.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("places", "coefficients")),
        *((name, c_int64) for name in ("matrices", "steps")),
        *((name, c_float) for name in ("momentum", "rate", "decay", "smallest_norm")),
    )


def muon_update(
    weights: Float[Tensor, " P"],
    momentum: Float[Tensor, " P"],
    gradient: Float[Tensor, " P"],
    places: Int[Tensor, "N 3"],
    coefficients: Sequence[tuple[float, float, float]],
    *,
    decay_of_momentum: float,
    rate: float,
    decay: float,
    smallest_norm: float,
) -> None:
    """Change weights and momentum in place by the equations of :mod:`dragoman.training.muon`; the iteration is in
    bfloat16 with sums in float32, and all else in float32. The result does not depend on the number of threads.

    Args:
        weights: flat weights W, contiguous, a tensor that :func:`~dragoman.native.training.available` accepts.
        momentum: momentum M of the weights, contiguous and of the same type.
        gradient: gradient G of the weights, contiguous and of the same type.
        places: the first number, the rows and the columns of each matrix; none overlaps another.
        coefficients: coefficients a, b, c of each step of the iteration.
        decay_of_momentum: decay μ of the momentum.
        rate: learning rate η.
        decay: strength λ of weight decay.
        smallest_norm: what a matrix is divided by at least, before the first step.

    Raises:
        ValueError: if a tensor is not as said, a matrix reaches beyond the weights or has no side of 1 to
            :data:`LARGEST`, or there is no step.
    """
    for tensor in (weights, momentum, gradient):
        if tensor.dtype != torch.float32 or not tensor.is_contiguous() or tensor.shape != weights.shape:
            raise ValueError(f"{tuple(tensor.shape)} {tensor.dtype} in the place of {tuple(weights.shape)} float32")
    begins, rows, columns = places.unbind(1)
    sides = torch.minimum(rows, columns)
    inside = (begins >= 0) & (begins + rows * columns <= weights.numel()) & (sides >= 1) & (sides <= LARGEST)
    if not bool(inside.all()) or not coefficients:
        raise ValueError(f"matrices {places[~inside].tolist()} of {weights.numel()} weights, {len(coefficients)} steps")
    whole = places.to(torch.int64).contiguous()
    table = torch.tensor(list(coefficients), dtype=torch.float32)
    numbers = (decay_of_momentum, rate, decay, smallest_norm)
    arguments = _Arguments(whole.data_ptr(), table.data_ptr(), len(whole), len(table), *numbers)
    pointers = [tensor.data_ptr() for tensor in (weights, momentum, gradient)]
    library().dragoman_muon_update(ctypes.addressof(arguments), *pointers, torch.get_num_threads())
