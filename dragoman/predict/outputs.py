"""The outputs of a decoder of labels, numbers or tags for batches."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Float64

from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.inputs import SourceBatch


def outputs_of(model: EncoderDecoder, batches: Iterable[SourceBatch], count: int) -> Float64[np.ndarray, n * K]:
    """The logits [n, K], or the standardised numbers [n], of ``count`` inputs, or the logits of ``count``
    words, in their order. The model is put into evaluation mode."""
    model.eval()
    places: list[np.ndarray] = []
    found: list[np.ndarray] = []
    with torch.inference_mode():
        for indices, source, rows in batches:
            said = model.decoder(model.encode(source.to(model.device)))  # type: ignore[operator]  # it has no tokens
            places.append(indices)
            found.append((said if rows is None else said[rows.to(said.device)]).double().cpu().numpy())
    if not found:
        return np.zeros(0)
    outputs = np.empty((count, *found[0].shape[1:]))
    outputs[np.concatenate(places)] = np.concatenate(found)
    return outputs
