"""What a comparison must know of a kind of model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from dragoman.comparison.report import Examination
from dragoman.comparison.subject import Trained
from dragoman.evaluation.sentence_statistics import SentenceStatistics


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What a subject is measured on.

    Attributes:
        dataset: the folder of the dataset that it is a split of.
        examples: the split, as its kind of dataset has it.
        source: what goes in, to numbers.
        target: what comes out, from numbers.
    """

    dataset: Path
    examples: Any
    source: Any
    target: Any


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
    """Translators, language models, readers, and models that say labels or numbers.

    Attributes:
        title: what one of them is, such as ``a translator``.
        score: what is watched while training, and where, for people to read.
        column: of the history, that holds it.
        higher_is_better: of that and of the quality.
        unit: what training, its speed and a budget of tokens are counted in.
        loss: what the loss is, with its unit.
        speed_unit: of speeds.
        remarks: what else a reader of the report must know.
    """

    title: str
    score: str
    column: str
    higher_is_better: bool
    unit: str
    loss: str
    speed_unit: str
    remarks: tuple[str, ...]

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether two splits hold the same."""
        ...

    def examine(
        self,
        subjects: Sequence[Trained],
        held_out: Sequence[HeldOut],
        outputs: Path,
        beam: int | None,
        tell: Callable[[str], None],
    ) -> list[Examined]:
        """Measure the best model of each subject on its examples; what it writes is kept in ``outputs``."""
        ...
