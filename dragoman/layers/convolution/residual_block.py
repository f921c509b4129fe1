"""Two convolutions with a residual connection."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from dragoman.layers.convolution.batch_norm import BatchNorm2d
from dragoman.layers.convolution.cross_correlation_2d import CrossCorrelation2d


class ResidualBlock(nn.Module):
    """y = ReLU(BN(conv(ReLU(BN(conv(x))))) + x), with kernels of 3×3 (He et al. 2016, section 3.2 and figure 2).

    Where the shape changes, x passes through a 1×1 convolution and batch normalisation (option B of the paper).

    >>> import torch
    >>> ResidualBlock(8, 16, stride=(2, 2))(torch.randn(2, 8, 12, 12)).shape
    torch.Size([2, 16, 6, 6])

    Args:
        inputs: number of channels of x.
        outputs: number of channels of y.
        stride: vertical and horizontal stride of the first convolution.
        momentum: momentum of batch normalisation.
    """

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int], momentum: float = 0.1) -> None:
        super().__init__()
        self.convolution_1 = CrossCorrelation2d(inputs, outputs, (3, 3), stride=stride, padding=(1, 1), bias=False)
        self.norm_1 = BatchNorm2d(outputs, momentum)
        self.convolution_2 = CrossCorrelation2d(outputs, outputs, (3, 3), padding=(1, 1), bias=False)
        self.norm_2 = BatchNorm2d(outputs, momentum)
        self.shortcut: CrossCorrelation2d | None = None
        self.shortcut_norm: BatchNorm2d | None = None
        if inputs != outputs or stride != (1, 1):
            self.shortcut = CrossCorrelation2d(inputs, outputs, (1, 1), stride=stride, bias=False)
            self.shortcut_norm = BatchNorm2d(outputs, momentum)

    def forward(
        self, x: Float[Tensor, "B C_i H W"], real: Bool[Tensor, "1 1 1 Q"] | None = None
    ) -> Float[Tensor, "B C_o P Q"]:
        """The maps after the block.

        Args:
            x: maps before the block, zero at columns that are not real.
            real: ``True`` at columns of the result that belong to a picture; the result is zero at the others. None if
                all columns do.
        """
        inner = F.relu(self.norm_1(self.convolution_1(x), real))
        inner = self.norm_2(self.convolution_2(inner), real)
        if self.shortcut is not None and self.shortcut_norm is not None:
            x = self.shortcut_norm(self.shortcut(x), real)
        return F.relu(inner + x)
