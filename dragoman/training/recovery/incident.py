"""The files that are kept of a skipped update, so that it can be examined later."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from dragoman.contracts import AnyBatch
from dragoman.storage.failure import unwritable
from dragoman.storage.folder import new_folder
from dragoman.training.recovery.provenance import Origin, Replay
from dragoman.training.step import StepResult

_BATCHES, _FACTS = "batches.safetensors", "incident.json"


@dataclass(frozen=True, slots=True)
class Incidents:
    """The skipped updates of a run, each in a folder of its own such as ``update-00000123``.

    Attributes:
        folder: folder that holds a folder for each skipped update.
        lines_of: function that gives the places of training examples, each as ``file:line``.
        kept: the most skipped updates whose batches are kept; of later ones only the facts are kept.
    """

    folder: Path
    lines_of: Callable[[Sequence[int]], list[str]]
    kept: int = 20

    @property
    def run(self) -> Path:
        """The folder of the run."""
        return self.folder.parent

    def advice(self) -> str:
        """The advice for a person whose run was given up."""
        kept = f", and look at the batches kept in {self.folder}" if self.folder.exists() else ""
        return f"run `dragoman diagnose stability {self.run}`{kept}; then train anew."

    def write(
        self, replay: Replay, batches: Sequence[AnyBatch], result: StepResult, origin: Origin, place: str = ""
    ) -> Path:
        """Keep a skipped update, and replace an earlier one of the same name.

        Args:
            replay: what is needed to compute the update again.
            batches: mini-batches of this process.
            result: result of the update.
            origin: origin of the first number that is not finite.
            place: ending of the folder's name, such as the number of the process.

        Returns:
            The folder of the update.

        Raises:
            OutputError: if the folder cannot be written.
        """
        path = self.folder / f"update-{replay.update:08d}{place}"
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        full = [other for other in self.folder.glob(f"update-*/{_BATCHES}") if other.parent != path]
        facts = {
            "update": replay.update,
            "seed": replay.seed,
            "places": list(replay.places),
            "loss_factor": replay.factor,
            "loss": _finite(result.loss),
            "gradient_norm": _finite(result.gradient_norm),
            "learning_rate": result.learning_rate,
            "stage": origin.stage,
            "module": origin.module,
            "examples": list(origin.examples),
            "lines": self.lines_of(origin.examples),
        }
        with new_folder(path, replace=True) as temporary:
            if len(full) < self.kept:
                save_file(_tensors(batches, replay), temporary / _BATCHES)
            text = json.dumps(facts, indent=2, ensure_ascii=False)
            (temporary / _FACTS).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
        return path


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _tensors(batches: Sequence[AnyBatch], replay: Replay) -> dict[str, Tensor]:
    """The tensors of the mini-batches by number and name, with the recurrent state before the first."""
    found = {f"carried.{index:04d}": part for index, part in enumerate(replay.carried)}
    for number, batch in enumerate(batches):
        for side, values in batch.sides.items():
            found |= {f"{number}.{side}.{name}": tensor for name, tensor in values.tensors.items()}
        found[f"{number}.examples"] = batch.examples
        if batch.weights is not None:
            found[f"{number}.weights"] = batch.weights
    return {name: tensor.detach().cpu().contiguous() for name, tensor in found.items()}
