"""What training begins with, whether it is a run in a folder or a trial in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from dragoman.data.dataset import Dataset
from dragoman.data.loader import Loader
from dragoman.model.build import Model
from dragoman.recipe import Recipe
from dragoman.recipe.shortened import counted_in_updates, shortening
from dragoman.recipe.training import TrainingRecipe
from dragoman.tasks.table import task_of
from dragoman.tasks.task import Task
from dragoman.training.distributed import Processes
from dragoman.training.memory import check_dataset
from dragoman.training.precision import Hardware
from dragoman.training.training_state import TrainingState, build_training_state


@dataclass(frozen=True, slots=True)
class Setup:
    """All that a recipe and a dataset determine before the first update.

    Attributes:
        task: What the model is for.
        loader: Gives the training batches of this process.
        settings: How to train, with the length in updates.
        state: The model with fresh weights, and all that updates it.
        averaged: The model's twin with the averaged weights, in evaluation mode.
    """

    task: Task
    loader: Loader
    settings: TrainingRecipe
    state: TrainingState
    averaged: Model


def set_up(
    recipe: Recipe,
    dataset: Dataset,
    hardware: Hardware,
    processes: Processes,
    log: Callable[[str], None] = lambda message: None,
) -> Setup:
    """Make ready to train by a recipe on a dataset.

    Args:
        recipe: What to train, and how.
        dataset: Opened.
        hardware: Where this process computes.
        processes: Those that train together.
        log: Is given a sentence on what the recipe's length changes in it.

    Raises:
        InputError: if the memory cannot suffice.
    """
    task = task_of(recipe)
    loader = task.loader(recipe, dataset, index=processes.index, count=processes.count)
    settings = counted_in_updates(recipe.training, loader.tokens_per_batch())
    if remark := shortening(recipe.training, settings):
        log(remark)
    torch.set_num_threads(hardware.threads)
    torch.manual_seed(settings.seed)
    check_dataset(recipe, dataset, hardware.device)
    state, averaged = build_training_state(recipe.model, settings, dataset, hardware, task.objective(recipe, dataset))
    return Setup(task, loader, settings, state, averaged)
