"""A shortcut from the embedding to every block of a stack."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class EmbeddingShortcut(nn.Module):
    """Block l reads x + λ_l · x_0, where x_0 is what the first block reads, and the learned λ_l begin at 0.

    Of the averages over all earlier hidden states of Pagliardini et al. 2024, "DenseFormer", it keeps the embedding, as
    Jordan et al. 2024 do in modded-nanogpt (github.com/KellerJordan/modded-nanogpt).

    >>> shortcut = EmbeddingShortcut(2)
    >>> shortcut.factors.data = torch.tensor([0.0, 0.5])
    >>> shortcut(torch.tensor([[1.0]]), torch.tensor([[4.0]]), block=1)
    tensor([[3.]], grad_fn=<AddcmulBackward0>)

    Args:
        blocks: number of blocks.
    """

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.factors = nn.Parameter(torch.zeros(blocks))

    def forward(self, x: Float[Tensor, "N D"], embedded: Float[Tensor, "N D"], block: int) -> Float[Tensor, "N D"]:
        """What a block reads.

        Args:
            x: hidden states before the block.
            embedded: hidden states before the first block.
            block: number of the block, from 0.
        """
        return torch.addcmul(x, embedded, self.factors[block])


class NoShortcut(nn.Module):
    """Every block reads what the block before it wrote.

    >>> NoShortcut()(torch.tensor([[1.0]]), torch.tensor([[4.0]]), block=1)
    tensor([[1.]])
    """

    def forward(self, x: Float[Tensor, "N D"], embedded: Float[Tensor, "N D"], block: int) -> Float[Tensor, "N D"]:
        """``x``."""
        return x
