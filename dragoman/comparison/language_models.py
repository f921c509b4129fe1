"""Language models side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from dragoman.comparison.in_turn import in_turn
from dragoman.comparison.kind import Examined, HeldOut
from dragoman.comparison.report import Examination
from dragoman.comparison.subject import Trained
from dragoman.evaluation.confidence import estimates
from dragoman.evaluation.language_report import language_statistics
from dragoman.predict.writer import Writer
from dragoman.storage.output import write_output

_ROUNDS = 3


class LanguageModels:
    """Bits per character are their quality, because they do not depend on the vocabulary as perplexity does; the loss
    is watched while they train."""

    title = "a language model"
    score = "nats per token on the validation set"
    column = "loss"
    higher_is_better = False
    unit = "target tokens"
    loss = "nats per target token"
    speed_unit = "lines per second"
    remarks: tuple[str, ...] = ()

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether the texts are equal."""
        return bool(one.examples.target_texts() == other.examples.target_texts())

    def examine(
        self,
        subjects: Sequence[Trained],
        held_out: Sequence[HeldOut],
        outputs: Path,
        beam: int | None,
        tell: Callable[[str], None],
    ) -> list[Examined]:
        """Score the lines in their order, several times in turn."""
        del beam
        texts = held_out[0].examples.target_texts()
        writers = [Writer.load(subject.best) for subject in subjects]
        found = in_turn([partial(writer.score, texts) for writer in writers], len(texts), _ROUNDS, tell)
        examined = []
        for subject, (scores, speed) in zip(subjects, found, strict=True):
            bits = scores.nats / np.log(2) / scores.characters
            write_output(outputs / f"{subject.name}.txt", "".join(f"{value:.4f}\n" for value in bits).encode())
            perplexity, per_character, _ = language_statistics(scores.nats, scores.tokens, scores.characters)
            quality, other = estimates([per_character, perplexity])
            examined.append(Examined(Examination(quality, (other,), {"scoring": speed}), per_character))
        return examined
