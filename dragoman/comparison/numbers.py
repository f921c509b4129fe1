"""Models that say numbers, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from dragoman.comparison.in_turn import in_turn
from dragoman.comparison.kind import Examined, HeldOut
from dragoman.comparison.report import Examination
from dragoman.comparison.same_sources import same_sources
from dragoman.comparison.subject import Trained
from dragoman.evaluation.confidence import estimates
from dragoman.evaluation.regression import regression_statistics
from dragoman.model.folder import load_model
from dragoman.storage.output import write_output
from dragoman.training.grid_task import estimated
from dragoman.training.grid_validation import true_numbers

_ROUNDS = 3


class Numbers:
    """The root of the mean squared error is their quality, and is watched while they train.

    Args:
        reads: what goes in, such as ``pictures``.
    """

    score = "RMSE on the validation set, in the unit of the target"
    column = "rmse"
    higher_is_better = False
    unit = "examples"
    loss = "the recipe's own loss per example, of standardised numbers"
    speed_unit = "examples per second, whose texts, pictures or rows are numbers already"
    remarks: tuple[str, ...] = (
        "RMSE and MAE have the unit of the target, and lower is better; R², the share of the variance that is "
        "explained: higher is better, 1 at most.",
        "Losses of different kinds, such as squared and absolute, are not comparable.",
        "A budget of tokens counts examples.",
    )

    def __init__(self, reads: str) -> None:
        self.title = f"a model that reads {reads} and says numbers"

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether sources and numbers are equal."""
        return same_sources(one, other) and np.array_equal(true_numbers(one.examples), true_numbers(other.examples))

    def examine(
        self,
        subjects: Sequence[Trained],
        held_out: Sequence[HeldOut],
        outputs: Path,
        beam: int | None,
        tell: Callable[[str], None],
    ) -> list[Examined]:
        """Let all say the numbers of the examples, several times in turn."""
        del beam
        models = [load_model(subject.best) for subject in subjects]
        uses = [partial(estimated, model, split.examples) for model, split in zip(models, held_out, strict=True)]
        found = in_turn(uses, len(held_out[0].examples), _ROUNDS, tell)
        examined = []
        for subject, split, (said, speed) in zip(subjects, held_out, found, strict=True):
            write_output(outputs / f"{subject.name}.txt", "".join(f"{value:.9g}\n" for value in said).encode())
            measured = regression_statistics(said, true_numbers(split.examples))
            rmse, mae, r2 = estimates(measured)
            examined.append(Examined(Examination(rmse, (mae, r2), {"predictions": speed}), measured[0]))
        return examined
