"""A tap sees the calls of a model's modules, and leaves the model as it was."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dragoman.model.taps import Call, Tap, tapped


class Pair(nn.Module):
    """A linear layer, called by another method than ``forward``, and a rectifier."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def score(self, x: Tensor, *, scale: float) -> Tensor:
        """The linear layer, rectified."""
        return torch.relu(self.linear(x)) * scale

    def forward(self, x: Tensor) -> Tensor:
        return self.score(x, scale=2.0)


class Diary(Tap):
    """Writes down all that it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def before(self, call: Call) -> None:
        caller = "outside" if call.caller is None else f"{call.caller.module}.{call.caller.method}"
        self.lines.append(f"{call.module}.{call.method} by {caller}")

    def after(self, call: Call, result: Any) -> Any:
        self.lines.append(f"{call.module}.{call.method} done")
        return result

    def computed(self, call: Call, function: Any, arguments: Any, named: Any, result: Any) -> None:
        self.lines.append(f"{function.__name__} in {call.module}.{call.method}")


def test_calls_are_told_in_order_with_their_callers_and_functions() -> None:
    model, diary = Pair(), Diary()
    with tapped(model, diary, methods=None, functions=(torch.relu,)):
        model(torch.ones(2, 3))
    assert diary.lines == [
        ".forward by outside",
        ".score by .forward",
        "linear.forward by .score",
        "linear.forward done",
        "relu in .score",
        ".score done",
        ".forward done",
    ]


def test_a_tap_can_change_what_goes_in_and_comes_out() -> None:
    class Changes(Tap):
        def before(self, call: Call) -> None:
            call.named = {"scale": 10 * call.named["scale"]}

        def after(self, call: Call, result: Any) -> Any:
            return result + 1

    model, x = Pair(), torch.ones(2, 3)
    plain = model(x)
    with tapped(model, Changes(), methods=("score",)):
        assert torch.equal(model(x), 10 * plain + 1)
    assert torch.equal(model(x), plain)


def test_an_error_in_the_model_leaves_it_as_it_was() -> None:
    model = Pair()
    with pytest.raises(RuntimeError), tapped(model, Diary(), methods=None):
        model(torch.ones(2, 4))
    assert not {"forward", "score"} & (vars(model).keys() | vars(model.linear).keys())
