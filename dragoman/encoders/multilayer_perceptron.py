"""An encoder that reads a picture or a row of a table by fully connected layers, into one hidden state."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from dragoman.contracts import Layout, Memory, Pictures, Rows
from dragoman.layers.hidden_layers import HiddenLayers


class MultilayerPerceptron(nn.Module):
    """Fully connected hidden layers over the numbers of an input.

    Without a hidden layer the hidden state is these numbers as they are, in their own precision, and a linear decoder
    on top is linear or softmax regression.

    >>> import torch
    >>> from dragoman.encoders.flat import RowNumbers
    >>> rows = Rows(torch.randn(3, 2), torch.tensor([[0], [1], [3]]))
    >>> numbers = RowNumbers(2, [4], embedding=None)
    >>> MultilayerPerceptron(numbers, [8], numbers.outputs, torch.relu, dropout=0.0)(rows).states.shape
    torch.Size([3, 8])

    Args:
        numbers: module from an input to a vector of numbers.
        widths: width of each hidden layer, from the input on; the last is the width of the hidden state.
        inputs: how many numbers an input has.
        activation: activation function of the hidden layers.
        dropout: dropout rate on the result of each hidden layer.

    Attributes:
        states_width: width D of the hidden state.
    """

    def __init__(
        self,
        numbers: nn.Module,
        widths: Sequence[int],
        inputs: int,
        activation: Callable[[Tensor], Tensor],
        dropout: float,
    ) -> None:
        super().__init__()
        self.numbers = numbers
        self.hidden = HiddenLayers(inputs, widths, activation, dropout)
        self.states_width = self.hidden.width

    def forward(self, source: Pictures | Rows) -> Memory:
        """One hidden state for each picture or row."""
        states = self.hidden(self.numbers(source))
        return Memory(states, Layout.of([1] * len(states), states.device), states)
