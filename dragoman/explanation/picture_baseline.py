"""The picture without information that a picture is compared with, and contributions to pixels."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from dragoman.contracts import Pictures
from dragoman.images.preparation import border_colour

BLANK = "an empty picture in the colour of the border"


def blank_of(picture: Pictures) -> Pictures:
    """One picture, all in the colour of its border, which is paper around ink and ground around a thing."""
    colour = torch.from_numpy(border_colour(picture.values.numpy()))
    return Pictures(colour[:, None, None].expand_as(picture.values).contiguous(), picture.layout)


def in_pixels(numbers: Float[Tensor, n * rest], like: Pictures) -> Float64[np.ndarray, "C H W"]:
    """The numbers that an encoder reads of one picture, in the order of its pixels.

    Args:
        numbers: a row [C H] for each column, from encoders that read pictures of any width; or all numbers in the order
            of the pixels, behind an axis of one picture.
        like: the picture.
    """
    in_order = numbers.permute(1, 2, 0) if numbers.dim() == 3 else numbers
    return in_order.reshape(like.values.shape).double().cpu().numpy()
