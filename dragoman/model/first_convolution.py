"""The first convolution of an encoder of pictures, and what it computes for a picture."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import Pictures
from dragoman.layers.convolution.cross_correlation_2d import CrossCorrelation2d
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.taps import Call, Tap, evaluating, tapped


class FirstConvolution(NamedTuple):
    """The first convolution of an encoder, with K output channels.

    Attributes:
        kernels: the kernel of each output channel, for each channel of the picture.
        responses: the result for one picture, before normalisation and activation.
        strides: rows and columns of the picture from one response to the next.
    """

    kernels: Float[Tensor, "K C h w"]
    responses: Float[Tensor, "K H W"]
    strides: tuple[int, int]


class _First(Tap):
    """Keeps the first result of a convolution."""

    def __init__(self, convolutions: dict[str, CrossCorrelation2d]) -> None:
        self._convolutions = convolutions
        self.found: tuple[CrossCorrelation2d, Tensor] | None = None

    def after(self, call: Call, result: object) -> object:
        convolution = self._convolutions.get(call.module)
        if self.found is None and convolution is not None and isinstance(result, Tensor):
            self.found = convolution, result
        return result


def first_convolution(model: EncoderDecoder, picture: Pictures) -> FirstConvolution | None:
    """The first convolution that the encoder computes; None if it has none.

    Args:
        model: a model that reads pictures.
        picture: one picture.
    """
    tap = _First({name: part for name, part in model.named_modules() if isinstance(part, CrossCorrelation2d)})
    with evaluating(model), torch.inference_mode(), tapped(model, tap):
        model.encode(picture.to(model.device))
    if tap.found is None:
        return None
    convolution, result = tap.found
    down, right = convolution.stride
    # What stands behind the picture, for the gaps between several, is no response to it.
    columns = -(-picture.layout.longest // right)
    return FirstConvolution(convolution.weight.detach(), result[0, :, :, :columns], (down, right))
