"""The outputs of a decoder of labels, numbers or tags for batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from dragoman.contracts import Source
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.inputs import SourceBatch


def torch_outputs(model: EncoderDecoder) -> Callable[[Source], Tensor]:
    """The function from inputs to what the decoder says of them, which PyTorch computes where the model is. The model
    is put into evaluation mode."""
    model.eval()
    return lambda source: model.decoder(model.encode(source.to(model.device)))  # type: ignore[operator]  # no tokens


def outputs_of(
    said_of: Callable[[Source], Tensor], batches: Iterable[SourceBatch], count: int
) -> Float64[np.ndarray, n * K]:
    """The logits [n, K], or the standardised numbers [n], of ``count`` inputs, or the logits of ``count`` words, in
    their order.

    Args:
        said_of: function from inputs to what the decoder says of them, such as :func:`torch_outputs`.
        batches: the inputs.
        count: how many outputs there are.
    """
    places: list[np.ndarray] = []
    found: list[np.ndarray] = []
    with torch.inference_mode():
        for indices, source, rows in batches:
            said = said_of(source)
            places.append(indices)
            found.append((said if rows is None else said[rows.to(said.device)]).double().cpu().numpy())
    if not found:
        return np.zeros(0)
    outputs = np.empty((count, *found[0].shape[1:]))
    outputs[np.concatenate(places)] = np.concatenate(found)
    return outputs
