"""What tasks have in common whose outputs are predicted at once, without a search: labels, numbers and tags."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from dragoman.contracts.expect import expect
from dragoman.data.examples import Examples
from dragoman.model.folder import LoadedModel
from dragoman.predict.inputs import Given
from dragoman.predict.predictor import Predictor
from dragoman.tasks.assessment import Assessed, Assessment, Search
from dragoman.tasks.in_turn import Log, Part, Turns, in_turn
from dragoman.tasks.inputs import Input
from dragoman.tasks.outputs import outputs_by
from dragoman.tasks.task import Opened, Task, Use, Words, some_of

Predicted = TypeVar("Predicted")

_TURNS = Turns(rounds=3)


class PredictionTask(Task, Generic[Predicted]):
    """Prediction from texts, pictures or rows.

    Args:
        reads: the kind of input.
        words: how people are told of the task.
    """

    draws = True

    def __init__(self, reads: Input, words: Words) -> None:
        self._reads = reads
        self.text_sides = (reads.is_text, False)
        self.words = words

    @abstractmethod
    def predicted(self, subject: Assessed, part: Part) -> Predicted:
        """What a model predicts for some of its examples."""

    @abstractmethod
    def assessment(self, subject: Assessed, predicted: Predicted, speed: float) -> Assessment:
        """The assessment of a model, from what it predicts for all of its examples.

        Args:
            subject: the model and its examples.
            predicted: one prediction for each example.
            speed: examples in a second.
        """

    def assess(self, subjects: Sequence[Assessed], search: Search, *, side_by_side: bool, log: Log) -> list[Assessment]:
        """Predict for each example, and compare with the true targets."""
        del search
        uses = [partial(self.predicted, subject) for subject in subjects]
        found = in_turn(uses, len(subjects[0].held_out.examples), _TURNS if side_by_side else Turns(), log)
        return [
            self.assessment(subject, timed.results[0], timed.rate)
            for subject, timed in zip(subjects, found, strict=True)
        ]

    def using(self, opened: Opened, given: Given | Examples, search: Search) -> Use:
        """Predicting; held-out examples are encoded already."""
        del search
        predictor = expect(opened, Predictor)
        if isinstance(given, Examples):
            examples = given
            return lambda part: outputs_by(predictor.said_of, examples, part)
        inputs = given
        return lambda part: predictor.outcomes(some_of(inputs, part), progress=False)

    def opened(self, loaded: LoadedModel, folder: Path, search: Search) -> Predictor:
        """A predictor with the engine that the search names."""
        predictor = Predictor.of(loaded, folder)
        if search.asks_for_an_engine:
            predictor.use(search.asked_engine())
        return predictor
