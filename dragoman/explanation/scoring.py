"""Scores an output token by token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.contracts import AnyBatch, Ending, SpecialSymbols
from dragoman.explanation.readable import Readable
from dragoman.explanation.scored_text import Alternative, ScoredText, WrittenToken
from dragoman.explanation.token_choices import token_choices
from dragoman.model.build import Model
from dragoman.search.length_penalty import LengthPenalty


@dataclass(frozen=True, slots=True)
class Scoring:
    """How outputs of one model for one input are scored and shown.

    Attributes:
        model: a model that writes text token by token.
        special: the special symbols of its output vocabulary.
        readable: turns ids into tokens for people.
        alternatives: number of alternatives in the place of each token.
        penalty: the length penalty of the search whose scores are compared.
        given: number of tokens that an output begins with, and that the penalty counts too.
    """

    model: Model
    special: SpecialSymbols
    readable: Readable
    alternatives: int
    penalty: LengthPenalty
    given: int = 0

    def scored(self, text: str, ids: Sequence[int], ending: Ending, batch: AnyBatch) -> ScoredText:
        """The text with the probability of each token.

        Args:
            text: the text.
            ids: ids of the text, with the end symbol if it is complete.
            ending: whether it is complete.
            batch: the model's input, with ``ids`` at the end of its one output.
        """
        choices = token_choices(self.model, batch, ids, self.special.never_written, self.alternatives)
        tokens = tuple(
            WrittenToken(
                token,
                float(choices.log_probabilities[place]),
                int(choices.ranks[place]),
                tuple(
                    Alternative(self.readable.symbol(id), value)
                    for id, value in zip(
                        choices.alternatives[place].tolist(),
                        choices.alternative_log_probabilities[place].tolist(),
                        strict=True,
                    )
                ),
            )
            for place, token in enumerate(self.readable.tokens(ids))
        )
        total = float(choices.log_probabilities.sum())
        return ScoredText(text, tokens, total, self.penalty.score(total, self.given + len(ids)), ending)
