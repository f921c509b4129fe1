"""A model that is built for its shapes alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from torch.utils._python_dispatch import TorchDispatchMode

from dragoman.contracts import TextSize
from dragoman.model.build import build
from dragoman.model.shapes import shapes_alone
from dragoman.model.weights import learnt_tensors
from dragoman.recipe import recipe_from


class Called(TorchDispatchMode):
    """Notes the name of each operation that PyTorch is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(
        self,
        function: Any,
        types: Sequence[type],
        arguments: Sequence[Any] = (),
        named: Mapping[str, Any] | None = None,
    ) -> Any:
        self.names.add(function.overloadpacket.__name__)
        return function(*arguments, **(named or {}))


@pytest.mark.parametrize("positions", ["sinusoidal", "learned"])
def test_its_tensors_have_the_shapes_of_the_model_and_nothing_is_drawn(positions: str) -> None:
    """For a drawing without values PyTorch imports its compiler, which takes seconds."""
    stack = {"layers": 1, "width": 8, "feed_forward": 16, "heads": 2, "positions": positions}
    model = recipe_from({"model": {"encoder": stack, "decoder": stack}}).model
    with shapes_alone(), Called() as called:
        without_values = learnt_tensors(build(model, TextSize(50), TextSize(60), seed=1))
    real = learnt_tensors(build(model, TextSize(50), TextSize(60), seed=1))
    assert {name: tensor.shape for name, tensor in without_values.items()} == {n: t.shape for n, t in real.items()}
    assert "empty" in called.names
    assert not called.names & {"normal_", "uniform_"}
