"""A sub-layer with its residual connection, dropout and normalisation."""

from __future__ import annotations

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from dragoman.layers.dropout import Dropout
from dragoman.layers.normalization import LayerNorm


class PreNorm(nn.Module):
    """x + Dropout(Sublayer(LayerNorm(x))) (Xiong et al. 2020): gradients reach the first block undamped.

    Args:
        width: D.
        dropout: rate on the sub-layer's result.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = LayerNorm(width)
        self.dropout = Dropout(dropout)

    def forward(self, x: Float[Tensor, "N D"], sublayer: Callable[[Tensor], Tensor]) -> Float[Tensor, "N D"]:
        """The sub-layer around ``x``."""
        x, normalized = self.norm.beside(x)
        return self.dropout.add(x, sublayer(normalized))


class PostNorm(nn.Module):
    """LayerNorm(x + Dropout(Sublayer(x))) (Vaswani et al. 2017, section 5.4).

    Args:
        width: D.
        dropout: rate on the sub-layer's result.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = LayerNorm(width)
        self.dropout = Dropout(dropout)

    def forward(self, x: Float[Tensor, "N D"], sublayer: Callable[[Tensor], Tensor]) -> Float[Tensor, "N D"]:
        """The sub-layer around ``x``."""
        return self.norm(self.dropout.add(x, sublayer(x)))


Residual = PreNorm | PostNorm
