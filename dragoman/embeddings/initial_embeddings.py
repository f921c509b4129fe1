"""Embeddings that a model's training begins with, learnt from the contexts of symbols in the training set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.data.columns.text import TextColumn
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.embeddings.contexts import beside, in_examples
from dragoman.embeddings.mutual_information import positive_mutual_information
from dragoman.embeddings.symbol_vectors import symbol_vectors
from dragoman.layers.embedding import TokenEmbedding
from dragoman.model.build import Model
from dragoman.text.ragged import Ragged

_MOST_TOKENS = 20_000_000
"""Tokens whose contexts are counted, at most; of more, examples are taken that are evenly spread."""
_SMOOTHING = 0.75
"""Power of the counts of neighbours; see
:func:`~dragoman.embeddings.mutual_information.positive_mutual_information`."""


def begin_with_contexts(model: Model, dataset: Dataset, seed: int) -> None:
    """Put vectors of the contexts of symbols into the embeddings of a model, in place. Symbols that do not occur in the
    training set keep their random vectors, and so do the special ones.

    Args:
        model: a model that was just built, on the processor, which embeds the symbols of its input, output or both.
        dataset: the dataset that it will be trained on.
        seed: seed of the decomposition.
    """
    embedded: dict[str, TokenEmbedding] = {}
    for name, module in model.named_modules(remove_duplicate=False):
        if isinstance(module, TokenEmbedding):
            embedded.setdefault(name.partition(".")[0], module)
    counted = _counted(dataset.train)
    sides = {"encoder": counted.source, "decoder": counted.target}
    columns = {half: column for half in embedded if isinstance(column := sides[half], TextColumn)}
    rows: list[Ragged] = []
    begins: list[int] = []
    symbols = 0
    for half, column in columns.items():
        if not begins or not dataset.has_one_vocabulary:
            begins.append(symbols)
            symbols += len(embedded[half].weight)
        rows.append(_rows(column, begins[-1]))
    contexts = weighed_contexts(rows, symbols)
    widths = {one.weight.shape[1] for one in embedded.values()}
    vectors = {width: symbol_vectors(contexts, width, seed) for width in widths}
    for number, half in enumerate(columns):
        weight, begin = embedded[half].weight.data, begins[min(number, len(begins) - 1)]
        found = vectors[weight.shape[1]][begin : begin + len(weight)]
        known = found.any(dim=1)
        weight[known] = found[known]


def weighed_contexts(sides: Sequence[Ragged], symbols: int) -> Float[Tensor, "V C"]:
    """How strongly each symbol is tied to each of its contexts, as a sparse matrix.

    The contexts of a symbol are the examples that it occurs in, with their sources and targets taken together, so that
    words and their translations are alike (cross-language latent semantic indexing: Dumais, Letsche, Littman & Landauer
    1997), and the symbols up to two places before and behind it. Positive pointwise mutual information weighs both
    (Levy & Goldberg 2014). Each kind of context weighs as much as the other: their matrices are divided by their
    Frobenius norms and set side by side.

    Args:
        sides: the sources, the targets, or both, of the same examples.
        symbols: number of symbols V.
    """
    by_example = positive_mutual_information(in_examples(sides, symbols))
    by_neighbour = positive_mutual_information(beside(sides, symbols), _SMOOTHING)
    return torch.cat([_with_norm_one(by_example), _with_norm_one(by_neighbour)], 1)


def _with_norm_one(matrix: Tensor) -> Tensor:
    return matrix / torch.linalg.vector_norm(matrix.coalesce().values()).clamp_min(torch.finfo(torch.float32).tiny)


def _counted(train: Examples) -> Examples:
    """The examples whose contexts are counted."""
    columns = [column for column in (train.source, train.target) if isinstance(column, TextColumn)]
    tokens = sum(int(column.lengths.sum()) for column in columns)
    return train if tokens <= _MOST_TOKENS else train.spread(max(len(train) * _MOST_TOKENS // tokens, 1))


def _rows(column: TextColumn, begin: int) -> Ragged:
    """The ids of all rows, counted from ``begin``, without the symbols that end them."""
    packed = column.batch(np.arange(len(column.lengths)))
    ids, lengths = packed.values.numpy(), packed.layout.lengths.numpy()
    inside = ids != column.special.end
    numbers = np.repeat(np.arange(len(lengths)), lengths)[inside]
    return Ragged.of_lengths(ids[inside] + begin, np.bincount(numbers, minlength=len(lengths)))
