"""The learning rate and the length of an adaptation, chosen by short trainings in memory.

A model that has converged is moved little by a small learning rate and much by a large one, and which is better depends
on how many new examples there are and how far from the old ones they are. So each of several rates is tried for a
while, and that with the lowest validation loss is taken. The loss is measured on new and old held-out examples in the
shares that they shall count, so that forgetting counts as well as learning.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dragoman.data.dataset import Dataset
from dragoman.errors import DamagedFileError, TrainingError
from dragoman.recipe import Recipe, changed
from dragoman.recipe.growth import mean_mini_batches
from dragoman.storage.folder import write_file
from dragoman.storage.json import JsonObject
from dragoman.training.start import Start
from dragoman.training.trial import run_trial

FACTORS = (1.0, 0.3, 0.1)
"""The learning rates that are tried, as parts of the parent's peak."""
PASSES = 30
"""The most passes over the new examples."""
_BATCHES, _UPDATES, _SMALLER = 20, 400, 4
"""The fewest mini-batches in a pass, and in the time, as far as they need not become smaller than a fourth of the
parent's."""
_TRIAL = 15
"""Each trial takes this part of the time for everything, or of the updates."""
_FEWEST = 20
"""The fewest updates of a trial."""
_TIMED = 6
_VALIDATIONS = 10
_PATIENCE = 4
_WARMUP = 20

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RateTrial:
    """A short training with one learning rate.

    Attributes:
        learning_rate: peak of the learning rate.
        updates: updates done.
        loss: lowest validation loss after an update; infinite if none was finite.
        seconds: training time in seconds.
    """

    learning_rate: float
    updates: int
    loss: float
    seconds: float


class Trials:
    """The trials of an adaptation, each of which is written to a file when it ends, so that none is repeated.

    Args:
        path: path of the file, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.done: list[RateTrial] = []
        self.seconds_per_token: float | None = None
        if path.is_file():
            self._read()

    def add(self, trial: RateTrial) -> None:
        """Keep a trial.

        Raises:
            OutputError: if the file cannot be written.
        """
        self.done.append(trial)
        self._write()

    def timed(self, seconds: float) -> None:
        """Keep how long a token of a mini-batch takes."""
        self.seconds_per_token = seconds
        self._write()

    def of(self, learning_rate: float) -> RateTrial | None:
        """The trial with a learning rate; None if there is none yet."""
        return next((trial for trial in self.done if math.isclose(trial.learning_rate, learning_rate)), None)

    @property
    def best(self) -> RateTrial:
        """The trial with the lowest loss.

        Raises:
            TrainingError: if none has a finite loss.
        """
        best = min(self.done, key=lambda trial: trial.loss)
        if not math.isfinite(best.loss):
            raise TrainingError(
                "no learning rate that was tried gave a finite validation loss",
                cause="the parent's weights are on the brink, or the new examples hold numbers far out of range.",
                remedy="set a smaller one: --set training.optimizer.learning_rate=0.00001.",
            )
        return best

    def _write(self) -> None:
        values = {"seconds_per_token": self.seconds_per_token, "trials": [asdict(trial) for trial in self.done]}
        # JSON has no infinity; a loss that is not finite is null.
        for trial in values["trials"] or ():  # type: ignore[union-attr]
            trial["loss"] = trial["loss"] if math.isfinite(trial["loss"]) else None
        write_file(self._path, (json.dumps(values, indent=2) + "\n").encode())

    def _read(self) -> None:
        try:
            values = json.loads(self._path.read_bytes())
            self.seconds_per_token = values["seconds_per_token"]
            self.done = [
                RateTrial(**{**trial, "loss": math.inf if trial["loss"] is None else trial["loss"]})
                for trial in values["trials"]
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedFileError(
                f"the trials of the learning rate cannot be read: {error}",
                file=self._path,
                remedy="remove this file; they are then made again.",
            ) from error


def choose(
    recipe: Recipe,
    dataset: Dataset,
    start: Start,
    trials: Trials,
    *,
    minutes: float | None,
    updates: int | None,
    rates: Sequence[float],
    same_batches: bool,
    log: Log,
) -> Recipe:
    """Choose mini-batches, learning rate and length, and give the recipe that has them.

    Args:
        recipe: the recipe of the adaptation.
        dataset: new and old examples.
        start: the parent.
        trials: trials that were made already, to which others are added.
        minutes: time for trials and training together; None for no limit of time, where ``updates`` is one.
        updates: the most updates; None for no such limit.
        rates: learning rates to try; a single one is taken without a trial.
        same_batches: whether mini-batches stay as large as the recipe's.
        log: called with a sentence on each trial.

    Raises:
        TrainingError: if no rate leads to a finite loss.
    """
    share = 1 - (len(rates) / _TRIAL if len(rates) > 1 else 0)
    left = None if minutes is None else minutes * share
    recipe = fitted(recipe, dataset, start, trials, minutes=left, updates=updates, same_batches=same_batches)
    updates = recipe.training.updates
    if len(rates) == 1:
        return with_length(recipe, rates[0], updates)
    length = max(round(updates / _TRIAL), _FEWEST)
    for rate in rates:
        if trials.of(rate) is None:
            trial = run_trial(with_length(recipe, rate, length), dataset, validations=2, start=start)
            # The parent itself is measured first, which says nothing of the rate.
            losses = [record.loss for record in trial.validations if record.update and math.isfinite(record.loss)]
            loss = min(losses, default=math.inf)
            trials.add(RateTrial(rate, trial.updates, loss, trial.seconds))
            log(f"learning rate {rate:.2g}: validation loss {loss:.3f} after {trial.updates:,} updates")
    chosen = trials.best.learning_rate
    log(f"learning rate {chosen:.2g} is taken, for at most {updates:,} updates")
    return with_length(recipe, chosen, updates)


def fitted(
    recipe: Recipe,
    dataset: Dataset,
    start: Start | None,
    trials: Trials,
    *,
    minutes: float | None,
    updates: int | None = None,
    same_batches: bool = False,
    passes: float = PASSES,
) -> Recipe:
    """The recipe with the updates that fit into the time, at most some passes over the new examples.

    Mini-batches become smaller, down to a fourth, if a pass would else have few of them, or if few fit into the time.

    Args:
        recipe: the recipe of the adaptation.
        dataset: new and old examples.
        start: the parent; None for random weights.
        trials: trials that were made already, which know how long a token takes.
        minutes: time for training; None for no limit of time, where ``updates`` is one.
        updates: the most updates; None for no such limit.
        same_batches: whether mini-batches stay as large as the recipe's.
        passes: the most passes.
    """
    batch, in_a_pass = recipe.training.batch, _units_per_pass(dataset)
    in_an_update = mean_mini_batches(batch)
    smallest = batch.tokens if same_batches else math.ceil(batch.tokens / _SMALLER)
    tokens = min(max(math.ceil(in_a_pass / _BATCHES), smallest), batch.tokens)
    length = math.inf if updates is None else updates
    if minutes is not None:
        if trials.seconds_per_token is None:
            short = changed(recipe, {"training": {"batch": {"tokens": tokens}}})
            slow = recipe.training.optimizer.learning_rate * min(FACTORS)
            timed = run_trial(with_length(short, slow, _TIMED), dataset, validations=1, start=start)
            trials.timed(timed.seconds / max(timed.updates, 1) / (tokens * in_an_update))
        in_time = 60 * minutes / (trials.seconds_per_token or 1.0)
        tokens = min(max(math.ceil(in_time / in_an_update / _UPDATES), smallest), tokens)
        fits = int(min(in_time, passes * in_a_pass) / (tokens * in_an_update))
        length = min(length, max(fits, _FEWEST))
    # The recipe's own warm-up is that of another length.
    training = {"updates": int(length), "batch": {"tokens": tokens}, "schedule": {"warmup": 0, "warmup_share": None}}
    return changed(recipe, {"training": training})


def _units_per_pass(dataset: Dataset) -> float:
    """Target tokens, or examples, in one pass over the training set."""
    lengths, weights = dataset.train.target_lengths, dataset.training_weights
    return float(lengths.sum() if weights is None else (lengths * weights).sum())


def with_length(recipe: Recipe, learning_rate: float, updates: int) -> Recipe:
    """The recipe with a learning rate and a length: a short warm-up, then half a cosine down to 0.

    >>> from dragoman.recipe import load_recipe
    >>> training = with_length(load_recipe("tiny"), 0.001, 400).training
    >>> training.schedule.kind, training.schedule.warmup, training.validate_every
    ('cosine', 20, 40)
    """
    every = math.ceil(updates / _VALIDATIONS)
    training: JsonObject = {
        "updates": updates,
        "optimizer": {"learning_rate": learning_rate},
        "schedule": {"kind": "cosine", "warmup": updates // _WARMUP, "warmup_share": None},
        "validate_every": every,
        "checkpoint_every": every,
        "early_stopping": {"metric": "loss", "patience": _PATIENCE},
    }
    return changed(recipe, {"training": training})
