"""The whole state of training at one moment: training that goes on from it gives the same bits as without a stop.

A snapshot holds the weights and their average, the optimizer's state, the loss scale, the random state, the statistics
of batch normalisation, and the progress: the loader's position, the best validation so far, the recurrent state of a
language model, and the health of the run. The rest is a function of these and need not be kept: the learning rate and
the average's decay depend on the update's number, and the order of the examples on the seed and the epoch.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from dragoman.contracts import Carried
from dragoman.model.weights import learnt_buffers
from dragoman.storage.json import JsonObject
from dragoman.training.budget.deadline import Timing
from dragoman.training.budget.pace import Pace
from dragoman.training.early_stopping import EarlyStopping
from dragoman.training.optimizer import optimizer_tensors, restore_optimizer
from dragoman.training.recovery.health import Health
from dragoman.training.training_state import TrainingState

_BUFFER = "buffer."


@dataclass(slots=True)
class Progress:
    """How far training has come.

    Attributes:
        update: Number of updates done.
        seconds: Training time so far, validation left out.
        loader: The data loader's position.
        stopping: The best validation so far, and how many validations ago it was.
        carried: The recurrent state after the last mini-batch.
        health: The skipped updates and the losses so far, by which instability is noticed.
        pace: How fast the updates go through the schedule.
        timing: The time that the whole run has taken, where it has to end in time.
    """

    update: int
    seconds: float
    loader: dict[str, int]
    stopping: EarlyStopping
    carried: Carried = ()
    health: Health = field(default_factory=Health)
    pace: Pace = field(default_factory=Pace)
    timing: Timing = field(default_factory=Timing)

    def to_dict(self) -> JsonObject:
        """Everything but the tensors, as JSON values."""
        return {
            "update": self.update,
            "seconds": self.seconds,
            "loader": self.loader,
            "stopping": asdict(self.stopping),
            "health": self.health.to_dict(),
            "pace": self.pace.to_dict(),
            "timing": self.timing.to_dict(),
        }

    def copy(self) -> Progress:
        """A copy that later updates do not change."""
        return Progress(
            self.update,
            self.seconds,
            dict(self.loader),
            replace(self.stopping),
            tuple(part.clone() for part in self.carried),
            copy.deepcopy(self.health),
            self.pace,
            self.timing,
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A training state with its progress.

    Attributes:
        tensors: All tensors of the state by name, and the state of the random generators.
        scaler: The loss scale.
        progress: How far training has come.
    """

    tensors: Mapping[str, Tensor]
    scaler: dict[str, Any]
    progress: Progress

    @classmethod
    def of(cls, state: TrainingState, progress: Progress) -> Snapshot:
        """The snapshot of this moment. Its tensors are those of the state, which the next update changes."""
        tensors = {
            "weights": state.parameters.master,
            "average": state.average.average.clone(),
            **_random_state(state.model.device),
            **optimizer_tensors(state.optimizer),
            **{f"{_BUFFER}{name}": buffer for name, buffer in learnt_buffers(state.model).items()},
        }
        return cls(tensors, state.scaler.state_dict(), progress)

    def copy(self) -> Snapshot:
        """A copy with its own tensors and progress."""
        tensors = {name: tensor.clone() for name, tensor in self.tensors.items()}
        return Snapshot(tensors, dict(self.scaler), self.progress.copy())

    def restore(self, state: TrainingState) -> None:
        """Put a training state and the global random state back to this moment."""
        state.parameters.master.copy_(self.tensors["weights"])
        state.average.average.copy_(self.tensors["average"])
        state.parameters.publish()
        for name, buffer in learnt_buffers(state.model).items():
            buffer.copy_(self.tensors[f"{_BUFFER}{name}"])
        restore_optimizer(state.optimizer, self.tensors)
        if self.scaler:
            state.scaler.load_state_dict(self.scaler)
        _restore_random_state(self.tensors, state.model.device)

    def misfit(self, state: TrainingState) -> str | None:
        """A sentence on the first tensor whose size is not that of a training state; None if all fit."""
        expected = {"weights": state.parameters.master.shape}
        for index, group in enumerate(state.optimizer.param_groups):
            shape, prefix = group["params"][0].shape, f"optimizer.{index}."
            expected |= {name: shape for name, part in self.tensors.items() if name.startswith(prefix) and part.ndim}
        expected |= {f"{_BUFFER}{name}": buffer.shape for name, buffer in learnt_buffers(state.model).items()}
        for name, shape in expected.items():
            found = self.tensors.get(name)
            if found is None or found.shape != shape:
                has = 0 if found is None else found.numel()
                return f"its {name} holds {has:,} numbers, and the recipe's model has {shape.numel():,}"
        return None


@runtime_checkable
class Snapshots(Protocol):
    """A store of snapshots that training can go back to. Only the first process changes what is kept."""

    def is_empty(self) -> bool:
        """Whether none is kept."""
        ...

    def save(self, state: TrainingState, progress: Progress) -> None:
        """Keep a snapshot of this moment."""
        ...

    def restore_good(self, state: TrainingState) -> Progress | None:
        """Put ``state`` and the global random state back to the newest snapshot whose weights were free of doubt.

        Returns:
            The progress at that snapshot; None if there is no such snapshot.
        """
        ...

    def put_back_records(self, update: int) -> None:
        """Put the records of training back to the state that they had at the snapshot of an update."""
        ...

    def remove_after(self, update: int) -> None:
        """Remove the snapshots of later updates."""
        ...


class SnapshotsInMemory:
    """A store in memory of the one snapshot that training would go back to."""

    def __init__(self) -> None:
        self._good: Snapshot | None = None

    def is_empty(self) -> bool:
        """Whether none is kept."""
        return self._good is None

    def save(self, state: TrainingState, progress: Progress) -> None:
        """Replace the snapshot with a copy of this moment, unless the weights are in doubt."""
        if not progress.health.doubtful:
            self._good = Snapshot.of(state, progress).copy()

    def restore_good(self, state: TrainingState) -> Progress | None:
        """Put ``state`` back to the snapshot; None if there is none."""
        if self._good is None:
            return None
        self._good.restore(state)
        return self._good.progress.copy()

    def put_back_records(self, update: int) -> None:
        """Do nothing, since no records are kept in memory."""

    def remove_after(self, update: int) -> None:
        """Do nothing, since the one snapshot is that of the update which training went back to."""


def _random_state(device: torch.device) -> dict[str, Tensor]:
    """The states of the CPU's random generator and of the device's own, which dropout on the device draws from."""
    states = {"random.cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["random.cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["random.mps"] = torch.mps.get_rng_state()
    return states


def _restore_random_state(tensors: Mapping[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(tensors["random.cpu"])
    if device.type == "cuda" and "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"], device)
    elif device.type == "mps" and "random.mps" in tensors:
        torch.mps.set_rng_state(tensors["random.mps"])
