"""What is done about an update that was skipped, and about a run that is not well."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.contracts import AnyBatch
from dragoman.errors import TrainingError
from dragoman.recipe.training import TrainingRecipe
from dragoman.training.checkpoint import Checkpoints, Progress
from dragoman.training.distributed import Processes
from dragoman.training.history import put_back
from dragoman.training.observer import Observer, RewindRecord, SkipRecord
from dragoman.training.recovery.health import Treatment, Verdict
from dragoman.training.recovery.incident import Incidents
from dragoman.training.recovery.provenance import Replay, trace
from dragoman.training.step import StepResult, place_of
from dragoman.training.training_state import TrainingState


@dataclass(frozen=True, slots=True)
class Recovery:
    """Looks into skipped updates, goes back to a checkpoint, and gives up.

    Every method has to be called by all processes.

    Attributes:
        state: model, weights, optimizer.
        checkpoints: of the run.
        incidents: of the run.
        observers: told of everything.
        recipe: how the updates are computed.
        processes: that train together. Each looks at its own mini-batches; the first tells and writes checkpoints.
    """

    state: TrainingState
    checkpoints: Checkpoints
    incidents: Incidents
    observers: Sequence[Observer]
    recipe: TrainingRecipe
    processes: Processes

    def look_into(self, progress: Progress, batches: Sequence[AnyBatch], result: StepResult) -> None:
        """Find where a skipped update's first number comes from that is not finite, keep it, and tell of it.

        Args:
            progress: with the update counted.
            batches: of this process, on the model's device.
            result: of the update.
        """
        replay = Replay(
            seed=self.recipe.seed,
            update=progress.update,
            places=tuple(place_of(turn, self.processes) for turn in range(len(batches))),
            factor=self.state.scaler.get_scale() / result.units,
            carried=result.carried,
        )
        origin = trace(self.state.model, batches, replay)
        text = None
        if origin.stage is not None or self.processes.count == 1:
            rewinds, count = progress.health.rewinds, self.processes.count
            place = f"-rewind-{rewinds}" * bool(rewinds) + f"-process-{self.processes.index + 1}" * (count > 1)
            folder = self.incidents.write(replay, batches, result, origin, place)
            lines = self.incidents.lines_of(origin.examples)
            text = json.dumps([origin.stage, origin.module, lines, str(folder)])
        said = self.processes.from_any(text)
        stage, module, lines, folder_name = (None, None, [], None) if said is None else json.loads(said)
        record = SkipRecord(
            update=progress.update,
            loss=result.loss,
            gradient_norm=result.gradient_norm,
            stage=stage,
            module=module,
            lines=tuple(lines),
            folder=None if folder_name is None else Path(folder_name),
        )
        for observer in self.observers:
            observer.on_skip(record)

    def treat(self, progress: Progress, verdict: Verdict) -> None:
        """Go back to the newest checkpoint that is free of doubt, with half the learning rate.

        The loader goes on where it is, so that the batches that did harm are passed over. What is the best validation
        so far stays.

        Args:
            progress: is put back.
            verdict: what the run needs.

        Raises:
            TrainingError: if that was done often enough, or there is no such checkpoint.
        """
        saved = self.checkpoints.restore_good(self.state) if verdict.treatment is Treatment.REWIND else None
        # No checkpoint goes before all have read it.
        self.processes.wait()
        if saved is None:
            raise self._hopeless(progress, verdict)
        there, history = saved
        decided = progress.update
        progress.update, progress.carried = there.update, there.carried
        progress.health = progress.health.after_rewind(there.health, verdict.reason)
        if not self.processes.is_first:
            return
        if history is not None:
            put_back(self.checkpoints.folder.parent, history)
        record = RewindRecord(decided, there.update, verdict.reason, progress.health.learning_rate_factor)
        for observer in self.observers:
            observer.on_rewind(record)
        # Newer ones go first: whoever goes on from what is left when this is interrupted comes here again.
        self.checkpoints.remove_after(there.update)
        self.checkpoints.save(self.state, progress)

    def _hopeless(self, progress: Progress, verdict: Verdict) -> TrainingError:
        run, reasons = self.checkpoints.folder.parent, progress.health.reasons
        if verdict.treatment is Treatment.REWIND:
            before = "there is no undamaged checkpoint of before that to go back to"
        else:
            listed = "; ".join(f"{number}. {reason}" for number, reason in enumerate(reasons, start=1))
            before = (
                f"the run has gone back {len(reasons)} times already, each time with half the learning rate ({listed})"
            )
        kept = f", and look at the batches kept in {self.incidents.folder}" if self.incidents.folder.exists() else ""
        return TrainingError(
            f"update {progress.update:,}: {verdict.reason}, and {before}",
            file=run,
            cause="faulty data, a learning rate that is too high, or too short a warm-up.",
            remedy=f"run `dragoman diagnose stability {run}`{kept}; then train anew.",
        )
