"""A checkpoint is the whole experiment: whoever goes on from it ends with the same bits as if it had never stopped.

It holds the weights and their average, the optimizer's memory, the loss scale, the random state, the loader's position,
the best validation so far, the state that a recurrent language model carries on, what batch normalisation has counted,
how well the run is, the recipe, and the history. What it need not hold is a function of these: the learning rate and
the average's decay are functions of the update's number, and the loader's order of the seed and the epoch.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from dragoman.contracts import Carried
from dragoman.errors import DamagedFileError, DragomanError, TrainingError, UnsupportedError
from dragoman.model.buffers import learnt_buffers
from dragoman.storage.failure import unwritable
from dragoman.storage.folder import new_folder, recover_below, remove_folder, write_file
from dragoman.storage.verified import VerifiedFolder
from dragoman.training.early_stopping import EarlyStopping
from dragoman.training.history import FILE_NAME as HISTORY
from dragoman.training.optimizer import optimizer_tensors, restore_optimizer
from dragoman.training.recovery.health import Health
from dragoman.training.training_state import TrainingState

FORMAT = 5
"""Format 2 adds the history, format 3 the state that is carried on from batch to batch, format 4 what batch
normalisation has counted, format 5 how well the run is."""
TENSORS, FACTS = "state.safetensors", "state.json"
_CARRIED, _BUFFER = "carried.", "buffer."
_REMEDY = "put an undamaged copy of it back, or train anew into another folder."


@dataclass(slots=True)
class Progress:
    """Where a run stands.

    Attributes:
        update: updates done.
        seconds: training time so far, validation left out.
        loader: the data loader's position.
        stopping: the best validation so far, and how long ago.
        carried: what the last batch handed on.
        health: how well the run is.
    """

    update: int
    seconds: float
    loader: dict[str, int]
    stopping: EarlyStopping
    carried: Carried = ()
    health: Health = field(default_factory=Health)

    def to_dict(self) -> dict[str, Any]:
        """All but the tensors, as JSON can write it."""
        return {
            "update": self.update,
            "seconds": self.seconds,
            "loader": self.loader,
            "stopping": asdict(self.stopping),
            "health": self.health.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The checkpoints of a run.

    Attributes:
        folder: holds one folder for each; the run's history lies beside it.
        keep: newest ones kept.
        fingerprint: of the dataset; a checkpoint goes on only with the data it was made from.
        recipe: the recipe that the run is trained by, as TOML; those of earlier versions do not have it.
        damaged: those that :meth:`restore_newest` found to be; they do not count among the kept.
    """

    folder: Path
    keep: int
    fingerprint: str
    recipe: str
    damaged: set[Path] = field(default_factory=set)

    def save(self, state: TrainingState, progress: Progress) -> Path:
        """Write a checkpoint, then remove those older than the ``keep`` newest undamaged ones, but for the newest that
        :meth:`restore_good` would take.

        Raises:
            OutputError: if it cannot be written; those before are untouched then.
        """
        tensors = {
            "weights": state.parameters.master,
            "average": state.average.average.clone(),
            **_random_state(state.model.device),
            **optimizer_tensors(state.optimizer),
            **{f"{_CARRIED}{index:04d}": part for index, part in enumerate(progress.carried)},
            **{f"{_BUFFER}{name}": buffer for name, buffer in learnt_buffers(state.model).items()},
        }
        facts = {
            "format": FORMAT,
            "torch": torch.__version__,
            "dataset": self.fingerprint,
            "recipe": self.recipe,
            "progress": progress.to_dict(),
            "doubtful": progress.health.doubtful,
            "scaler": state.scaler.state_dict(),
        }
        path = self._path(progress.update)
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        with new_folder(path, replace=True) as temporary:
            save_file({name: t.cpu().contiguous() for name, t in tensors.items()}, temporary / TENSORS)
            (temporary / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
            (temporary / HISTORY).write_bytes((self.folder.parent / HISTORY).read_bytes())
        self.damaged.discard(path)
        self._prune(path)
        return path

    def _prune(self, newest: Path) -> None:
        whole = [path for path in self.list() if path <= newest and path not in self.damaged]
        good = next((path for path in reversed(whole) if _is_good(path)), newest)
        for path in self.list():
            if path < whole[-self.keep :][0] and path != good:
                remove_folder(path)

    def remove_after(self, update: int) -> None:
        """Remove those of later updates, the newest first.

        Raises:
            OutputError: if one cannot be removed.
        """
        for path in reversed(self.list()):
            if path > self._path(update):
                remove_folder(path)

    def restore_good(self, state: TrainingState) -> tuple[Progress, bytes | None] | None:
        """Put ``state`` and the global random state back to the newest undamaged checkpoint whose weights were free
        of doubt when it was saved.

        Returns:
            Where the run stood, and its history, which formats before 2 have not; None if there is no such checkpoint.
        """
        for path in reversed(self.list()):
            if path in self.damaged or not _is_good(path):
                continue
            try:
                saved = _read(path, self.fingerprint)
            except DamagedFileError:
                self.damaged.add(path)
                continue
            saved.restore(state)
            return saved.progress, saved.history
        return None

    def _path(self, update: int) -> Path:
        return self.folder / f"update-{update:08d}"

    def list(self) -> list[Path]:
        """Complete checkpoints, oldest first."""
        return sorted(path for path in self.folder.glob("update-*") if path.is_dir())

    def restore_newest(
        self, state: TrainingState, tell: Callable[[str], None] = lambda message: None, *, mend: bool = True
    ) -> Progress | None:
        """Put ``state``, the global random state and the history back to the newest checkpoint that is undamaged.

        Args:
            state: changed only once a whole checkpoint was read.
            tell: is given a sentence on each damaged one, which stays where it is, and on where the run goes on.
            mend: whether to put right what an interrupted writing left, and the history; another process has done so
                if not.

        Returns:
            Where the run stands; None if there is no checkpoint.

        Raises:
            DamagedFileError: if there are checkpoints and all are damaged, or one is of another architecture.
            TrainingError: if one belongs to another dataset.
            UnsupportedError: if one was written by a newer version.
        """
        if mend:
            recover_below(self.folder)
        found = self.list()
        errors: list[DamagedFileError] = []
        for path in reversed(found):
            try:
                saved = _read(path, self.fingerprint)
            except DamagedFileError as error:
                errors.append(error)
                self.damaged.add(path)
                tell(f"checkpoint {path.name} is damaged and is passed over ({error.file}: {error.what})")
                continue
            saved.restore(state)
            if mend and saved.history is not None:
                write_file(self.folder.parent / HISTORY, saved.history)
            if errors:
                tell(f"going on from the checkpoint of update {saved.progress.update:,}")
            return saved.progress
        if errors:
            raise _all_damaged(self.folder, errors)
        return None


@dataclass(frozen=True, slots=True)
class _Saved:
    """A checkpoint that was read and found whole; ``history`` is None in those of format 1."""

    path: Path
    tensors: dict[str, Tensor]
    scaler: dict[str, Any]
    progress: Progress
    history: bytes | None

    def restore(self, state: TrainingState) -> None:
        self._check_architecture(state)
        state.parameters.master.copy_(self.tensors["weights"])
        state.average.average.copy_(self.tensors["average"])
        state.parameters.publish()
        for name, buffer in learnt_buffers(state.model).items():
            buffer.copy_(self.tensors[f"{_BUFFER}{name}"])
        restore_optimizer(state.optimizer, self.tensors)
        if self.scaler:
            state.scaler.load_state_dict(self.scaler)
        _restore_random_state(self.tensors, state.model.device)

    def _check_architecture(self, state: TrainingState) -> None:
        expected = {"weights": state.parameters.master.shape}
        for index, group in enumerate(state.optimizer.param_groups):
            shape = group["params"][0].shape
            expected |= {
                name: shape
                for name, tensor in self.tensors.items()
                if name.startswith(f"optimizer.{index}.") and tensor.ndim
            }
        buffers = {f"{_BUFFER}{name}": buffer.shape for name, buffer in learnt_buffers(state.model).items()}
        for name, shape in {**expected, **buffers}.items():
            if name not in self.tensors or self.tensors[name].shape != shape:
                raise DamagedFileError(
                    f"its {name} holds {_size(self.tensors, name):,} numbers, and the recipe's model has "
                    f"{shape.numel():,}",
                    file=self.path,
                    remedy="put the run's own recipe.toml back.",
                )


def _is_good(path: Path) -> bool:
    """Whether a checkpoint was saved without a doubt of its weights, as all were before format 5."""
    try:
        return not json.loads((path / FACTS).read_text(encoding="utf-8")).get("doubtful", False)
    except (OSError, ValueError, AttributeError):
        return False


def _size(tensors: dict[str, Tensor], name: str) -> int:
    return tensors[name].numel() if name in tensors else 0


def _read(path: Path, fingerprint: str) -> _Saved:
    folder = VerifiedFolder.open(path, needs=(TENSORS, FACTS))
    facts = folder.json(FACTS)
    with folder.understanding(FACTS):
        version, dataset = int(facts["format"]), str(facts["dataset"])
        if version <= FORMAT and dataset == fingerprint:
            return _parse(folder, facts)
    raise _foreign(path, version)


def _parse(folder: VerifiedFolder, facts: dict[str, Any]) -> _Saved:
    progress = facts["progress"]
    stopping = EarlyStopping(**progress.pop("stopping"))
    health = Health.from_dict(progress.pop("health")) if facts["format"] > 4 else Health()
    with folder.understanding(TENSORS) as file:
        tensors = load_file(file)
        _check_tensors(tensors)
    history = folder.file(HISTORY).read_bytes() if facts["format"] > 1 else None
    carried = tuple(tensors.pop(name) for name in sorted(tensors) if name.startswith(_CARRIED))
    stands = Progress(stopping=stopping, carried=carried, health=health, **progress)
    return _Saved(folder.path, tensors, facts["scaler"], stands, history)


def _check_tensors(tensors: dict[str, Tensor]) -> None:
    for name, kind in (("weights", torch.float32), ("average", torch.float32), ("random.cpu", torch.uint8)):
        if tensors[name].dtype != kind:
            raise TypeError(f"{name} is of {tensors[name].dtype}")
    if tensors["weights"].shape != tensors["average"].shape:
        raise ValueError(f"{tensors['weights'].numel():,} weights, {tensors['average'].numel():,} averages of them")
    if tensors["random.cpu"].shape != torch.get_rng_state().shape:
        raise ValueError("random.cpu is no state of this generator")
    for name in ("weights", "average"):
        if not torch.isfinite(tensors[name]).all():
            raise ValueError(f"{name} has numbers that are NaN or infinite")


def _foreign(path: Path, version: int) -> DragomanError:
    if version > FORMAT:
        return UnsupportedError(
            f"{path} has checkpoint format {version}, and this version reads up to {FORMAT}",
            remedy="resume with the version of dragoman that wrote it, or a newer one.",
        )
    return TrainingError(
        "the dataset is not the one that this checkpoint was made from",
        file=path,
        remedy="put the run's dataset folder back, or train anew into another folder.",
    )


def _all_damaged(folder: Path, errors: list[DamagedFileError]) -> DamagedFileError:
    if len(errors) == 1:
        return DamagedFileError(
            f"the run's only checkpoint is damaged: {errors[0].what}", file=errors[0].file, remedy=_REMEDY
        )
    listing = "\n".join(f"  - {error.file}: {error.what}" for error in errors)
    return DamagedFileError(
        f"all {len(errors)} checkpoints of the run are damaged:\n{listing}",
        file=folder,
        remedy="put an undamaged copy of one of them back, or train anew into another folder.",
    )


def _random_state(device: torch.device) -> dict[str, Tensor]:
    """Of the processor's generator, and of the device's own, which dropout there draws from."""
    states = {"random.cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["random.cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["random.mps"] = torch.mps.get_rng_state()
    return states


def _restore_random_state(tensors: dict[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(tensors["random.cpu"])
    if device.type == "cuda" and "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"], device)
    elif device.type == "mps" and "random.mps" in tensors:
        torch.mps.set_rng_state(tensors["random.mps"])
