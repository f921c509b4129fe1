"""The update rule of a recipe, and its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from dragoman.errors import RecipeError
from dragoman.model.hidden_matrices import hidden_matrices
from dragoman.recipe.training import OptimizerRecipe
from dragoman.training.muon import Muon
from dragoman.training.parameter_groups import Group, decay_groups, muon_groups
from dragoman.training.parameters import FlatParameters

RELATIVE = "relative_learning_rate"
"""What a group's learning rate is multiplied by; 1 where a group does not say."""


def build_optimizer(recipe: OptimizerRecipe, parameters: FlatParameters, model: nn.Module) -> torch.optim.Optimizer:
    """The optimizer of a recipe for a model's flat weights.

    AdamW (Kingma & Ba 2015, algorithm 1; Loshchilov & Hutter 2019, algorithm 2) is one fused call for all weights. With
    ``decay = "l2"`` the decoupled decay is 0 and the penalty's gradient is added in the training step. For Muon see
    :class:`~dragoman.training.muon.Muon`.

    >>> model = nn.Linear(4, 3)
    >>> parameters = FlatParameters(model, torch.float32, torch.device("cpu"))
    >>> optimizer = build_optimizer(OptimizerRecipe(learning_rate=1e-3, weight_decay=0.01), parameters, model)
    >>> [group["weight_decay"] for group in optimizer.param_groups]  # matrices, vectors
    [0.01, 0.0]

    Raises:
        RecipeError: if Muon is asked for and the model has no hidden layer.
    """
    fused = parameters.master.device.type in ("cpu", "cuda")
    if recipe.kind == "adamw":
        decoupled = {"decoupled": recipe.weight_decay, "l2": 0.0}[recipe.decay]
        return _adamw(recipe, decay_groups(parameters, decoupled), fused)
    hidden = hidden_matrices(model)
    if not hidden:
        raise RecipeError(
            ["training.optimizer.kind = 'muon' is for matrices of hidden layers, of which this model has none"],
            remedy="train it with AdamW: --set training.optimizer.kind=adamw",
        )
    of_muon, of_adam = muon_groups(parameters, hidden, recipe.weight_decay)
    for group in of_muon:
        group[RELATIVE] = recipe.hidden_factor
    return Muon(
        of_muon,
        _adamw(recipe, of_adam, fused) if of_adam else None,
        learning_rate=recipe.hidden_factor * recipe.learning_rate,
        momentum=recipe.momentum,
        precision=torch.bfloat16,
    )


def _adamw(recipe: OptimizerRecipe, groups: Sequence[Group], fused: bool) -> torch.optim.AdamW:
    betas = (recipe.beta1, recipe.beta2)
    return torch.optim.AdamW(list(groups), lr=recipe.learning_rate, betas=betas, eps=recipe.epsilon, fused=fused)


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Set the learning rate of all parameter groups of an optimizer; that of a group for Muon in proportion."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group.get(RELATIVE, 1.0)


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
