"""The update rule: Adam, with one fused call for all weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from dragoman.recipe.training import OptimizerRecipe
from dragoman.training.parameters import FlatParameters
from dragoman.training.weight_decay import decay_groups


def build_optimizer(recipe: OptimizerRecipe, parameters: FlatParameters) -> torch.optim.AdamW:
    """AdamW on the flat weights (Kingma & Ba 2015, algorithm 1; Loshchilov & Hutter 2019, algorithm 2).

    With ``decay = "l2"`` the decoupled decay is 0 and the penalty's gradient is added in the training step.

    >>> parameters = FlatParameters(torch.nn.Linear(4, 3), torch.float32, torch.device("cpu"))
    >>> optimizer = build_optimizer(OptimizerRecipe(learning_rate=1e-3, weight_decay=0.01), parameters)
    >>> [group["weight_decay"] for group in optimizer.param_groups]  # matrices, vectors
    [0.01, 0.0]
    """
    decoupled = {"decoupled": recipe.weight_decay, "l2": 0.0}[recipe.decay]
    return torch.optim.AdamW(
        decay_groups(parameters, decoupled),
        lr=recipe.learning_rate,
        betas=(recipe.beta1, recipe.beta2),
        eps=recipe.epsilon,
        fused=parameters.master.device.type in ("cpu", "cuda"),
    )


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Set the learning rate of all parameter groups of an optimizer."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimizer's state (moments and step counts) by name, for a checkpoint; empty before the first update."""
    tensors = {}
    for index, group in enumerate(optimizer.param_groups):
        for name, value in optimizer.state[group["params"][0]].items():
            tensors[f"optimizer.{index}.{name}"] = value
    return tensors


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back the state that :func:`optimizer_tensors` gave; tensors with other names are ignored."""
    for index, group in enumerate(optimizer.param_groups):
        prefix = f"optimizer.{index}."
        state = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        weights = group["params"][0]
        if state:
            # Only a fused optimizer counts its steps where the weights are.
            optimizer.state[weights] = {
                name: value.clone() if value.ndim == 0 and not group["fused"] else value.to(weights.device).clone()
                for name, value in state.items()
            }
        else:
            optimizer.state.pop(weights, None)
