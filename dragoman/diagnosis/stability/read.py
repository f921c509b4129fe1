"""Reading what a run recorded about its stability."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dragoman.errors import DamagedFileError, InputError
from dragoman.recipe import Recipe
from dragoman.storage.json import JsonObject
from dragoman.training.history import REWIND, SKIP, UPDATE
from dragoman.training.observer import RewindRecord, SkipRecord, StabilityRecord
from dragoman.training.run_folder import RunFolder

INCIDENT = "incident.json"
_FEW_UPDATES = 20


@dataclass(frozen=True, slots=True)
class StabilityEvidence:
    """What a run recorded about its stability.

    Attributes:
        name: name of the run's folder.
        recipe: the run's recipe.
        updates: one row for each update that was done, as :func:`~dragoman.training.history.read_history` returns it.
        looks: snapshots of the stability monitor on the final trajectory; those that a rewind discarded are dropped.
        skips: updates that were skipped, in order, including those that a rewind removed from the history.
        rewinds: returns to an earlier checkpoint, in order.
        unknown: sentences on what cannot be known about this run.
    """

    name: str
    recipe: Recipe
    updates: pd.DataFrame
    looks: tuple[StabilityRecord, ...]
    skips: tuple[SkipRecord, ...]
    rewinds: tuple[RewindRecord, ...]
    unknown: tuple[str, ...]

    @property
    def last_update(self) -> int:
        """The number of the last update that was made or skipped; 0 if there was none."""
        made = int(self.updates["update"].max()) if len(self.updates) else 0
        return max([made, *(skip.update for skip in self.skips)])

    def late(self, values: Callable[[StabilityRecord], Mapping[str, float]]) -> dict[str, float]:
        """The median of each place's value over the second half of all snapshots.

        Args:
            values: function from a snapshot to one of its mappings from places to values.
        """
        later = [values(look) for look in self.looks[len(self.looks) // 2 :]]
        names = dict.fromkeys(name for look in later for name in look)
        frame = pd.DataFrame(later, columns=list(names), dtype="float64")
        return {str(name): float(value) for name, value in frame.median().items() if math.isfinite(value)}


def read_evidence(folder: Path) -> StabilityEvidence:
    """Read what a run recorded; the run may still be going on.

    Args:
        folder: the run's folder.

    Raises:
        InputError: if the folder holds no run, or one that has not begun to train.
        DamagedFileError: if one of its files is not what a run writes.

    >>> read_evidence(Path("runs/demo")).last_update
    6
    """
    run = RunFolder(folder)
    run.check(dataset=False)
    recipe, history = run.recipe(), run.history()
    updates = history[history["event"] == UPDATE].reset_index(drop=True)
    events: list[dict[str, Any]] = [
        {str(key): value for key, value in row.items()}
        for row in history[history["event"].isin([SKIP, REWIND])].to_dict("records")
    ]
    skips = {record.update: record for record in map(_skip, (e for e in events if e["event"] == SKIP))}
    for record in _incidents(run.incidents_folder):
        # Of several processes that kept the same update, only some found the cause.
        if record.stage is not None or record.update not in skips:
            skips[record.update] = record
    if updates.empty and not skips:
        raise InputError(
            "this run has made no update yet", file=folder, remedy="wait for the first, or train it on with `--resume`."
        )
    looks = _looks(run)
    return StabilityEvidence(
        name=folder.resolve().name,
        recipe=recipe,
        updates=updates,
        looks=looks,
        skips=tuple(skips[update] for update in sorted(skips)),
        rewinds=tuple(_rewind(event) for event in events if event["event"] == REWIND),
        unknown=tuple(_unknown(recipe, updates, looks)),
    )


def _looks(run: RunFolder) -> tuple[StabilityRecord, ...]:
    """Snapshots on the final trajectory; those that a rewind discarded are dropped."""
    try:
        kept: list[StabilityRecord] = []
        for look in run.stability():
            kept = [*(before for before in kept if before.update < look.update), look]
        return tuple(kept)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise DamagedFileError(
            f"this is not what the stability monitor writes: {error!r}",
            file=run.stability_file,
            cause="the file was edited, or is of another version",
            remedy="remove it; the diagnosis then does without the looks of the monitor.",
        ) from error


def _incidents(folder: Path) -> Iterable[SkipRecord]:
    """Skipped updates whose incidents were kept; after a rewind the history no longer has them."""
    for path in sorted(folder.glob(f"update-*/{INCIDENT}")):
        try:
            incident = json.loads(path.read_bytes())
            yield SkipRecord(
                update=int(incident["update"]),
                loss=_number(incident["loss"]),
                gradient_norm=_number(incident["gradient_norm"]),
                stage=incident["stage"],
                module=incident["module"],
                lines=tuple(map(str, incident["lines"])),
                folder=path.parent,
            )
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DamagedFileError(
                f"what was kept of an update that was not made cannot be read: {error!r}",
                file=path,
                cause="the file was edited, or the disk failed",
                remedy="remove its folder; the rest of the diagnosis does without it.",
            ) from error


def _skip(row: JsonObject) -> SkipRecord:
    lines = _text(row["lines"]) or ""
    return SkipRecord(
        update=int(row["update"]),
        loss=_number(row["loss"]),
        gradient_norm=_number(row["gradient_norm"]),
        stage=_text(row["stage"]),
        module=_text(row["module"]),
        lines=tuple(line for line in lines.split("; ") if line),
        folder=None,
    )


def _rewind(row: JsonObject) -> RewindRecord:
    return RewindRecord(
        update=int(row["update"]),
        back_to=int(row["back_to"]),
        reason=str(row["reason"]),
        learning_rate_factor=float(row["learning_rate_factor"]),
    )


def _unknown(recipe: Recipe, updates: pd.DataFrame, looks: tuple[StabilityRecord, ...]) -> Iterable[str]:
    if not looks:
        off = recipe.training.stability.look_every == 0
        why = "training.stability.look_every is 0" if off else "an older version, or a run that ended before its first"
        yield (
            f"What happened inside of the model: the run has no looks of the stability monitor ({why}). So single "
            "layers, dead and saturated units, attention scores and gradients through time are not known."
        )
    elif len(looks) == 1:
        yield "How layers changed: the stability monitor looked only once."
    if len(updates) < _FEW_UPDATES:
        yield f"Whether the loss blows up: {len(updates)} updates are too few to tell it from noise."
    if recipe.training.optimizer.clip_norm and updates["gradient_norm"].isna().all():
        yield "Whether the gradient was clipped: its norm was not recorded."


def _number(value: float | None) -> float:
    return math.nan if value is None or pd.isna(value) else float(value)


def _text(value: str | float | None) -> str | None:
    return None if value is None or pd.isna(value) or not str(value) else str(value)
