"""Faults, and how they are planted in a real run of ``dragoman.training.run.train``; for ``stability.py``.

The benchmark stands between the trainer and ``training_step``: it plants right before an update is computed, and looks
right after it whether the weights are as they should be. Nothing else of training is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

import dragoman.training.run
import dragoman.training.setup
import dragoman.training.trainer
from dragoman.contracts import AnyBatch, Batch, Numbers, Rows
from dragoman.training.observer import Observer, RewindRecord, SkipRecord
from dragoman.training.precision import Hardware, choose_hardware
from dragoman.training.step import Outcome, StepResult, training_step
from dragoman.training.training_state import TrainingState

HUGE = 1e6
"""What activations are multiplied by: float16 ends at 65,504."""


class Fault:
    """Nothing is planted.

    Args:
        seed: chooses where and when.
        salt: chooses another place for another fault of the same class.

    Attributes:
        begins: the update before which it is planted.
        lasts: ``always``, ``once`` (one update) or ``until rewind``: what is wrong with a machine or a schedule may
            pass, and then the run has to end as well as a healthy one.
        stage: where the replay has to find it; None if no number is planted that is not finite.
        module: likewise which module, input or parameter.
        example: likewise which training example.
    """

    lasts = "once"
    stage: str | None = None
    module: str | None = None
    example: int | None = None
    half = False
    """Whether the run computes in float16."""

    def __init__(self, seed: int, salt: int = 0) -> None:
        self.draw = np.random.default_rng([seed, salt])
        self.begins = 240 + 23 * seed

    def at_start(self, state: TrainingState) -> None:
        """Before the first update."""

    def strike(self, state: TrainingState, batches: Sequence[AnyBatch]) -> bool:
        """Plant it for this update, if it can be; whether it was."""
        return False

    def factor(self) -> float:
        """Of the learning rate, while it lasts."""
        return 1.0

    def lift(self) -> None:
        """Take away what was planted."""


class BadRow(Fault):
    """One row of the table holds a number that is not one, in what goes in or in what shall come out, and is met once
    in each pass."""

    lasts = "always"
    stage = "input"

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.begins = 1
        self.example = int(self.draw.integers(1_000))
        self.module = ("source", "target")[seed % 2]
        self.value = (float("nan"), float("inf"))[seed // 2 % 2]

    def strike(self, state: TrainingState, batches: Sequence[AnyBatch]) -> bool:
        """If the row is among these."""
        struck = False
        for batch in batches:
            for place in torch.nonzero(batch.examples == self.example)[:, 0].tolist():
                assert isinstance(batch, Batch)
                if self.module == "source":
                    assert isinstance(batch.source, Rows)
                    batch.source.numbers[place, 0] = self.value
                else:
                    assert isinstance(batch.target, Numbers)
                    batch.target.values[place] = self.value
                struck = True
        return struck


class BadWeights(Fault):
    """One row of a matrix is NaN from some update on, until the run goes back."""

    lasts = "until rewind"
    stage = "parameter"

    def strike(self, state: TrainingState, batches: Sequence[AnyBatch]) -> bool:
        """Only once: the weights stay as they are."""
        if self.module is None:
            places = [p for p in state.parameters.map.places if len(p.shape) == 2 and "embedding" not in p.name]
            place = places[self.draw.integers(len(places))]
            row = int(self.draw.integers(place.shape[0]))
            width = place.shape[1]
            state.parameters.master[place.begin + row * width : place.begin + (row + 1) * width] = float("nan")
            state.parameters.publish()
            self.module = place.name
        return True


class InfiniteEmbedding(Fault):
    """One number of one symbol's embedding is infinite, until the run goes back. It is met whenever a source has the
    symbol."""

    lasts = "until rewind"
    stage = "parameter"

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._symbol: int | None = None

    def strike(self, state: TrainingState, batches: Sequence[AnyBatch]) -> bool:
        """If the symbol is in these batches."""
        sources = [batch.source.values for batch in batches if isinstance(batch, Batch)]  # type: ignore[union-attr]
        if self._symbol is None:
            name = "encoder.embedding.embedding.weight"
            (place,) = [p for p in state.parameters.map.places if p.name == name]
            self._symbol = int(self.draw.choice(sources[0].numpy()))
            number = self._symbol * place.shape[1] + int(self.draw.integers(place.shape[1]))
            state.parameters.master[place.begin + number] = float("inf")
            state.parameters.publish()
            self.module = name
        return any(bool((values == self._symbol).any()) for values in sources)


class BadModule(Fault):
    """What one module computes is wrong.

    Args:
        seed: chooses where and when.
        salt: likewise.
        change: from what the module puts out to what it puts out instead.
        stage: where the replay has to find it.
    """

    def __init__(self, seed: int, salt: int, change: Callable[[Tensor], Tensor], stage: str = "output") -> None:
        super().__init__(seed, salt)
        self.stage = stage
        self._change = change
        self._module: nn.Module | None = None

    def strike(self, state: TrainingState, batches: Sequence[AnyBatch]) -> bool:
        """Change the module's ``forward``."""
        if self._module is None:
            named = dict(state.model.named_modules())
            used = _used(state.model, batches[0])
            self.module = used[self.draw.integers(len(used))]
            self._module = named[self.module]
            plain = self._module.forward
            vars(self._module)["forward"] = lambda *given, **other: _mapped(plain(*given, **other), self._change)
        return True

    def lift(self) -> None:
        """Put the module's own back."""
        if self._module is not None:
            vars(self._module).pop("forward", None)


class Overflow(BadModule):
    """In float16, what one module puts out becomes too large a number, until the run goes back."""

    lasts = "until rewind"
    half = True

    def __init__(self, seed: int) -> None:
        super().__init__(seed, 4, lambda values: values * HUGE)


class HighRate(Fault):
    """The learning rate is a hundred times what the recipe says, from some update on, until the run goes back."""

    lasts = "until rewind"

    def strike(self, state: TrainingState, batches: Sequence[AnyBatch]) -> bool:
        """It always can be."""
        return True

    def factor(self) -> float:
        """A hundred."""
        return 100.0


class Gain(Fault):
    """The recurrent weights of the encoder's or the decoder's cell begin larger or smaller.

    Args:
        seed: chooses the cell.
        gain: what they are multiplied by.
    """

    lasts = "always"

    def __init__(self, seed: int, gain: float) -> None:
        super().__init__(seed)
        self.begins = 1
        self.module = f"{('encoder', 'decoder')[seed % 2]}.layers.layers.0.cell"
        self._gain = gain

    def at_start(self, state: TrainingState) -> None:
        """Scale them."""
        (place,) = [p for p in state.parameters.map.places if p.name == f"{self.module}.weight_hidden"]
        for weights in {id(w): w for w in (state.parameters.master, state.average.average)}.values():
            weights[place.begin : place.end] *= self._gain
        state.parameters.publish()


class _Lost(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return values.clone()

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Tensor:
        return upstream[0] * float("nan")


def lost_gradient(values: Tensor) -> Tensor:
    """The same values; what comes back through them is not a number."""
    return _Lost.apply(values) if values.requires_grad else values  # type: ignore[no-untyped-call]


def one_nan(values: Tensor) -> Tensor:
    """The first number is not one."""
    changed = values.clone()
    changed.view(-1)[0] = float("nan")
    return changed


FAULTS: dict[str, Callable[[int], Fault]] = {
    "nothing": Fault,
    "bad row": BadRow,
    "NaN in weights": BadWeights,
    "infinite embedding": InfiniteEmbedding,
    "NaN from a module": lambda seed: BadModule(seed, 1, one_nan),
    "infinity from a module": lambda seed: BadModule(seed, 2, lambda values: values / 0.0),
    "NaN gradient of a module": lambda seed: BadModule(seed, 3, lost_gradient, "gradient"),
    "nothing, in float16": lambda seed: _in_half(Fault(seed)),
    "float16 overflow": Overflow,
    "learning rate × 100": HighRate,
    "recurrent gain 0.5": lambda seed: Gain(seed, 0.5),
    "recurrent gain 1": lambda seed: Gain(seed, 1.0),
    "recurrent gain 2": lambda seed: Gain(seed, 2.0),
}


def _in_half(fault: Fault) -> Fault:
    fault.half = True
    return fault


class Plant(Observer):
    """Plants a fault in the run that it observes, and keeps what became of it.

    Args:
        fault: what to plant.

    Attributes:
        strikes: numbers of the updates computed, counted through rewinds from 1, in which the fault was present.
        skips: numbers counted in the same way of updates that were skipped, with what was said.
        rewinds: likewise of returns to a checkpoint.
        overflows: updates that dynamic loss scaling left out.
        made_while_struck: updates that were made although the fault should have kept them from it.
        harmed: updates after which a weight, or an average of one, was not finite although the update was made.
        moved: updates that were not made and yet changed a weight.
    """

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.strikes: list[int] = []
        self.skips: list[tuple[int, SkipRecord]] = []
        self.rewinds: list[tuple[int, RewindRecord]] = []
        self.overflows = self.made_while_struck = self.harmed = self.moved = 0
        self._number = 0
        self._over = False

    def on_skip(self, record: SkipRecord) -> None:
        """Keep it."""
        self.skips.append((self._number, record))

    def on_rewind(self, record: RewindRecord) -> None:
        """Keep it, and take away what lasts until now."""
        self.rewinds.append((self._number, record))
        if self.fault.lasts == "until rewind" and self.strikes:
            self._end()

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Meanwhile runs of this process have the fault."""
        build = dragoman.training.setup.build_training_state

        def built(*given: Any, **other: Any) -> Any:
            state, averaged = build(*given, **other)
            self.fault.at_start(state)
            return state, averaged

        def hardware(device: str, precision: str, threads: int) -> Hardware:
            chosen = choose_hardware(device, precision, threads)
            return replace(chosen, dtype=torch.float16) if self.fault.half else chosen

        with (
            mock.patch.object(dragoman.training.trainer, "training_step", self._step),
            mock.patch.object(dragoman.training.setup, "build_training_state", built),
            mock.patch.object(dragoman.training.run, "choose_hardware", hardware),
        ):
            yield
        self.fault.lift()

    def _step(self, state: TrainingState, batches: Sequence[AnyBatch], update: int, *given: Any) -> StepResult:
        """In the place of :func:`dragoman.training.step.training_step`."""
        *before, factor = given
        self._number += 1
        if self.strikes and self.fault.lasts == "once":
            self._end()
        struck = not self._over and (bool(self.strikes) or update >= self.fault.begins)
        struck = struck and self.fault.strike(state, batches)
        if struck:
            self.strikes.append(self._number)
            factor *= self.fault.factor()
        parameters = state.parameters
        weights, average = parameters.master.clone(), state.average.average.clone()
        result = training_step(state, batches, update, *before, factor)
        if result.outcome is Outcome.MADE:
            self.harmed += not bool(torch.isfinite(torch.stack([parameters.master, state.average.average])).all())
            self.made_while_struck += struck and self.fault.stage is not None
        else:
            same = _same_bits(weights, parameters.master) and _same_bits(average, state.average.average)
            self.moved += not same
            self.overflows += result.outcome is Outcome.OVERFLOWED
        return result

    def _end(self) -> None:
        if not self._over:
            self._over = True
            self.fault.lift()


def _same_bits(one: Tensor, other: Tensor) -> bool:
    return torch.equal(one.view(torch.int32), other.view(torch.int32))


def _used(model: nn.Module, batch: AnyBatch) -> list[str]:
    """Modules without parts whose call puts out a tensor with a gradient."""
    found: dict[str, None] = {}
    handles = []
    for name, module in model.named_modules():
        if not list(module.children()):

            def note(module: nn.Module, given: Any, result: Any, name: str = name) -> None:
                _mapped(result, lambda values: found.setdefault(name) or values)

            handles.append(module.register_forward_hook(note))
    state = torch.get_rng_state()
    model.loss(batch)  # type: ignore[operator]
    torch.set_rng_state(state)
    for handle in handles:
        handle.remove()
    return list(found)


def _mapped(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A module's result with all its tensors changed that have a gradient."""
    if isinstance(value, Tensor):
        return change(value) if value.requires_grad else value
    if isinstance(value, tuple):
        return tuple(_mapped(part, change) for part in value)
    return value
