"""What a comparison must know of a kind of model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from dragoman.comparison.report import Examination
from dragoman.comparison.subject import Trained
from dragoman.data.dataset import Examples
from dragoman.evaluation.sentence_statistics import SentenceStatistics


@dataclass(frozen=True, slots=True)
class Examined:
    """A best model on the test set.

    Attributes:
        examination: what the report shows.
        statistics: of the quality, for the paired bootstrap.
    """

    examination: Examination
    statistics: SentenceStatistics


@runtime_checkable
class Kind(Protocol):
    """Translators, language models, and whatever comes.

    Attributes:
        score: what is watched while training, and where, for people to read.
        column: of the history, that holds it.
        higher_is_better: of that and of the quality.
        speed_unit: of speeds.
    """

    score: str
    column: str
    higher_is_better: bool
    speed_unit: str

    def same_examples(self, one: Examples, other: Examples) -> bool:
        """Whether two splits hold the same."""
        ...

    def examine(
        self,
        subjects: Sequence[Trained],
        examples: Sequence[Examples],
        outputs: Path,
        beam: int | None,
        tell: Callable[[str], None],
    ) -> list[Examined]:
        """Measure the best model of each subject on its examples; what it writes is kept in ``outputs``."""
        ...
