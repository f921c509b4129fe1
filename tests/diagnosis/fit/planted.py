"""Runs and trials with known truth, that tests of the diagnosis of fit share."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "training"))
import numpy as np
from toy import frame, recipe

from dragoman.data.dataset import Dataset
from dragoman.data.prepare import prepare
from dragoman.diagnosis.fit.evidence import FitEvidence, RunFacts, StopReason, Validation
from dragoman.recipe import Recipe
from dragoman.tasks.losses import LossEstimate, loss_estimate
from dragoman.training.observer import ValidationRecord
from dragoman.training.trial import Trial

UPDATES = 1000
E_0 = 5.5


def facts(**changes: Any) -> RunFacts:
    known: dict[str, Any] = {
        "parameters": 100_000,
        "dropout": 0.1,
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "learning_rate": 1e-3,
        "examples": 800,
        "target_tokens": 10_000,
    }
    return RunFacts(**{**known, **changes})


def evidence(
    validation: Callable[[float], float] | Sequence[float],
    training: Callable[[float], float] | None = None,
    *,
    looks: int = 10,
    error: float | None = 0.01,
    baseline: float = E_0,
    done: int = UPDATES,
    ending: StopReason = StopReason.PLANNED,
    seconds: float = 0.1,
    **changes: Any,
) -> FitEvidence:
    """A run whose losses are functions of the share of the updates done, or the validation losses themselves."""
    shares = [(place + 1) / looks for place in range(looks)]
    losses = [validation(share) for share in shares] if callable(validation) else list(validation)
    return FitEvidence(
        looks=tuple(
            Validation(
                update=round(share * done),
                seconds=share * done * seconds,
                validation=loss,
                validation_error=error,
                training=None if training is None else training(share),
                training_error=None if training is None else error,
            )
            for share, loss in zip(shares, losses, strict=False)
        ),
        baseline=baseline,
        planned=UPDATES,
        done=done,
        ending=ending,
        facts=facts(**changes),
    )


def falling(limit: float, start: float = 5.0, speed: float = 12.0) -> Callable[[float], float]:
    """A loss that has reached its limit long before the end."""
    return lambda share: limit + (start - limit) * math.exp(-speed * share)


def toy_recipe(**training: Any) -> Recipe:
    return recipe(updates=UPDATES, schedule={"kind": "cosine", "warmup": 100}, **training)


def toy_dataset(folder: Path) -> Dataset:
    return prepare(
        recipe(), folder / "dataset", train=frame("copy", 900), validation=frame("copy", 30, longest=6, seed=1)
    )


class Clock:
    """Stands still but when it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class PlantedRunner:
    """Trains nothing: the loss is a function of recipe and number of examples, and time passes on the clock.

    Args:
        loss: of a trial.
        clock: that goes on.
        seconds: of an update.
    """

    def __init__(self, loss: Callable[[Recipe, int], float], clock: Clock, seconds: float = 0.1) -> None:
        self.loss, self.clock, self.seconds = loss, clock, seconds
        self.calls: list[tuple[Recipe, int, int | None]] = []

    def __call__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        *,
        examples: int | None = None,
        minutes: float | None = None,
        validations: int = 10,
    ) -> Trial:
        number = examples or len(dataset.train)
        asked = recipe.training.updates
        affordable = asked if minutes is None else int(60 * minutes / self.seconds)
        done = max(min(asked, affordable), 1)
        self.clock.now += done * self.seconds
        self.calls.append((recipe, asked, examples))
        loss = self.loss(recipe, number)
        record = ValidationRecord(
            update=done,
            epoch=1,
            loss=loss,
            perplexity=None,
            scores={},
            best=True,
            seconds=done * self.seconds,
            sample=None,
            loss_error=0.01,
            training_loss=loss,
            training_loss_error=0.01,
        )
        width = getattr(recipe.model.decoder, "width", 1)
        best = estimate(loss) if math.isfinite(loss) else None
        return Trial((record,), best, done, done * self.seconds, 100 * width * width, number)


def estimate(loss: float, examples: int = 50) -> LossEstimate:
    """A mean loss whose examples are hard or easy whatever the model."""
    hardness = np.random.default_rng(0).normal(size=examples)
    return loss_estimate(loss + hardness - hardness.mean(), np.ones(examples, dtype=np.int64))
