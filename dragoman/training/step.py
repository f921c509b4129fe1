"""One update of the weights: gradients, weight decay, clipping, optimizer, running average."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor

from dragoman.contracts import AnyBatch, Carried
from dragoman.data.bucketing import padded_places
from dragoman.layers.dropout import scale_dropout
from dragoman.model.weights import learnt_buffers
from dragoman.recipe.training import TrainingRecipe
from dragoman.training.distributed import ALONE, Processes
from dragoman.training.optimizer import set_learning_rate
from dragoman.training.randomness import seed_mini_batch
from dragoman.training.schedule import dropout_factor
from dragoman.training.training_state import TrainingState
from dragoman.training.weight_decay import add_l2_gradient


class Outcome(Enum):
    """What became of an update."""

    MADE = "made"
    """The weights changed."""
    OVERFLOWED = "overflowed"
    """In float16 the scaled gradient was too large a number: the loss scale was halved, and the weights are as before.
    Ordinary dynamic loss scaling (Micikevicius et al. 2018, section 3.2), and no fault."""
    NOT_FINITE = "not finite"
    """Loss or gradient were not finite, and everything is as before, to the bit."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """What was measured at an update, in the units of :class:`~dragoman.training.observer.UpdateRecord`.

    Attributes:
        loss: mean loss over all mini-batches, which may be NaN or infinite.
        learning_rate: the learning rate of this update.
        gradient_norm: Euclidean norm of the gradient before clipping, which may be NaN or infinite.
        target_tokens: number of target tokens, labels or numbers in all mini-batches.
        padding: share of padding if the mini-batches were padded, in [0, 1].
        carried: the recurrent state that the next update goes on from.
        gradient_norms: norm of each parameter's gradient before clipping, in the order of ``parameters.map.places``.
        outcome: what became of the update.
    """

    loss: float
    learning_rate: float
    gradient_norm: float
    target_tokens: int
    padding: float
    carried: Carried
    gradient_norms: tuple[float, ...]
    outcome: Outcome


def training_step(
    state: TrainingState,
    batches: Sequence[AnyBatch],
    update: int,
    recipe: TrainingRecipe,
    carried: Carried = (),
    processes: Processes = ALONE,
    factor: float = 1.0,
    place: float | None = None,
) -> StepResult:
    """Make one update of the weights from the accumulated gradients of ``batches``.

    The loss is the mean over all target tokens of all batches, so that accumulation changes nothing but rounding. The
    loss of each is multiplied by the weight of its example (:attr:`~dragoman.contracts.batches.Batch.units`). A loss or
    gradient that is not finite never reaches the weights; all processes see the same sums, and so agree on it.

    Args:
        state: the model, its weights and the optimizer.
        batches: this process's mini-batches of the update, which are dealt out to the processes in turn.
        update: number of the update, from 1.
        recipe: settings of the training.
        carried: recurrent state after the previous mini-batch, which a language model goes on from.
        processes: the processes that make the update together; each does the same to its own copy of the weights.
        factor: factor that the schedule's learning rate is multiplied by.
        place: the update's place in the schedule; None for its number, as all have that the clock does not hasten.

    Raises:
        TrainingError: if another process cannot be reached; the weights are then unchanged.
    """
    parameters = state.parameters
    place = update if place is None else place
    learning_rate = factor * state.schedule(place)
    set_learning_rate(state.optimizer, learning_rate)
    # Like the learning rate, the rates of dropout are set anew before each update, so that nothing of them is kept. A
    # recipe whose rates stay need not go through all modules.
    if recipe.dropout_start != 1:
        scale_dropout(state.model, dropout_factor(recipe, place))

    tokens, padding = _counts(batches, processes)
    before = carried
    counted = {name: buffer.clone() for name, buffer in learnt_buffers(state.model).items()}
    total, carried = _add_gradients(state, batches, update, recipe, carried, processes, tokens)
    if recipe.optimizer.decay == "l2" and recipe.optimizer.weight_decay:
        add_l2_gradient(parameters, recipe.optimizer.weight_decay)
    norms = parameters.gradient_norms()
    norm, *each = torch.cat([torch.linalg.vector_norm(norms)[None], norms]).tolist()
    outcome = _outcome(state.scaler, total, norm)
    if outcome is Outcome.MADE:
        _make(state, update, recipe.optimizer.clip_norm, norm)
    else:
        _leave(state, counted, outcome)
    carried = before if outcome is Outcome.NOT_FINITE else carried
    return StepResult(total, learning_rate, norm, tokens, padding, carried, tuple(each), outcome)


def _add_gradients(
    state: TrainingState,
    batches: Sequence[AnyBatch],
    update: int,
    recipe: TrainingRecipe,
    carried: Carried,
    processes: Processes,
    units: int,
) -> tuple[float, Carried]:
    """Put the gradient of the mean loss over ``units`` into the parameters; the mean loss, and the state after it."""
    model, parameters = state.model, state.parameters
    total = 0.0
    parameters.zero_gradient()
    for turn, batch in enumerate(batches):
        seed_mini_batch(recipe.seed, update, place_of(turn, processes))
        # A loader makes the batches that its model takes.
        summed, carried = model.loss(batch, carried)  # type: ignore[arg-type]
        loss = summed / units
        torch.autograd.backward(state.scaler.scale(loss))
        parameters.collect_gradient()
        total += loss.item()
    processes.sum_(parameters.gradient)
    # Each process counted for itself what batch normalisation needs; from here on all have the same again.
    processes.mean_(list(learnt_buffers(model).values()))
    (total,) = processes.sum([total])
    state.scaler.unscale_(state.optimizer)
    return total, carried


def place_of(turn: int, processes: Processes) -> int:
    """The number, from 0, that this process's mini-batch ``turn`` has among all mini-batches of an update.

    >>> place_of(1, Processes(index=0, count=2))  # process 0 computes mini-batches 0, 2, …
    2
    """
    return turn * processes.count + processes.index


def _outcome(scaler: torch.amp.GradScaler, loss: float, norm: float) -> Outcome:
    if math.isfinite(loss) and math.isfinite(norm):
        return Outcome.MADE
    overflowed = math.isfinite(loss) and scaler.is_enabled() and scaler.get_scale() > 1
    return Outcome.OVERFLOWED if overflowed else Outcome.NOT_FINITE


def _make(state: TrainingState, update: int, limit: float, norm: float) -> None:
    if limit and norm > limit:
        state.parameters.gradient.mul_(limit / norm)
    state.scaler.step(state.optimizer)
    state.scaler.update()
    state.parameters.publish()
    state.average.update(update)


def _leave(state: TrainingState, counted: dict[str, Tensor], outcome: Outcome) -> None:
    """Restore the buffers that the batches changed, and let the loss scale shrink only after an overflow."""
    for name, buffer in learnt_buffers(state.model).items():
        buffer.copy_(counted[name])
    overflowed = outcome is Outcome.OVERFLOWED or not state.scaler.is_enabled()
    state.scaler.update(None if overflowed else state.scaler.get_scale())


def _counts(batches: Sequence[AnyBatch], processes: Processes) -> tuple[int, float]:
    """The number of target tokens of all processes' mini-batches, and the share of padding if they were padded."""
    layouts = [layout for batch in batches for layout in batch.layouts]
    tokens, occupied, places = processes.sum(
        [
            sum(batch.units for batch in batches),
            sum(layout.tokens for layout in layouts),
            padded_places(layouts),
        ]
    )
    return int(tokens), 1 - occupied / places if places else 0.0
