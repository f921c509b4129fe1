"""The origin of the first number of a skipped update that is not finite.

The random state of a mini-batch is a function of the seed, the update and the mini-batch's number, so that the update
can be computed again while everything is inspected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dragoman.contracts import AnyBatch, Carried
from dragoman.model.build import Model
from dragoman.model.weights import learnt_buffers
from dragoman.training.randomness import seed_mini_batch
from dragoman.training.recovery.culprits import smallest_culprits
from dragoman.training.recovery.not_finite import is_finite, looking_for_not_finite

_MOST_REPLAYS = 64
"""The most parts of a mini-batch that are tried to find the rows at fault; too few only if there are very many."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What is needed, beside the mini-batches, to compute an update again.

    Attributes:
        seed: seed of the run.
        update: number of the update.
        places: number of each mini-batch among those of all processes.
        factor: factor of each mini-batch's summed loss: the loss scale divided by the update's number of units.
        carried: recurrent state before the first mini-batch.
    """

    seed: int
    update: int
    places: tuple[int, ...]
    factor: float = 1.0
    carried: Carried = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the first number that is not finite was found.

    Attributes:
        stage: ``parameter``, ``input``, ``output``, ``loss`` or ``gradient``, as in
            :class:`~dragoman.training.observer.SkipRecord`; None if everything was finite this time.
        module: name of the parameter or of the module; for an input ``source``, ``target`` or ``carried``.
        examples: index in the training split of each row that causes it by itself; all rows of the batch if none does.
    """

    stage: str | None
    module: str | None
    examples: tuple[int, ...]


def trace(model: Model, batches: Sequence[AnyBatch], replay: Replay) -> Origin:
    """Compute an update's loss and gradient again, and find the first number that is not finite.

    The parameters are inspected first, then the batch, every module's output in the order of computation, the loss,
    and, in the order of back-propagation, the gradients of every module's outputs, inputs and parameters. Of nested
    modules the innermost is named; what a module computes outside of its parts is attributed to itself. Then each row
    is tried alone.

    The model is left as it was, with a gradient of 0.

    Args:
        model: the model, in training mode, with the weights before the update.
        batches: the mini-batches, on the model's device.
        replay: what is needed to compute the update again.
    """
    kept = {name: buffer.clone() for name, buffer in learnt_buffers(model).items()}
    attempt = _Attempt(model, replay)
    try:
        return _origin(attempt, batches)
    finally:
        _zero_gradient(model)
        for name, buffer in learnt_buffers(model).items():
            buffer.copy_(kept[name])


def _origin(attempt: _Attempt, batches: Sequence[AnyBatch]) -> Origin:
    stage = module = None
    found: list[int] = []
    carried = attempt.replay.carried
    for batch, place in zip(batches, attempt.replay.places, strict=True):
        finding, after = _first_finding(attempt, batch, carried, place)
        if finding is not None:
            if stage is None:
                stage, module = finding
            found.extend(_examples(attempt, batch, carried, place))
        carried = after
    if stage is None:
        found = [int(index) for batch in batches for index in batch.examples]
    return Origin(stage, module or None, tuple(dict.fromkeys(found)))


def _first_finding(
    attempt: _Attempt, batch: AnyBatch, carried: Carried, place: int
) -> tuple[tuple[str, str] | None, Carried]:
    """Stage and module of the first number that is not finite, or None; and the recurrent state afterwards."""
    with looking_for_not_finite(attempt.model) as seen:
        loss, after = attempt.loss(batch, carried, place)
        if is_finite(loss):
            torch.autograd.backward(loss)
    _zero_gradient(attempt.model)
    if is_finite(loss) and seen.first_gradient is None:
        return None, after
    for name, parameter in attempt.model.named_parameters():
        if not is_finite(parameter):
            return ("parameter", name), after
    return _faulty_input(batch, carried) or seen.first_output or seen.first_gradient or ("loss", ""), after


def _faulty_input(batch: AnyBatch, carried: Carried) -> tuple[str, str] | None:
    for side, values in batch.sides.items():
        if not all(is_finite(tensor) for tensor in values.tensors.values() if tensor.is_floating_point()):
            return "input", side
    harmed = batch.follows and not all(is_finite(state) for state in carried)
    return ("input", "carried") if harmed else None


def _examples(attempt: _Attempt, batch: AnyBatch, carried: Carried, place: int) -> list[int]:
    """The indices of the examples that are at fault by themselves."""

    def is_faulty(rows: Sequence[int]) -> bool:
        chosen = torch.tensor(rows)
        part = tuple(state[chosen.to(state.device)] for state in carried) if batch.follows else ()
        return not attempt.is_healthy(batch.select(chosen), part, place)

    rows = smallest_culprits(range(len(batch.examples)), is_faulty, _MOST_REPLAYS)
    return batch.examples[torch.tensor(rows or list(range(len(batch.examples))))].tolist()


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The computation of a mini-batch, or of a part of it."""

    model: Model
    replay: Replay

    def loss(self, batch: AnyBatch, carried: Carried, place: int) -> tuple[Tensor, Carried]:
        """The loss as the update computed it, and the recurrent state afterwards."""
        seed_mini_batch(self.replay.seed, self.replay.update, place)
        # A loader makes the batches that its model takes.
        summed, after = self.model.loss(batch, carried)  # type: ignore[arg-type]
        return summed * self.replay.factor, after

    def is_healthy(self, batch: AnyBatch, carried: Carried, place: int) -> bool:
        """Whether loss and gradient of a part of the mini-batch are finite."""
        loss, _ = self.loss(batch, carried, place)
        if not is_finite(loss):
            return False
        torch.autograd.backward(loss)
        healthy = all(p.grad is None or is_finite(p.grad) for p in self.model.parameters())
        _zero_gradient(self.model)
        return healthy


def _zero_gradient(model: nn.Module) -> None:
    """Set the gradients to 0 in place, since they may be views of one tensor."""
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad.zero_()
