"""The training loop: update, validate, save, stop."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from dragoman.contracts import AnyBatch
from dragoman.data.loader import Loader
from dragoman.recipe.growth import mini_batches
from dragoman.recipe.training import TrainingRecipe
from dragoman.tasks.validation import Validating
from dragoman.training.budget.deadline import Deadline
from dragoman.training.budget.pace import Pace
from dragoman.training.distributed import ALONE, Processes
from dragoman.training.interrupt import Interrupt
from dragoman.training.observer import Observer, PaceRecord, StabilityRecord, UpdateRecord, ValidationRecord
from dragoman.training.recovery.health import Treatment
from dragoman.training.recovery.recovery import Recovery
from dragoman.training.snapshot import Progress, Snapshots
from dragoman.training.step import Outcome, StepResult, training_step
from dragoman.training.training_state import TrainingState


@runtime_checkable
class Watching(Protocol):
    """An object that observes updates from inside, and changes nothing."""

    def before_update(self, update: int) -> None:
        """Called right before the update of this number is computed."""
        ...

    def after_update(self, update: int, gradient_norms: Sequence[float]) -> StabilityRecord | None:
        """Called right after the update was made; returns what was measured, if it is time to report it.

        Args:
            update: The number of the update.
            gradient_norms: The norm of each parameter's gradient before clipping, in the order of
                ``parameters.map.places``.
        """
        ...


@dataclass(frozen=True, slots=True)
class Trainer:
    """The training loop with its parts; a run writes to the disk by some of them, a trial keeps all in memory.

    Attributes:
        state: The model and all that updates it.
        loader: The iterator over training batches.
        validator: The measurement of the averaged weights on the validation set.
        snapshots: The store of snapshots that training can go back to.
        recovery: The treatment of skipped updates and of diverging losses.
        save_best: Function that is called whenever a validation is the best so far.
        observers: Objects that are told of every update and validation.
        recipe: The settings of the training: its length, how often to validate and to save, the optimizer.
        processes: The processes that train together. The first validates, saves, and decides when all of them end.
        monitor: The stability monitor; None if there is none.
        deadline: The clock of a run that must end in time; None if it need not.
        looks_first: Whether to validate before the first update, as is worth while where the first weights are those of
            a trained model: they are the best until training finds better ones.
    """

    state: TrainingState
    loader: Loader
    validator: Validating
    snapshots: Snapshots
    recovery: Recovery
    save_best: Callable[[], None]
    observers: Sequence[Observer]
    recipe: TrainingRecipe
    processes: Processes = ALONE
    monitor: Watching | None = None
    looks_first: bool = False
    deadline: Deadline | None = None

    def run(self, progress: Progress, interrupt: Interrupt) -> str:
        """Train on from ``progress``, which is kept up to date, and return why training ended.

        Every way out but an error leaves a snapshot of the last update.

        Raises:
            TrainingError: if training goes wrong although it went back to a snapshot often enough.
        """
        self.loader.restore(progress.loader)
        device, first = self.state.model.device, self.processes.is_first
        if first and self.snapshots.is_empty():
            if self.looks_first:
                self._validate(progress)
            self.snapshots.save(self.state, progress)
        reason = self._agreed_end(progress, interrupt)
        while reason is None:
            began = time.perf_counter()
            # Every process has the same number of them, which processes.check has made sure of.
            place = int(progress.pace.place(progress.update + 1))
            own_batches = mini_batches(self.recipe, place) // self.processes.count
            batches = [next(self.loader) for _ in range(own_batches)]
            waited = time.perf_counter() - began
            moved = [batch.to(device) for batch in batches]
            result, seen = self._step(progress, moved)
            progress.update += 1
            progress.carried = result.carried
            progress.seconds += time.perf_counter() - began
            progress.loader = self.loader.state()
            verdict = progress.health.observe(result)
            if result.outcome is Outcome.NOT_FINITE:
                self.recovery.look_into(progress, moved, result)
            else:
                self._report_update(progress, result, waited, seen)
            if verdict.treatment is not Treatment.CONTINUE:
                self.recovery.treat(progress, verdict)
                reason = self._agreed_end(progress, interrupt)
                continue

            # A signal asks to stop soon, so it skips a validation that was not due; the end of training never does.
            due = progress.update % self.recipe.validate_every == 0 or self._why_done(progress) is not None
            if first and due:
                self._validate(progress)
            self._keep_time(progress)
            reason = self._agreed_end(progress, interrupt)
            if first and (progress.update % self.recipe.checkpoint_every == 0 or reason is not None):
                self.snapshots.save(self.state, progress)
        return reason

    def _step(self, progress: Progress, batches: Sequence[AnyBatch]) -> tuple[StepResult, StabilityRecord | None]:
        """Make an update; its result, and the record of the monitor if it made one."""
        update = progress.update + 1
        if self.monitor is not None:
            self.monitor.before_update(update)
        carried = tuple(part.to(self.state.model.device) for part in progress.carried)
        factor = progress.health.learning_rate_factor
        place = progress.pace.place(update)
        result = training_step(self.state, batches, update, self.recipe, carried, self.processes, factor, place)
        if self.monitor is None or result.outcome is not Outcome.MADE:
            return result, None
        return result, self.monitor.after_update(update, result.gradient_norms)

    def _report_update(
        self, progress: Progress, result: StepResult, waited: float, seen: StabilityRecord | None
    ) -> None:
        record = UpdateRecord(
            update=progress.update,
            epoch=self.loader.epoch,
            loss=result.loss,
            learning_rate=result.learning_rate,
            gradient_norm=result.gradient_norm,
            target_tokens=result.target_tokens,
            padding=result.padding,
            seconds=progress.seconds,
            waited=waited,
        )
        for observer in self.observers:
            observer.on_update(record)
            if seen is not None:
                observer.on_stability(seen)

    def _validate(self, progress: Progress) -> None:
        clock = time.perf_counter if self.deadline is None else self.deadline.clock
        began = clock()
        found = self.validator.measure(turn=progress.update // self.recipe.validate_every)
        if self.deadline is not None:
            self.deadline.validated(clock() - began)
        # A recipe asks for a metric that its model has.
        watched = {"loss": found.validation.value, **found.scores}[progress.stopping.metric]
        record = ValidationRecord(
            update=progress.update,
            epoch=self.loader.epoch,
            loss=found.validation.value,
            perplexity=found.perplexity,
            scores=found.scores,
            best=progress.stopping.observe(watched),
            seconds=progress.seconds,
            sample=found.sample,
            loss_error=found.validation.error,
            training_loss=found.training.value,
            training_loss_error=found.training.error,
        )
        if record.best:
            self.save_best()
        for observer in self.observers:
            observer.on_validation(record)

    def _keep_time(self, progress: Progress) -> None:
        """Go faster or less fast through the schedule, if the clock of the first process says so."""
        if self.deadline is None:
            return
        updates, said = self.recipe.updates, None
        if self.processes.is_first:
            changed = self.deadline.after_update(progress.update, progress.pace, updates, self.recipe.validate_every)
            progress.timing = self.deadline.timing
            said = None if changed is None else json.dumps(changed.to_dict())
        said = self.processes.from_first(said)
        if said is None:
            return
        before, progress.pace = progress.pace, Pace(**json.loads(said))
        if self.processes.is_first:
            record = _pace_record(progress, before, updates)
            for observer in self.observers:
                observer.on_pace(record)

    def _agreed_end(self, progress: Progress, interrupt: Interrupt) -> str | None:
        """The reason why all processes shall stop; None if they go on. A signal to any of them counts."""
        received = self.processes.signal(interrupt.received)
        if received is not None and interrupt.received is None:
            interrupt.received = received
        return self.processes.from_first(self._why_stop(progress, interrupt))

    def _why_stop(self, progress: Progress, interrupt: Interrupt) -> str | None:
        done = self._why_done(progress)
        if done is None and interrupt.received is not None:
            return f"stopped by {interrupt.received.name} after update {progress.update:,}"
        return done

    def _why_done(self, progress: Progress) -> str | None:
        if not progress.pace.updates_to(self.recipe.updates, progress.update):
            return _all_done(progress, self.recipe.updates)
        if progress.stopping.exhausted:
            return f"no better {progress.stopping.metric} in {progress.stopping.patience} validations"
        if self.recipe.minutes is not None and progress.seconds >= 60 * self.recipe.minutes:
            return f"{self.recipe.minutes:g} minutes are over"
        return None


def _pace_record(progress: Progress, before: Pace, planned: int) -> PaceRecord:
    """The record of a pace that has just changed."""
    slower = progress.pace.stride > before.stride
    reason = "updates take longer than was planned" if slower else "updates take less long again"
    ends = progress.update + progress.pace.updates_to(planned, progress.update)
    return PaceRecord(progress.update, ends, planned, reason)


def _all_done(progress: Progress, planned: int) -> str:
    """The reason why a run ends whose whole schedule is done."""
    if progress.pace.is_planned:
        return f"all {planned:,} updates done"
    return (
        f"its schedule is complete after {progress.update:,} updates instead of {planned:,}: the clock made the run go "
        "faster, so it is not reproducible bit for bit"
    )
