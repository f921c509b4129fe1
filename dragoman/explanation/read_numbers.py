"""What a model computes as a function of the numbers that its encoder reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import Memory, Source
from dragoman.explanation.integrated_gradients import PathFunction
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.taps import evaluating, recurrent_cells, replaced, unrolled
from dragoman.native.library import without_kernels


@contextmanager
def differentiable(model: EncoderDecoder) -> Iterator[None]:
    """During the block, the model computes without dropout and without kernels that give no gradient of their input."""
    with evaluating(model), without_kernels(), unrolled(recurrent_cells(model).values()):
        yield


def numbers_of(model: EncoderDecoder, source: Source) -> Float[Tensor, n * rest]:
    """The numbers that the encoder reads of an input."""
    with torch.no_grad():
        return model.encoder.numbers(source.to(model.device))


def function_of_numbers(
    model: EncoderDecoder, source: Source, score: Callable[[Memory], Float[Tensor, " S"]]
) -> PathFunction:
    """A score of one input as a function of the numbers that the encoder reads of it.

    Args:
        model: the model; the function is for the time in which it is :func:`differentiable`.
        source: one input, of which all but the numbers is kept, such as the positions of tokens.
        score: function from the memory of S inputs of that kind to one number for each.
    """
    source = source.to(model.device)

    def function(points: Float[Tensor, "S n *rest"]) -> Float[Tensor, " S"]:
        copies = source.select(torch.zeros(len(points), dtype=torch.int64))
        with replaced(model.encoder, "numbers", lambda _: points.flatten(0, 1)):
            return score(model.encode(copies))

    return function
