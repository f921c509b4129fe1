"""A language model that takes part in a translator's searches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dragoman.contracts import State, StepFunction
from dragoman.errors import InputError
from dragoman.model.language_model import LanguageModel
from dragoman.predict.writer import Writer
from dragoman.search.fusion import FusedState, FusedStep
from dragoman.text.codec import Codec


@dataclass(frozen=True, slots=True)
class FusedLanguageModel:
    """Shallow fusion (Gulcehre et al. 2015, section 4.1): log P_translator + λ · log P_language_model ranks hypotheses.

    Attributes:
        model: language model over the translator's target vocabulary.
        weight: the factor λ ≥ 0.
    """

    model: LanguageModel
    weight: float

    @classmethod
    def of(cls, writer: Writer, target: Codec, weight: float, folder: Path | str) -> FusedLanguageModel:
        """Check and wrap a language model that was loaded from ``folder``.

        Raises:
            InputError: if its vocabulary differs from that of ``target``, or the weight is negative.
        """
        if weight < 0:
            raise InputError(f"the language model's weight is {weight:g}", remedy="give 0 or more, such as 0.1.")
        if writer.codec.tokenizer.vocabulary != target.tokenizer.vocabulary:
            raise InputError(
                "the language model has another vocabulary than the translator",
                file=folder,
                remedy="train it with the translator's: --set tokenizer.model=TRANSLATOR.",
            )
        writer.model.eval()
        return cls(writer.model, weight)

    def fuse(self, step: StepFunction[State], state: State, rows: int) -> tuple[FusedStep, FusedState]:
        """The step function and the state of a search over ``rows`` sentences with both models."""
        return FusedStep(step, self.model.step, self.weight), FusedState(state, self.model.start(rows))
