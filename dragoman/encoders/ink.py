"""Pixels as an encoder reads them."""

from __future__ import annotations

import torch
from jaxtyping import Float, UInt8
from torch import Tensor


def ink(pixels: UInt8[Tensor, "*S"], dtype: torch.dtype) -> Float[Tensor, "*S"]:
    """0 where a pixel is white, 1 where it is black, so that zeros around a picture look like paper."""
    return (255 - pixels).to(dtype) / 255
