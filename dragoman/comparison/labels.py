"""Models that say labels, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from jaxtyping import Float64, Int

from dragoman.comparison.in_turn import in_turn
from dragoman.comparison.kind import Examined, HeldOut
from dragoman.comparison.report import Examination
from dragoman.comparison.same_sources import same_sources
from dragoman.comparison.subject import Trained
from dragoman.evaluation.calibration import probability_statistics
from dragoman.evaluation.classification import classification_statistics, macro_f1_estimate
from dragoman.evaluation.confidence import estimates
from dragoman.fields.field import expect
from dragoman.fields.label import LabelField
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import load_model
from dragoman.storage.output import write_output
from dragoman.training.grid_validation import example_outputs, true_labels

_ROUNDS = 3


class Labels:
    """Accuracy is their quality, and is watched while they train.

    Args:
        reads: what goes in, such as ``pictures``.
    """

    score = "accuracy on the validation set, in percent"
    column = "accuracy"
    higher_is_better = True
    unit = "examples"
    loss = "nats per example"
    speed_unit = "examples per second, whose texts, pictures or rows are numbers already"
    remarks: tuple[str, ...] = (
        "Accuracy and macro-F1, the mean F1 of the classes, are in percent, and higher is better; nats per example, of "
        "the calibrated probabilities: lower is better.",
        "A budget of tokens counts examples.",
    )

    def __init__(self, reads: str) -> None:
        self.title = f"a model that reads {reads} and says labels"

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether sources and the names of the labels are equal."""
        return same_sources(one, other) and _names(one) == _names(other)

    def examine(
        self,
        subjects: Sequence[Trained],
        held_out: Sequence[HeldOut],
        outputs: Path,
        beam: int | None,
        tell: Callable[[str], None],
    ) -> list[Examined]:
        """Let all say the labels of the examples, several times in turn."""
        del beam
        models = [load_model(subject.best) for subject in subjects]
        uses = [
            partial(example_outputs, cast(EncoderDecoder, model.model), split.examples)
            for model, split in zip(models, held_out, strict=True)
        ]
        found = in_turn(uses, len(held_out[0].examples), _ROUNDS, tell)
        examined = []
        for subject, model, split, (logits, speed) in zip(subjects, models, held_out, found, strict=True):
            field = expect(model.target, LabelField)
            said = logits.argmax(1)
            write_output(outputs / f"{subject.name}.txt", "".join(f"{name}\n" for name in field.decode(said)).encode())
            probabilities = field.probabilities(logits)
            examined.append(_examined(probabilities, said, true_labels(split.examples), speed))
        return examined


def _names(split: HeldOut) -> list[str]:
    return expect(split.target, LabelField).decode(true_labels(split.examples))


def _examined(
    probabilities: Float64[np.ndarray, "n K"], said: Int[np.ndarray, " n"], true: Int[np.ndarray, " n"], speed: float
) -> Examined:
    right = classification_statistics(said, true)
    accuracy, nats = estimates([right, probability_statistics(probabilities, true)[0]])
    others = (macro_f1_estimate(said, true, probabilities.shape[1]), nats)
    return Examined(Examination(accuracy, others, {"predictions": speed}), right)
