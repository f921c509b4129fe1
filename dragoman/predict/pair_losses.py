"""The loss of a translator on given translations."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from dragoman.contracts import Batch, Packed
from dragoman.data.bucketing import in_order
from dragoman.model.encoder_decoder import EncoderDecoder


def pair_losses(
    model: EncoderDecoder, sources: list[list[int]], targets: list[list[int]], *, batch_tokens: int
) -> Float[np.ndarray, " n"]:
    """−log P(target | source) of each pair in nats, the target's end symbol included.

    Args:
        model: encoder and decoder in evaluation mode.
        sources: source ids, each row ended by the end symbol.
        targets: target ids, each row ended by the end symbol.
        batch_tokens: most target tokens that are computed together.
    """
    lengths = [np.array([len(row) for row in side], dtype=np.int64) for side in (sources, targets)]
    found = np.zeros(len(targets))
    with torch.inference_mode():
        for rows in in_order(*lengths, tokens=batch_tokens):
            source, target = (Packed.of([side[row] for row in rows], model.device) for side in (sources, targets))
            losses = model.token_losses(Batch(source, target, torch.from_numpy(rows))).cpu().double()
            sums = torch.zeros(len(rows), dtype=torch.float64).index_add(0, target.layout.rows.cpu(), losses)
            found[rows] = sums.numpy()
    return found
