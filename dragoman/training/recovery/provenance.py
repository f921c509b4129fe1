"""Where the first number comes from that is not finite.

A mini-batch's random state is a function of the seed, the update and its place, so that the update can be computed once
more, under watch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dragoman.contracts import AnyBatch, Carried, Numbers, Rows, TextBatch
from dragoman.model.build import Model
from dragoman.model.weights import learnt_buffers
from dragoman.training.randomness import seed_mini_batch
from dragoman.training.recovery.culprits import smallest_culprits
from dragoman.training.recovery.not_finite import is_finite, looking_for_not_finite

_MOST_REPLAYS = 64
"""Of parts of a mini-batch, to find the rows; more are needed only where very many rows are at fault."""


@dataclass(frozen=True, slots=True)
class Replay:
    """How an update was computed.

    Attributes:
        seed: the recipe's.
        update: its number.
        places: of its mini-batches among those of all processes.
        factor: what each mini-batch's summed loss was multiplied by: the loss scale over the update's units.
        carried: what the first mini-batch went on from.
    """

    seed: int
    update: int
    places: tuple[int, ...]
    factor: float = 1.0
    carried: Carried = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """What was found.

    Attributes:
        stage: ``parameter``, ``input``, ``output``, ``loss`` or ``gradient``, as in
            :class:`~dragoman.training.observer.SkipRecord`; None if everything was finite this time.
        module: the name of the parameter or of the module; ``source``, ``target`` or ``carried`` of an input.
        examples: the index in the training split of each row that brings it about by itself; all of the batch if none
            does.
    """

    stage: str | None
    module: str | None
    examples: tuple[int, ...]


def trace(model: Model, batches: Sequence[AnyBatch], replay: Replay) -> Origin:
    """Compute an update's loss and gradient again, and look for the first number that is not finite.

    Looked at are the parameters; the batch; every module's output, in the order of computation; the loss; and, in the
    order of back-propagation, every gradient of a module's output, input or parameter. Of modules inside each other the
    innermost counts; what a module computes outside of its parts is its own. Then each row is tried alone.

    The model is left as it was, with a gradient of 0.

    Args:
        model: in training mode, with the weights of before the update.
        batches: on the model's device.
        replay: how the update was computed.
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
    """Stage and module, and what is carried on."""
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
    if isinstance(batch, TextBatch):
        harmed = batch.follows and not all(is_finite(state) for state in carried)
        return ("input", "carried") if harmed else None
    if isinstance(batch.source, Rows) and not is_finite(batch.source.numbers):
        return "input", "source"
    if isinstance(batch.target, Numbers) and not is_finite(batch.target.values):
        return "input", "target"
    return None


def _examples(attempt: _Attempt, batch: AnyBatch, carried: Carried, place: int) -> list[int]:
    """The rows that are at fault by themselves."""

    def is_faulty(rows: Sequence[int]) -> bool:
        chosen = torch.tensor(rows)
        follows = isinstance(batch, TextBatch) and batch.follows
        part = tuple(state[chosen.to(state.device)] for state in carried) if follows else ()
        return not attempt.is_healthy(batch.select(chosen), part, place)

    rows = smallest_culprits(range(len(batch.examples)), is_faulty, _MOST_REPLAYS)
    return batch.examples[torch.tensor(rows or list(range(len(batch.examples))))].tolist()


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The computation of a mini-batch, or of a part of it."""

    model: Model
    replay: Replay

    def loss(self, batch: AnyBatch, carried: Carried, place: int) -> tuple[Tensor, Carried]:
        """As the update had it, and what is carried on."""
        seed_mini_batch(self.replay.seed, self.replay.update, place)
        # A loader makes the batches that its model takes.
        summed, after = self.model.loss(batch, carried)  # type: ignore[arg-type]
        return summed * self.replay.factor, after

    def is_healthy(self, batch: AnyBatch, carried: Carried, place: int) -> bool:
        """Whether loss and gradient are finite."""
        loss, _ = self.loss(batch, carried, place)
        if not is_finite(loss):
            return False
        torch.autograd.backward(loss)
        healthy = all(p.grad is None or is_finite(p.grad) for p in self.model.parameters())
        _zero_gradient(self.model)
        return healthy


def _zero_gradient(model: nn.Module) -> None:
    """In place: the gradients may be views of one tensor."""
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad.zero_()
