"""The loop: update, validate, save, stop. Nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from dragoman.data.loader import Loader
from dragoman.recipe.training import TrainingRecipe
from dragoman.training.checkpoint import Checkpoints, Progress
from dragoman.training.distributed import ALONE, Processes
from dragoman.training.interrupt import Interrupt
from dragoman.training.observer import Observer, UpdateRecord, ValidationRecord
from dragoman.training.step import StepResult, Trainee, training_step
from dragoman.training.validation import Measurement


@runtime_checkable
class Validating(Protocol):
    """Looks at a validation set."""

    def measure(self, turn: int) -> Measurement:
        """What the model does there; ``turn`` chooses the sample."""
        ...


@dataclass(frozen=True, slots=True)
class Trainer:
    """Everything that a run needs.

    Attributes:
        trainee: model, weights, optimizer.
        loader: training batches.
        validator: of the averaged weights.
        checkpoints: of the run.
        save_best: called with the validation's record whenever it is the best so far.
        observers: told of everything.
        recipe: how long, how often, how.
        processes: that train together. The first validates, saves, and decides when all of them end.
    """

    trainee: Trainee
    loader: Loader
    validator: Validating
    checkpoints: Checkpoints
    save_best: Callable[[ValidationRecord], None]
    observers: Sequence[Observer]
    recipe: TrainingRecipe
    processes: Processes = ALONE

    def run(self, progress: Progress, interrupt: Interrupt) -> str:
        """Train on from ``progress``, which is kept up to date, and return why training ended.

        Every way out but an error leaves a checkpoint of the last update.
        """
        self.loader.restore(progress.loader)
        device, first = self.trainee.model.device, self.processes.is_first
        own_batches = self.recipe.batch.accumulation // self.processes.count
        reason = self._agreed_end(progress, interrupt)
        while reason is None:
            began = time.perf_counter()
            batches = [next(self.loader) for _ in range(own_batches)]
            waited = time.perf_counter() - began
            result = training_step(
                self.trainee,
                [batch.to(device) for batch in batches],
                progress.update + 1,
                self.recipe,
                tuple(part.to(device) for part in progress.carried),
                self.processes,
            )
            progress.update += 1
            progress.carried = result.carried
            progress.seconds += time.perf_counter() - began
            progress.loader = self.loader.state()
            self._report_update(progress, result, waited)

            # A signal asks to stop soon, so it skips a validation that was not due; the end of training never does.
            due = progress.update % self.recipe.validate_every == 0 or self._why_done(progress) is not None
            if first and due:
                self._validate(progress)
            reason = self._agreed_end(progress, interrupt)
            if first and (progress.update % self.recipe.checkpoint_every == 0 or reason is not None):
                self.checkpoints.save(self.trainee, progress)
        return reason

    def _report_update(self, progress: Progress, result: StepResult, waited: float) -> None:
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

    def _validate(self, progress: Progress) -> None:
        found = self.validator.measure(turn=progress.update // self.recipe.validate_every)
        # A recipe asks for a metric that its model has.
        watched = {"loss": found.loss, **found.scores}[progress.stopping.metric]
        record = ValidationRecord(
            update=progress.update,
            epoch=self.loader.epoch,
            loss=found.loss,
            perplexity=found.perplexity,
            scores=found.scores,
            best=progress.stopping.observe(watched),
            seconds=progress.seconds,
            sample=found.sample,
        )
        if record.best:
            self.save_best(record)
        for observer in self.observers:
            observer.on_validation(record)

    def _agreed_end(self, progress: Progress, interrupt: Interrupt) -> str | None:
        """Why all processes shall stop; None if they go on. A signal to any of them counts."""
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
        if progress.update >= self.recipe.updates:
            return f"all {self.recipe.updates:,} updates done"
        if progress.stopping.exhausted:
            return f"no better {progress.stopping.metric} in {progress.stopping.patience} validations"
        if self.recipe.minutes is not None and progress.seconds >= 60 * self.recipe.minutes:
            return f"{self.recipe.minutes:g} minutes are over"
        return None
