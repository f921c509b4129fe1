"""What the first convolution of an encoder of pictures looks for, and where it finds it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from dragoman.contracts import Pictures
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.first_convolution import first_convolution
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True, eq=False)
class FirstLayer:
    """The kernels of a first convolution, and the response of each of its channels to one picture.

    A kernel is compared with the ink of the picture, which is 0 on white paper and 1 in black ink: positive weights
    look for ink and negative ones for paper.

    Attributes:
        kernels: the kernel of each of K output channels, for each channel of the picture, [K C h w].
        responses: the result of the convolution for each output channel, before normalisation and activation, [K H W].
        strides: rows and columns of the picture between two neighbouring responses.
    """

    kernels: Float64[np.ndarray, "K C h w"]
    responses: Float64[np.ndarray, "K H W"]
    strides: tuple[int, int]

    def to_dict(self) -> JsonObject:
        """The kernels and responses as values for JSON."""
        return {
            "kernels": self.kernels.tolist(),
            "responses": self.responses.tolist(),
            "strides": list(self.strides),
        }


def first_layer_of(model: EncoderDecoder, picture: Pictures) -> FirstLayer | None:
    """The first convolution of a model that reads pictures, with its responses to one; None if it has none."""
    found = first_convolution(model, picture)
    if found is None:
        return None
    kernels, responses = (part.double().cpu().numpy() for part in (found.kernels, found.responses))
    return FirstLayer(kernels, responses, found.strides)
