"""Token embedding."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.layers.initialization import embedding_normal


class TokenEmbedding(nn.Module):
    """One learned vector per symbol, multiplied by √D (Vaswani et al. 2017, section 3.4).

    >>> import torch
    >>> TokenEmbedding(100, 8)(torch.tensor([5, 6, 7])).shape
    torch.Size([3, 8])

    Args:
        vocabulary: number of symbols V of the vocabulary.
        width: width D of the vectors.
    """

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        embedding_normal(self.embedding.weight)
        self.scale = width**0.5

    @property
    def weight(self) -> Float[Tensor, "V D"]:
        """The matrix of vectors, which an output layer may share (Press & Wolf 2017)."""
        return self.embedding.weight

    def forward(self, tokens: Int[Tensor, " N"]) -> Float[Tensor, "N D"]:
        """The vectors of ``tokens``."""
        return F.embedding(tokens, self.embedding.weight) * self.scale
