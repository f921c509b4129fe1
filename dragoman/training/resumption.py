"""The settings that may change when a run is resumed.

The run's own ``recipe.toml``, with what is changed in the call, says how it goes on. What it was trained by so far
stands in its checkpoints, so that a change is noticed wherever it was made.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dragoman.errors import DamagedFileError, RecipeError
from dragoman.recipe import Recipe, recipe_from
from dragoman.recipe.difference import Difference, asked_for, differences
from dragoman.recipe.training import TrainingRecipe
from dragoman.storage.run_paths import RunPaths
from dragoman.training.checkpoint import FACTS
from dragoman.training.early_stopping import EarlyStopping
from dragoman.training.schedule import build_schedule

LENGTH = ("training.updates", "training.tokens", "training.minutes", "training.finish_within")
"""What says how long a run is."""
CHANGEABLE = (
    *LENGTH,
    "training.validate_every",
    "training.checkpoint_every",
    "training.keep_checkpoints",
    "training.threads",
    "training.early_stopping.patience",
    "training.stability.look_every",
    "reference.examples",
    "reference.texts",
)
"""Settings that a run may go on with that it did not begin with: none of them changes an update that it has made."""
_TO_THE_END = ("cosine", "linear", "hold")
"""Schedules that go down to 0 at the last update, and so depend on the length of the run."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run has come, by its newest checkpoint that can be read.

    Attributes:
        recipe: the recipe that the run was trained by; None for checkpoints of versions that did not keep it.
        update: number of updates done.
        seconds: training time so far, in seconds.
        elapsed: seconds of the whole run so far, where it has to end in time; else 0.
        stopping: the best validation so far, and how many validations ago it was.
    """

    recipe: Recipe | None
    update: int
    seconds: float
    elapsed: float
    stopping: EarlyStopping


def standing_of(run: RunPaths) -> Standing | None:
    """How far a run has come; None if it has no checkpoint that can be read. Checksums are not verified here.

    >>> from pathlib import Path
    >>> standing = standing_of(RunPaths(Path("runs/demo")))
    >>> standing.update, standing.stopping.metric
    (6, 'loss')

    Raises:
        DamagedFileError: if the recipe in a checkpoint is not valid.
    """
    for path in sorted(run.checkpoints_folder.glob(f"update-*/{FACTS}"), reverse=True):
        try:
            facts = json.loads(path.read_bytes())
            progress = facts["progress"]
            stopping = EarlyStopping(**progress["stopping"])
            update, seconds, values = int(progress["update"]), float(progress["seconds"]), facts.get("recipe")
            elapsed = float(progress.get("timing", {}).get("elapsed", 0.0))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        return Standing(_recipe(values, path), update, seconds, elapsed, stopping)
    return None


def check_asked(run: RunPaths, recipe: Recipe, changes: Mapping[str, object]) -> None:
    """Make sure that only settings which may change are to be changed; whether the values are valid is asked later.

    Args:
        run: the run's folder.
        recipe: the run's recipe.
        changes: nested values that shall replace those of the recipe.

    Raises:
        RecipeError: if a setting would change that may not; it names each of them with both values.
    """
    _refuse_fixed(run, asked_for(recipe, changes))


def check_changes(run: RunPaths, written: Recipe, goes_on_with: Recipe) -> tuple[str, ...]:
    """Make sure that a run can go on by a recipe.

    Args:
        run: the run's folder.
        written: the recipe that lies in the run's folder.
        goes_on_with: the recipe that the run is to go on by.

    Returns:
        A sentence on each setting that changes.

    Raises:
        RecipeError: if a setting would change that may not, each of which it names with both values; or if the run
            would end at once by the new recipe.
    """
    standing = standing_of(run)
    trained_by = None if standing is None else standing.recipe
    if trained_by is None:
        best = run.best_recipe_file
        trained_by = _recipe(best.read_text(encoding="utf-8"), best) if best.is_file() else None
        trained_by = trained_by or written
    found = differences(trained_by, goes_on_with)
    _refuse_fixed(run, found)
    if standing is not None and any(difference.key in LENGTH for difference in found):
        problems = list(_why_it_would_stand_still(standing, goes_on_with, found))
        if problems:
            raise RecipeError(problems, file=run.path, remedy="give these values with --set beside --resume.")
    said = tuple(f"{change.key} is now {change.new}, and was {change.old}" for change in found)
    return said if standing is None else (*said, *_new_rates(standing, trained_by, goes_on_with))


def _recipe(values: str | None, path: Path) -> Recipe | None:
    if values is None:
        return None
    try:
        return recipe_from(tomllib.loads(values))
    except (TypeError, ValueError, RecipeError) as error:
        raise DamagedFileError(
            f"the recipe that it was trained by cannot be read: {error}",
            file=path,
            cause="the file was edited, or a newer version wrote it",
            remedy="resume with the version that wrote it, or remove this checkpoint.",
        ) from error


def _refuse_fixed(run: RunPaths, found: Iterable[Difference]) -> None:
    fixed = [
        f"{change.key}: the run was trained with {change.old}, and is to go on with {change.new}; it cannot change"
        for change in found
        if change.key not in CHANGEABLE
    ]
    if fixed:
        raise RecipeError(
            fixed,
            file=run.path,
            remedy="put these back, in the run's recipe.toml or in what you typed, to go on with this run; to train "
            f"with them, start a new run in another folder. On resume only these can change: {', '.join(CHANGEABLE)}.",
        )


def _why_it_would_stand_still(standing: Standing, recipe: Recipe, found: Iterable[Difference]) -> Iterable[str]:
    """The reasons why training would end at once although more was asked for, each as a sentence."""
    training, asked = recipe.training, {difference.key for difference in found}
    if "training.updates" in asked and training.tokens is None and training.updates < standing.update:
        yield (
            f"training.updates: {training.updates:,} were asked for, and the run has made {standing.update:,} already; "
            f"give {standing.update} or more"
        )
        return
    patience = training.early_stopping.patience
    unfinished = training.tokens is not None or standing.update < training.updates
    if standing.stopping.waited >= patience and unfinished:
        needed = 2 * standing.stopping.waited
        yield (
            f"training.early_stopping.patience: the run ended after {standing.stopping.waited} validations without a "
            f"better {standing.stopping.metric}, not for want of updates, and would end at once again; to go on give "
            f"more, such as --set training.early_stopping.patience={needed}"
        )
    if training.finish_within is not None and standing.elapsed >= 60 * training.finish_within:
        spent = standing.elapsed / 60
        yield (
            f"training.finish_within: the run is to end within {training.finish_within:g} minutes, and {spent:.3g} are "
            f"over; to go on give more, such as --set training.finish_within={math.ceil(2 * spent)}"
        )
    if training.minutes is not None and standing.seconds >= 60 * training.minutes:
        spent = standing.seconds / 60
        yield (
            f"training.minutes: the run may take {training.minutes:g} and has taken {spent:.3g}; to go on give more, "
            f"such as --set training.minutes={math.ceil(2 * spent)}"
        )


def _new_rates(standing: Standing, old: Recipe, new: Recipe) -> Iterable[str]:
    """A sentence on each thing that changes during a run and depends on its length, which is another now."""
    before, after = old.training, new.training
    if (before.updates, before.tokens) == (after.updates, after.tokens):
        return
    in_tokens = before.tokens is not None or after.tokens is not None
    if after.schedule.kind in _TO_THE_END:
        yield from _new_schedule(standing.update, before, after, in_tokens=in_tokens)
    shares = {
        "training.schedule.warmup_share": after.schedule.warmup_share is not None,
        "training.average_share": after.average_share > 0,
        "training.dropout_start": after.dropout_start != 1,
        "training.batch.first_accumulation": after.batch.first_accumulation not in (None, after.batch.accumulation),
    }
    named = [name for name, used in shares.items() if used]
    if named:
        yield (
            f"{' and '.join(named)} {'go' if len(named) > 1 else 'goes'} by shares of the run: from here on by those "
            "of the new length, while the updates so far were made by those of the old one"
        )


def _new_schedule(done: int, before: TrainingRecipe, after: TrainingRecipe, *, in_tokens: bool) -> Iterable[str]:
    kind = after.schedule.kind
    if in_tokens:
        what = "decays towards" if kind == "hold" else "ends with"
        yield f"the {kind} schedule now {what} the new last update, so the learning rate jumps to its new curve"
        return
    update, old, new = done + 1, build_schedule(before), build_schedule(after)
    ends = f"the {kind} schedule now ends at update {after.updates:,} and not at {before.updates:,}"
    if kind == "hold" and old(update) == new(update):
        yield f"{ends}; it still holds its peak, as a run does that was planned so long"
        return
    yield (
        f"{ends}: the learning rate of update {update:,} is {new(update):.3g}, and would have been {old(update):.3g}"
    )
