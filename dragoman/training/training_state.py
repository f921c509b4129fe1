"""A model in training, with the optimizer, the loss scale, the running average and the schedule."""

from __future__ import annotations

from collections.abc import Callable
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
        model: The model, which computes with the published copy of the weights.
        parameters: The flat weights and their gradient.
        optimizer: The optimizer of the flat weights.
        scaler: The scaler of the loss, which acts in float16 alone.
        average: The running average of the weights.
        schedule: The learning rate of each update.
    """

    model: Model
    parameters: FlatParameters
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    average: MovingAverage
    schedule: Schedule


def build_training_state(
    recipe: ModelRecipe,
    settings: TrainingRecipe,
    dataset: Dataset,
    hardware: Hardware,
    objective: Objective,
    begin: Callable[[Model], None] = lambda model: None,
) -> tuple[TrainingState, Model]:
    """A model with initial weights and all that updates it, and its twin with the averaged weights, in evaluation mode.

    Args:
        recipe: The architecture of the model.
        settings: The settings of the training.
        dataset: The dataset, whose fields decide the sizes of inputs and outputs.
        hardware: The device and the precision.
        objective: The settings of the training loss: label smoothing and class weights.
        begin: Function that may change the initial weights of the model, on the processor; the average begins there.
    """
    model = build(recipe, dataset.source.size, dataset.target.size, settings.seed, objective)
    begin(model)
    model.to(hardware.device).train()
    parameters = FlatParameters(model, hardware.dtype, hardware.device)
    average = MovingAverage(parameters.master, settings.average_decay)
    optimizer, scaler = build_optimizer(settings.optimizer, parameters, model), build_scaler(hardware)
    state = TrainingState(model, parameters, optimizer, scaler, average, build_schedule(settings))
    return state, parameters.twin(model, average.average)
