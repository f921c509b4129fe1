"""A look at the validation set of a language model: how well the averaged weights predict it, and what they write."""

from __future__ import annotations

from dragoman.data.examples import Examples
from dragoman.predict.writer import Writer
from dragoman.training.observer import Sample
from dragoman.training.split_loss import SplitLosses
from dragoman.training.validation import Measurement, perplexity_of

_PROMPT_WORDS = 3
_SAMPLE_TOKENS = 40


class LanguageValidator:
    """Measures a language model on one split.

    Args:
        writer: of the model whose weights are the averaged ones.
        examples: the split.
        losses: of the split and of the training probe.
    """

    def __init__(self, writer: Writer, examples: Examples, losses: SplitLosses) -> None:
        self._writer = writer
        self._losses = losses
        self._texts = examples.target_texts()

    def measure(self, turn: int) -> Measurement:
        """The loss, and how the model goes on with the first words of the line that ``turn`` chooses."""
        reference = self._texts[turn % len(self._texts)]
        prompt = " ".join(reference.split()[:_PROMPT_WORDS])
        written = self._writer.write([prompt], seed=turn, longest=_SAMPLE_TOKENS)[0]
        validation = self._losses.validation()
        return Measurement(
            validation=validation,
            training=self._losses.probe(),
            perplexity=perplexity_of(validation.value),
            scores={},
            sample=Sample(prompt, reference, written.text),
        )
