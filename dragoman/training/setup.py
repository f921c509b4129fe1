"""The parts that training begins with, for a run in a folder and a trial in memory alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from dragoman.data.dataset import Dataset
from dragoman.data.loader import Loader
from dragoman.embeddings.initial_embeddings import begin_with_contexts
from dragoman.model.build import Model
from dragoman.model.taking_over import TakenOver
from dragoman.recipe import Recipe
from dragoman.recipe.shortened import counted_in_updates, shortening
from dragoman.recipe.training import TrainingRecipe
from dragoman.tasks.table import task_of
from dragoman.tasks.task import Task
from dragoman.training.budget.unchosen import refuse_unchosen
from dragoman.training.distributed import Processes
from dragoman.training.memory import check_dataset
from dragoman.training.precision import Hardware
from dragoman.training.start import Start
from dragoman.training.training_state import TrainingState, build_training_state


@dataclass(frozen=True, slots=True)
class Setup:
    """The parts that a recipe and a dataset determine before the first update.

    Attributes:
        task: The task that the model is trained for.
        loader: The iterator over the training batches of this process.
        settings: The settings of the training, with its length in updates.
        state: The model with initial weights, and all that updates it.
        averaged: The model's twin with the averaged weights, in evaluation mode.
        taken: What the model has from its parent; None if it began with random weights.
    """

    task: Task
    loader: Loader
    settings: TrainingRecipe
    state: TrainingState
    averaged: Model
    taken: TakenOver | None = None


def set_up(
    recipe: Recipe,
    dataset: Dataset,
    hardware: Hardware,
    processes: Processes,
    log: Callable[[str], None] = lambda message: None,
    start: Start | None = None,
) -> Setup:
    """The parts for training by a recipe on a dataset.

    Args:
        recipe: The recipe of the training.
        dataset: The dataset to train on.
        hardware: The device and the precision of this process.
        processes: The processes that train together.
        log: Function that is given a sentence if a length in tokens or a short training changes other settings.
        start: The model that training starts from; None for random weights.

    Raises:
        RecipeError: if the recipe is still to be chosen for a budget.
        InputError: if the memory cannot suffice.
    """
    refuse_unchosen(recipe)
    task = task_of(recipe)
    loader = task.loader(recipe, dataset, index=processes.index, count=processes.count)
    settings = counted_in_updates(recipe.training, loader.tokens_per_batch())
    if remark := shortening(recipe.training, settings):
        log(remark)
    torch.set_num_threads(hardware.threads)
    torch.manual_seed(settings.seed)
    check_dataset(recipe, dataset, hardware.device)
    taken: list[TakenOver] = []

    def begin(model: Model) -> None:
        if settings.initial_embeddings == "contexts":
            begin_with_contexts(model, dataset, settings.seed)
        if start is not None:
            taken.append(start.put_into(model, recipe, dataset))

    objective = task.objective(recipe, dataset)
    state, averaged = build_training_state(recipe.model, settings, dataset, hardware, objective, begin)
    return Setup(task, loader, settings, state, averaged, taken[0] if taken else None)
