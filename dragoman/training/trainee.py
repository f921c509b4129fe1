"""A model with fresh weights, and all that updates it."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.data.dataset import Dataset
from dragoman.data.grid.grid_dataset import GridDataset
from dragoman.model.build import Model, build
from dragoman.recipe.architecture import ModelRecipe
from dragoman.recipe.training import TrainingRecipe
from dragoman.training.moving_average import MovingAverage
from dragoman.training.optimizer import build_optimizer
from dragoman.training.parameters import FlatParameters
from dragoman.training.precision import Hardware, build_scaler
from dragoman.training.schedule import build_schedule
from dragoman.training.step import Trainee


def build_trainee(
    recipe: ModelRecipe,
    settings: TrainingRecipe,
    dataset: Dataset | GridDataset,
    hardware: Hardware,
    class_weights: Sequence[float] | None,
) -> tuple[Trainee, Model]:
    """The model with all that updates it, and its twin with the averaged weights, in evaluation mode.

    Args:
        recipe: the architecture.
        settings: how it is trained.
        dataset: decides what goes in and comes out.
        hardware: where it computes.
        class_weights: how much each class counts; None for 1 each.
    """
    model = build(recipe, dataset.source.size, dataset.target.size, settings.seed, class_weights)
    model.to(hardware.device).train()
    parameters = FlatParameters(model, hardware.dtype, hardware.device)
    average = MovingAverage(parameters.master, settings.average)
    optimizer, scaler = build_optimizer(settings.optimizer, parameters), build_scaler(hardware)
    trainee = Trainee(model, parameters, optimizer, scaler, average, build_schedule(settings))
    return trainee, parameters.twin(model, average.average)
