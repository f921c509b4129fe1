"""The treatment of skipped updates and of runs that diverge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.contracts import AnyBatch
from dragoman.errors import TrainingError
from dragoman.recipe.training import TrainingRecipe
from dragoman.training.distributed import Processes
from dragoman.training.observer import Observer, RewindRecord, SkipRecord
from dragoman.training.recovery.health import Prescription, Treatment
from dragoman.training.recovery.incident import Incidents
from dragoman.training.recovery.provenance import Origin, Replay, trace
from dragoman.training.snapshot import Progress, Snapshots
from dragoman.training.step import StepResult, place_of
from dragoman.training.training_state import TrainingState


@dataclass(frozen=True, slots=True)
class Recovery:
    """The treatment of a run: it examines skipped updates, goes back to a snapshot, and gives up if that does not help.

    All processes have to call a method together.

    Attributes:
        state: The model and all that updates it.
        snapshots: The store of snapshots that training can go back to.
        incidents: The store of skipped updates; None if training is not a run in a folder.
        observers: Objects that are told of skipped updates and rewinds.
        recipe: The settings of the training.
        processes: The processes that train together. Each examines its own mini-batches; the first tells the observers
            and writes snapshots.
    """

    state: TrainingState
    snapshots: Snapshots
    incidents: Incidents | None
    observers: Sequence[Observer]
    recipe: TrainingRecipe
    processes: Processes

    def look_into(self, progress: Progress, batches: Sequence[AnyBatch], result: StepResult) -> None:
        """Find the origin of the first number of a skipped update that is not finite, keep the update, and tell the
        observers.

        Args:
            progress: How far training has come, with the update counted.
            batches: The mini-batches of this process, on the model's device.
            result: The result of the update.
        """
        replay = Replay(
            seed=self.recipe.seed,
            update=progress.update,
            places=tuple(place_of(turn, self.processes) for turn in range(len(batches))),
            factor=self.state.scaler.get_scale() / result.target_tokens,
            carried=result.carried,
        )
        origin = trace(self.state.model, batches, replay)
        text = None
        if origin.stage is not None or self.processes.count == 1:
            folder, lines = self._keep(progress, replay, batches, result, origin)
            text = json.dumps([origin.stage, origin.module, lines, folder])
        said = self.processes.from_any(text)
        stage, module, lines, folder = (None, None, [], None) if said is None else json.loads(said)
        record = SkipRecord(
            update=progress.update,
            loss=result.loss,
            gradient_norm=result.gradient_norm,
            stage=stage,
            module=module,
            lines=tuple(lines),
            folder=None if folder is None else Path(folder),
        )
        for observer in self.observers:
            observer.on_skip(record)

    def _keep(
        self, progress: Progress, replay: Replay, batches: Sequence[AnyBatch], result: StepResult, origin: Origin
    ) -> tuple[str | None, list[str]]:
        """The folder in which the update is kept, and where its examples come from."""
        if self.incidents is None:
            return None, []
        rewinds, count = progress.health.rewinds, self.processes.count
        place = f"-rewind-{rewinds}" * bool(rewinds) + f"-process-{self.processes.index + 1}" * (count > 1)
        folder = self.incidents.write(replay, batches, result, origin, place)
        return str(folder), self.incidents.lines_of(origin.examples)

    def treat(self, progress: Progress, verdict: Prescription) -> None:
        """Go back to the newest snapshot that is free of doubt, with half the learning rate.

        The loader goes on where it is, so that the batches that did harm are passed over. The best validation so far
        stays the best.

        Args:
            progress: How far training has come, which is put back.
            verdict: What is to be done, and why.

        Raises:
            TrainingError: if training has gone back too often, or there is no such snapshot.
        """
        there = self.snapshots.restore_good(self.state) if verdict.treatment is Treatment.REWIND else None
        # No checkpoint goes before all have read it.
        self.processes.wait()
        if there is None:
            raise self._hopeless(progress, verdict)
        decided = progress.update
        progress.update, progress.carried = there.update, there.carried
        progress.health = progress.health.after_rewind(there.health, verdict.reason)
        if not self.processes.is_first:
            return
        self.snapshots.put_back_records(there.update)
        record = RewindRecord(decided, there.update, verdict.reason, progress.health.learning_rate_factor)
        for observer in self.observers:
            observer.on_rewind(record)
        # Newer ones go first: whoever goes on from what is left when this is interrupted comes here again.
        self.snapshots.remove_after(there.update)
        self.snapshots.save(self.state, progress)

    def _hopeless(self, progress: Progress, verdict: Prescription) -> TrainingError:
        reasons = progress.health.reasons
        if verdict.treatment is Treatment.REWIND:
            before = "there is no undamaged checkpoint of before that to go back to"
        else:
            listed = "; ".join(f"{number}. {reason}" for number, reason in enumerate(reasons, start=1))
            before = (
                f"the run has gone back {len(reasons)} times already, each time with half the learning rate ({listed})"
            )
        run, remedy = None, "lower the learning rate, or lengthen the warm-up."
        if self.incidents is not None:
            run, remedy = self.incidents.run, self.incidents.advice()
        return TrainingError(
            f"update {progress.update:,}: {verdict.reason}, and {before}",
            file=run,
            cause="faulty data, a learning rate that is too high, or too short a warm-up.",
            remedy=remedy,
        )
