"""A model with fresh weights, and all that updates it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from dragoman.data.dataset import Dataset
from dragoman.model.build import Model, build
from dragoman.model.build_decoders import Objective
from dragoman.recipe.architecture import ModelRecipe
from dragoman.recipe.training import TrainingRecipe
from dragoman.training.moving_average import MovingAverage
from dragoman.training.optimizer import build_optimizer
from dragoman.training.parameters import FlatParameters
from dragoman.training.precision import Hardware, build_scaler
from dragoman.training.schedule import Schedule, build_schedule


@dataclass(frozen=True, slots=True)
class TrainingState:
    """A model and everything that an update of its weights changes or needs.

    Attributes:
        model: Computes with the published copy of the weights.
        parameters: The weights and their gradient.
        optimizer: Updates the flat weights.
        scaler: Scales the loss; does nothing but in float16.
        average: The running average of the weights.
        schedule: The learning rate of each update.
    """

    model: Model
    parameters: FlatParameters
    optimizer: torch.optim.AdamW
    scaler: torch.amp.GradScaler
    average: MovingAverage
    schedule: Schedule


def build_training_state(
    recipe: ModelRecipe,
    settings: TrainingRecipe,
    dataset: Dataset,
    hardware: Hardware,
    objective: Objective,
) -> tuple[TrainingState, Model]:
    """A model with fresh weights and all that updates it, and its twin with the averaged weights, in evaluation mode.

    Args:
        recipe: The architecture.
        settings: How the model is trained.
        dataset: Decides what goes in and comes out.
        hardware: Where the model computes, and in which precision.
        objective: What the training loss is made of.
    """
    model = build(recipe, dataset.source.size, dataset.target.size, settings.seed, objective)
    model.to(hardware.device).train()
    parameters = FlatParameters(model, hardware.dtype, hardware.device)
    average = MovingAverage(parameters.master, settings.average)
    optimizer, scaler = build_optimizer(settings.optimizer, parameters), build_scaler(hardware)
    state = TrainingState(model, parameters, optimizer, scaler, average, build_schedule(settings))
    return state, parameters.twin(model, average.average)
