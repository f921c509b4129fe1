"""One update of the weights, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from dragoman.contracts import AnyBatch, Carried
from dragoman.data.bucketing import padded_places
from dragoman.errors import TrainingError
from dragoman.model.buffers import learnt_buffers
from dragoman.model.build import Model
from dragoman.recipe.training import TrainingRecipe
from dragoman.training.distributed import ALONE, Processes
from dragoman.training.moving_average import MovingAverage
from dragoman.training.optimizer import set_learning_rate
from dragoman.training.parameters import FlatParameters
from dragoman.training.randomness import seed_mini_batch
from dragoman.training.schedule import Schedule
from dragoman.training.weight_decay import add_l2_gradient


@dataclass(frozen=True, slots=True)
class Trainee:
    """What an update works on.

    Attributes:
        model: computes with the published copy of the weights.
        parameters: the weights and their gradient.
        optimizer: of the flat weights.
        scaler: of the loss; does nothing but in float16.
        average: of the weights.
        schedule: of the learning rate.
    """

    model: Model
    parameters: FlatParameters
    optimizer: torch.optim.AdamW
    scaler: torch.amp.GradScaler
    average: MovingAverage
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class StepResult:
    """What an update measured; units as in :class:`dragoman.training.observer.UpdateRecord`. ``carried`` is what
    the next update goes on from."""

    loss: float
    learning_rate: float
    gradient_norm: float
    target_tokens: int
    padding: float
    carried: Carried


def training_step(
    trainee: Trainee,
    batches: Sequence[AnyBatch],
    update: int,
    recipe: TrainingRecipe,
    carried: Carried = (),
    processes: Processes = ALONE,
) -> StepResult:
    """Update number ``update`` (from 1) on ``batches``, whose gradients are accumulated.

    The loss is the mean over all target tokens of all batches, so that accumulation changes nothing but rounding.

    Args:
        trainee: model, weights, optimizer.
        batches: of this process: the mini-batches of the update are dealt out to the processes one by one.
        update: its number, from 1.
        recipe: how.
        carried: what the batch before handed on; the result has what the next goes on from.
        processes: that make the update together; each does the same to its own copy of the weights.

    Raises:
        TrainingError: if the loss or gradient is not finite, or another process cannot be reached; the weights are
            then unchanged.
    """
    model, parameters = trainee.model, trainee.parameters
    learning_rate = trainee.schedule(update)
    set_learning_rate(trainee.optimizer, learning_rate)

    tokens, padding = _counts(batches, processes)
    total = 0.0
    parameters.zero_gradient()
    for turn, batch in enumerate(batches):
        seed_mini_batch(recipe.seed, update, turn * processes.count + processes.index)
        # A loader makes the batches that its model takes.
        summed, carried = model.loss(batch, recipe.label_smoothing, carried)  # type: ignore[arg-type]
        loss = summed / tokens
        torch.autograd.backward(trainee.scaler.scale(loss))
        parameters.collect_gradient()
        total += loss.item()
    processes.sum_(parameters.gradient)
    # Each process counted for itself what batch normalisation needs; from here on all have the same again.
    processes.mean_(list(learnt_buffers(model).values()))
    (total,) = processes.sum([total])
    trainee.scaler.unscale_(trainee.optimizer)

    if recipe.optimizer.decay == "l2" and recipe.optimizer.weight_decay:
        add_l2_gradient(parameters, recipe.optimizer.weight_decay)
    norm = torch.linalg.vector_norm(parameters.gradient).item()
    if not trainee.scaler.is_enabled() and not norm < float("inf"):
        raise _not_finite(update, total, norm, batches)
    limit = recipe.optimizer.clip_norm
    if limit and norm > limit:
        parameters.gradient.mul_(limit / norm)

    trainee.scaler.step(trainee.optimizer)
    trainee.scaler.update()
    parameters.publish()
    trainee.average.update(update)
    return StepResult(total, learning_rate, norm, tokens, padding, carried)


def _counts(batches: Sequence[AnyBatch], processes: Processes) -> tuple[int, float]:
    """Target tokens of the mini-batches of all processes, and the share of padding in their padded form."""
    layouts = [layout for batch in batches for layout in batch.layouts]
    target = sum(batch.target.units for batch in batches)
    tokens, occupied, places = processes.sum([target, sum(layout.tokens for layout in layouts), padded_places(layouts)])
    return int(tokens), 1 - occupied / places if places else 0.0


def _not_finite(update: int, loss: float, norm: float, batches: Sequence[AnyBatch]) -> TrainingError:
    examples = [int(index) for batch in batches for index in batch.examples[:3]]
    return TrainingError(
        f"update {update:,}: the loss is {loss:g} and the gradient's norm {norm:g}, which is not finite; "
        f"the weights were left as they were (first training examples of the batch: {examples})",
        cause="a learning rate that is too high, or too short a warm-up.",
        remedy="lower `training.optimizer.learning_rate` or raise `training.schedule.warmup`, and train anew.",
    )
