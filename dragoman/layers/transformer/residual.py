"""A sub-layer with its residual connection, dropout and normalisation."""

from __future__ import annotations

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from dragoman.layers.dropout import Dropout
from dragoman.layers.normalization import LayerNorm


class PreNorm(nn.Module):
    """x + Dropout(Sublayer(LayerNorm(x))) (Xiong et al. 2020): gradients reach the first block undamped.

    >>> import torch
    >>> PreNorm(8, dropout=0.0)(torch.randn(5, 8), nn.Linear(8, 8)).shape
    torch.Size([5, 8])

    Args:
        width: width D of the hidden states.
        dropout: rate on the sub-layer's result.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = LayerNorm(width)
        self.dropout = Dropout(dropout)

    def forward(self, x: Float[Tensor, "N D"], sublayer: Callable[[Tensor], Tensor]) -> Float[Tensor, "N D"]:
        """``x`` after the sub-layer with its residual connection."""
        x, normalized = self.norm.beside(x)
        return self.dropout.add(x, sublayer(normalized))


class PostNorm(nn.Module):
    """LayerNorm(x + Dropout(Sublayer(x))) (Vaswani et al. 2017, section 5.4).

    >>> import torch
    >>> PostNorm(8, dropout=0.0)(torch.randn(5, 8), nn.Linear(8, 8)).shape
    torch.Size([5, 8])

    Args:
        width: width D of the hidden states.
        dropout: rate on the sub-layer's result.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = LayerNorm(width)
        self.dropout = Dropout(dropout)

    def forward(self, x: Float[Tensor, "N D"], sublayer: Callable[[Tensor], Tensor]) -> Float[Tensor, "N D"]:
        """``x`` after the sub-layer with its residual connection."""
        return self.norm(self.dropout.add(x, sublayer(x)))


Residual = PreNorm | PostNorm
