"""A checkpoint is a snapshot of training on the disk, with the recipe and the history of its run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from dragoman.errors import DamagedFileError, DragomanError, TrainingError, UnsupportedError
from dragoman.storage.failure import unwritable
from dragoman.storage.folder import new_folder, recover_below, remove_folder, write_file
from dragoman.storage.json import JsonObject
from dragoman.storage.verified import VerifiedFolder
from dragoman.training.budget.deadline import Timing
from dragoman.training.budget.pace import Pace
from dragoman.training.early_stopping import EarlyStopping
from dragoman.training.history import put_back
from dragoman.training.recovery.health import Health
from dragoman.training.snapshot import Progress, Snapshot
from dragoman.training.training_state import TrainingState

FORMAT = 5
"""Format 2 adds the history, format 3 the recurrent state that passes from batch to batch, format 4 the statistics of
batch normalisation, format 5 the health of the run."""
TENSORS, FACTS, HISTORY = "state.safetensors", "state.json", "history.jsonl"
_CARRIED = "carried."
_REMEDY = "put an undamaged copy of it back, or train anew into another folder."


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The checkpoints of a run: :class:`~dragoman.training.snapshot.Snapshots` in a folder.

    Attributes:
        folder: The folder that holds one folder for each checkpoint.
        history: The file of the run's history, which every checkpoint has a copy of.
        keep: Number of newest checkpoints that are kept.
        fingerprint: The dataset's fingerprint; a checkpoint is only used with the data that it was made from.
        recipe: The recipe that the run is trained by, as TOML; checkpoints of earlier versions do not have it.
        damaged: Checkpoints that were found to be damaged when they were read; they do not count among the kept.
    """

    folder: Path
    history: Path
    keep: int
    fingerprint: str
    recipe: str
    damaged: set[Path] = field(default_factory=set)

    def is_empty(self) -> bool:
        """Whether there is no checkpoint."""
        return not self.list()

    def save(self, state: TrainingState, progress: Progress) -> None:
        """Write a checkpoint, then prune: keep the ``keep`` newest intact checkpoints and the newest whose weights are
        free of doubt.

        Raises:
            OutputError: if the checkpoint cannot be written; earlier ones are untouched then.
        """
        snapshot = Snapshot.of(state, progress)
        carried = {f"{_CARRIED}{index:04d}": part for index, part in enumerate(progress.carried)}
        facts = {
            "format": FORMAT,
            "torch": torch.__version__,
            "dataset": self.fingerprint,
            "recipe": self.recipe,
            "progress": progress.to_dict(),
            "doubtful": progress.health.doubtful,
            "scaler": snapshot.scaler,
        }
        path = self._path(progress.update)
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from error
        with new_folder(path, replace=True) as temporary:
            tensors = {name: part.cpu().contiguous() for name, part in {**snapshot.tensors, **carried}.items()}
            save_file(tensors, temporary / TENSORS)
            (temporary / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
            (temporary / HISTORY).write_bytes(self.history.read_bytes())
        self.damaged.discard(path)
        self._prune(path)

    def _prune(self, newest: Path) -> None:
        whole = [path for path in self.list() if path <= newest and path not in self.damaged]
        good = next((path for path in reversed(whole) if _is_good(path)), newest)
        for path in self.list():
            if path < whole[-self.keep :][0] and path != good:
                remove_folder(path)

    def remove_after(self, update: int) -> None:
        """Remove the checkpoints of later updates, the newest first.

        Raises:
            OutputError: if a checkpoint cannot be removed.
        """
        for path in reversed(self.list()):
            if path > self._path(update):
                remove_folder(path)

    def restore_good(self, state: TrainingState) -> Progress | None:
        """Put ``state`` and the global random state back to the newest undamaged checkpoint whose weights were free
        of doubt when it was saved.

        Returns:
            The progress at that checkpoint; None if there is no such checkpoint.
        """
        for path in reversed(self.list()):
            if path in self.damaged or not _is_good(path):
                continue
            try:
                saved = _read(path, self.fingerprint)
            except DamagedFileError:
                self.damaged.add(path)
                continue
            return saved.restore(state)
        return None

    def put_back_records(self, update: int) -> None:
        """Put the run's history back to the copy in the checkpoint of an update, except for rows that still tell of the
        run. Checkpoints of format 1 have no copy, and the history stays.

        Raises:
            OutputError: if the history cannot be written; it is as before then.
        """
        saved = self._path(update) / HISTORY
        if saved.is_file():
            put_back(self.history, saved.read_bytes())

    def _path(self, update: int) -> Path:
        return self.folder / f"update-{update:08d}"

    def list(self) -> list[Path]:
        """The complete checkpoints, oldest first."""
        return sorted(path for path in self.folder.glob("update-*") if path.is_dir())

    def restore_newest(
        self, state: TrainingState, log: Callable[[str], None] = lambda message: None, *, mend: bool = True
    ) -> Progress | None:
        """Put ``state``, the global random state and the history back to the newest checkpoint that is undamaged.

        Args:
            state: the training state, which is changed only once a whole checkpoint was read.
            log: function that is given a sentence on each damaged checkpoint, which stays where it is, and on the
                checkpoint that the run goes on from.
            mend: whether to repair what an interrupted writing left, and to put the history back; False if another
                process does so.

        Returns:
            The progress at that checkpoint; None if there is no checkpoint.

        Raises:
            DamagedFileError: if there are checkpoints and all are damaged, or one belongs to another architecture.
            TrainingError: if a checkpoint belongs to another dataset.
            UnsupportedError: if a checkpoint was written by a newer version.
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
                log(f"checkpoint {path.name} is damaged and is passed over ({error.file}: {error.what})")
                continue
            progress = saved.restore(state)
            if mend and saved.history is not None:
                write_file(self.history, saved.history)
            if errors:
                log(f"going on from the checkpoint of update {progress.update:,}")
            return progress
        if errors:
            raise _all_damaged(self.folder, errors)
        return None


@dataclass(frozen=True, slots=True)
class _Saved:
    """A checkpoint that was read and found whole; ``history`` is None in checkpoints of format 1."""

    path: Path
    snapshot: Snapshot
    history: bytes | None

    def restore(self, state: TrainingState) -> Progress:
        misfit = self.snapshot.misfit(state)
        if misfit is not None:
            raise DamagedFileError(misfit, file=self.path, remedy="put the run's own recipe.toml back.")
        self.snapshot.restore(state)
        return self.snapshot.progress


def _is_good(path: Path) -> bool:
    """Whether a checkpoint was saved while its weights were free of doubt, as all were before format 5."""
    try:
        return not json.loads((path / FACTS).read_text(encoding="utf-8")).get("doubtful", False)
    except (OSError, ValueError, AttributeError):
        return False


def _read(path: Path, fingerprint: str) -> _Saved:
    folder = VerifiedFolder.open(path, needs=(TENSORS, FACTS))
    facts = folder.json(FACTS)
    with folder.understanding(FACTS):
        version, dataset = int(facts["format"]), str(facts["dataset"])
        if version <= FORMAT and dataset == fingerprint:
            return _parse(folder, facts)
    raise _foreign(path, version)


def _parse(folder: VerifiedFolder, facts: JsonObject) -> _Saved:
    progress = facts["progress"]
    stopping = EarlyStopping(**progress.pop("stopping"))
    health = Health.from_dict(progress.pop("health")) if facts["format"] > 4 else Health()
    pace, timing = Pace(**progress.pop("pace", {})), Timing(**progress.pop("timing", {}))
    with folder.understanding(TENSORS) as file:
        tensors = load_file(file)
        _check_tensors(tensors)
    history = folder.file(HISTORY).read_bytes() if facts["format"] > 1 else None
    carried = tuple(tensors.pop(name) for name in sorted(tensors) if name.startswith(_CARRIED))
    stands = Progress(stopping=stopping, carried=carried, health=health, pace=pace, timing=timing, **progress)
    return _Saved(folder.path, Snapshot(tensors, facts["scaler"], stands), history)


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
