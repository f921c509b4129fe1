"""How many floating-point operations a training step needs at least, and how many this machine can do.

Of all matrix products, with the attention's, as the model's equations have them: a product of ``[m, k]`` and ``[k, n]``
has m·k·n multiply-adds, each of two operations; the backward pass has two products for each of the forward pass. So

    operations of a training step = 6 × multiply-adds of the forward pass.

Padding, what a causal mask hides, recomputation and everything that is not a matrix product count nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int

from dragoman.recipe.transformer import TransformerRecipe

SIZES = (512, 1024, 2048)
"""Rows, columns and depth of the products whose speed is measured."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Sums over the sentence pairs of a corpus, with S source and T target tokens.

    Attributes:
        source: Σ S.
        target: Σ T.
        source_source: Σ S².
        target_causal: Σ T(T+1)/2, the positions that a causal mask shows.
        target_source: Σ T·S.
    """

    source: int
    target: int
    source_source: int
    target_causal: int
    target_source: int

    @classmethod
    def of(cls, source_lengths: Int[np.ndarray, " n"], target_lengths: Int[np.ndarray, " n"]) -> Corpus:
        """Of pairs with these lengths, end symbols counted."""
        s, t = source_lengths.astype(np.int64), target_lengths.astype(np.int64)
        sums = (s.sum(), t.sum(), (s * s).sum(), (t * (t + 1) // 2).sum(), (t * s).sum())
        return cls(*map(int, sums))


def transformer_step(encoder: TransformerRecipe, decoder: TransformerRecipe, vocabulary: int, corpus: Corpus) -> int:
    """Operations of training on the whole corpus once, as a translator.

    Multiply-adds of the forward pass, for width D and feed-forward width F: a self-attention has 4D² for each token
    (query, key, value, output) and 2D for each pair of positions that see each other (scores, weighted sum); attention
    to the source has 2D² for each token of each side and 2D for each pair; a feed-forward network 2DF for each token;
    the output layer D·V for each target token.
    """
    d, f = encoder.width, encoder.feed_forward
    reading = corpus.source * (4 * d * d + 2 * d * f) + corpus.source_source * 2 * d
    d, f = decoder.width, decoder.feed_forward
    looking = corpus.target * 2 * d * d + corpus.source * 2 * encoder.width * d + corpus.target_source * 2 * d
    writing = _language_layer(decoder, corpus) + looking
    output = corpus.target * d * vocabulary
    return 6 * (encoder.layers * reading + decoder.layers * writing + output)


def language_model_step(decoder: TransformerRecipe, vocabulary: int, corpus: Corpus) -> int:
    """Operations of training on all targets once, as a language model; see :func:`transformer_step`."""
    layers = decoder.layers * _language_layer(decoder, corpus)
    return 6 * (layers + corpus.target * decoder.width * vocabulary)


def _language_layer(decoder: TransformerRecipe, corpus: Corpus) -> int:
    d, f = decoder.width, decoder.feed_forward
    return corpus.target * (4 * d * d + 2 * d * f) + corpus.target_causal * 2 * d


def newton_schulz(shapes: Sequence[tuple[int, int]], steps: int) -> int:
    """Operations of so many steps of Muon's Newton–Schulz iteration on matrices of these shapes: each has, for the
    shorter side r and the longer one c, the products X·Xᵀ and B·X of r²c multiply-adds and the square A² of r³, of
    which the symmetric ones, X·Xᵀ and A², need their upper triangle only.
    """
    sides = [(min(shape), max(shape)) for shape in shapes]
    return 2 * steps * sum(r * (r + 1) // 2 * (c + r) + r * r * c for r, c in sides)


def peak_flops(dtype: torch.dtype, threads: int, seconds: float = 3.0) -> float:
    """Operations per second of the fastest of many matrix products of :data:`SIZES`, by the clock.

    The fastest, since whatever else runs on the machine only makes products slower.
    """
    torch.set_num_threads(threads)
    best = 0.0
    for size in SIZES:
        left, right = (torch.randn(size, size).to(dtype) for _ in range(2))
        out = torch.empty(size, size, dtype=dtype)
        until = time.perf_counter() + seconds / len(SIZES)
        while time.perf_counter() < until:
            began = time.perf_counter()
            torch.mm(left, right, out=out)
            best = max(best, 2 * size**3 / (time.perf_counter() - began))
    return best
