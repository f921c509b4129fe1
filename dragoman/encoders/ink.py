"""Pixels as an encoder reads them."""

from __future__ import annotations

import torch
from jaxtyping import Float, UInt8
from torch import Tensor


def ink(pixels: UInt8[Tensor, "*S"], dtype: torch.dtype) -> Float[Tensor, "*S"]:
    """Pixels as numbers from 0, white, to 1, black, so that zeros around a picture look like paper.

    >>> ink(torch.tensor([255, 0], dtype=torch.uint8), torch.float32)
    tensor([0., 1.])
    """
    return (255 - pixels).to(dtype) / 255
