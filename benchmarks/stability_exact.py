"""What the stability monitor must say of models of which it is known; for ``stability.py``."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from dragoman.contracts import DEFAULT_SYMBOLS, Batch, Packed, TextBatch, TextSize
from dragoman.layers.recurrent.rnn import RNN
from dragoman.model.build import Model, build
from dragoman.recipe.architecture import ModelRecipe
from dragoman.training.stability.activity import watch
from dragoman.training.stability.through_time import trace

END, START = DEFAULT_SYMBOLS.end, DEFAULT_SYMBOLS.start

VOCABULARY, WIDTH, STEPS, ROWS = 20, 32, 50, 4
RATES = (0.5, 0.9, 1.0, 1.1, 2.0)
BIAS = -10.0
DEAD = 12


class LinearRNN(RNN):
    """h_t = U h_{t−1} + b, where U turns and scales by ρ: a gradient grows by exactly ρ a step back in time."""

    activation = staticmethod(lambda x: x)

    def __init__(self, rho: float) -> None:
        super().__init__(WIDTH, WIDTH)
        self.weight_input.data.zero_()
        self.weight_hidden.data = rho * torch.linalg.qr(torch.randn(WIDTH, WIDTH))[0]


def growths() -> dict[str, Any]:
    """The growth of the gradient through a linear network beside ln ρ."""
    rows = []
    for rho in RATES:
        torch.manual_seed(0)
        model = _built({"kind": "none"}, {"kind": "rnn", "width": WIDTH})
        layers = model.get_submodule("decoder.layers.layers.0")
        layers.cell = LinearRNN(rho)
        target = Packed.of(torch.randint(4, VOCABULARY, (ROWS, STEPS)).tolist())
        batch = TextBatch(target.shifted(START), target, False, torch.arange(ROWS))
        found = trace(model, [batch]).read().growth["decoder.layers.layers.0.cell"]
        rows.append({"ρ": rho, "ln ρ": math.log(rho), "measured": found, "difference": abs(found - math.log(rho))})
    return {"growth of a linear network": rows}


def dead_share() -> dict[str, Any]:
    """The share of dead units of a block, of which some have a bias far below all that comes in."""
    torch.manual_seed(0)
    stack = {"layers": 1, "width": WIDTH, "feed_forward": 2 * WIDTH, "heads": 2}
    model = _built(stack, stack)
    feed_forward: Any = model.get_submodule("encoder.blocks.0.feed_forward")
    nn.init.constant_(feed_forward.bias_1, 10.0)
    feed_forward.bias_1.data[torch.randperm(2 * WIDTH)[:DEAD]] = BIAS
    rows = [[*row, END] for row in torch.randint(4, VOCABULARY, (ROWS, STEPS)).tolist()]
    found = watch(model, [Batch(Packed.of(rows), Packed.of(rows), torch.arange(ROWS))]).read().dead
    measured = found["encoder.blocks.0.feed_forward"]
    return {"dead units with ReLU bias −10": {"planted": DEAD / (2 * WIDTH), "measured": measured}}


def _built(encoder: dict[str, Any], decoder: dict[str, Any]) -> Model:
    recipe = ModelRecipe.model_validate({"encoder": encoder, "decoder": decoder, "tie": "decoder"})
    return build(recipe, TextSize(VOCABULARY), TextSize(VOCABULARY), 1)
