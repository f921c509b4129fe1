"""A checkpoint is the whole experiment: whoever goes on from it ends with the same bits as if it had never stopped."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from dragoman.errors import DamagedFileError, TrainingError, UnsupportedError
from dragoman.storage.folder import new_folder
from dragoman.storage.manifest import verify
from dragoman.training.early_stopping import EarlyStopping
from dragoman.training.optimizer import optimizer_tensors, restore_optimizer
from dragoman.training.step import Trainee

FORMAT = 1


@dataclass(slots=True)
class Progress:
    """Where a run stands.

    Attributes:
        update: updates done.
        seconds: training time so far, validation left out.
        loader: the data loader's position.
        stopping: the best validation so far, and how long ago.
    """

    update: int
    seconds: float
    loader: dict[str, int]
    stopping: EarlyStopping


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The checkpoints of a run.

    Attributes:
        folder: holds one folder for each.
        keep: newest ones kept.
        fingerprint: of the dataset; a checkpoint goes on only with the data it was made from.
    """

    folder: Path
    keep: int
    fingerprint: str

    def save(self, trainee: Trainee, progress: Progress) -> Path:
        """Write a checkpoint, then remove the oldest beyond ``keep``."""
        tensors = {
            "weights": trainee.parameters.master,
            "average": trainee.average.average.clone(),
            "random.cpu": torch.get_rng_state(),
            **optimizer_tensors(trainee.optimizer),
        }
        if torch.cuda.is_available():
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        facts = {
            "format": FORMAT,
            "torch": torch.__version__,
            "dataset": self.fingerprint,
            "progress": asdict(progress),
            "scaler": trainee.scaler.state_dict(),
        }
        path = self.folder / f"update-{progress.update:08d}"
        with new_folder(path, replace=True) as temporary:
            save_file({name: t.cpu().contiguous() for name, t in tensors.items()}, temporary / "state.safetensors")
            (temporary / "state.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        for old in self.list()[: -self.keep]:
            shutil.rmtree(old)
        return path

    def list(self) -> list[Path]:
        """Complete checkpoints, oldest first."""
        return sorted(path for path in self.folder.glob("update-*") if path.is_dir())

    def restore_newest(self, trainee: Trainee) -> Progress | None:
        """Put ``trainee`` and the global random state back to the newest checkpoint; None if there is none.

        Raises:
            DamagedFileError: if it fails its checksum.
            TrainingError: if it belongs to another dataset or architecture.
            UnsupportedError: if it was written by a newer version.
        """
        if not self.list():
            return None
        path = self.list()[-1]
        verify(path)
        facts = json.loads((path / "state.json").read_text(encoding="utf-8"))
        if facts["format"] > FORMAT:
            raise UnsupportedError(
                f"{path} has checkpoint format {facts['format']}, and this version reads up to {FORMAT}",
                remedy="resume with the version of dragoman that wrote it, or a newer one.",
            )
        if facts["dataset"] != self.fingerprint:
            raise TrainingError(
                "the dataset is not the one that this checkpoint was made from",
                file=path,
                remedy="put the run's dataset folder back, or train anew into another folder.",
            )
        tensors = load_file(path / "state.safetensors")
        if tensors["weights"].shape != trainee.parameters.master.shape:
            raise DamagedFileError(
                f"it holds {tensors['weights'].numel():,} numbers, and the recipe's model has "
                f"{trainee.parameters.master.numel():,}",
                file=path,
                remedy="put the run's own recipe.toml back.",
            )
        trainee.parameters.master.copy_(tensors["weights"])
        trainee.average.average.copy_(tensors["average"])
        trainee.parameters.publish()
        restore_optimizer(trainee.optimizer, tensors)
        trainee.scaler.load_state_dict(facts["scaler"])
        torch.set_rng_state(tensors["random.cpu"])
        if "random.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random.cuda"])
        progress = facts["progress"]
        stopping = EarlyStopping(**progress.pop("stopping"))
        return Progress(stopping=stopping, **progress)
