"""One translation, and what a person should know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.contracts import Ending
from dragoman.predict.concern import Concern, ConcernKind
from dragoman.reports.shown import Shown, Summary


@dataclass(frozen=True, slots=True, repr=False)
class Translation(Shown):
    """One translation of one line.

    Attributes:
        text: the translation.
        score: what the search ranked it by; comparable between translations of one line only.
        log_probability: natural logarithm of its probability.
        ending: whether the model ended it, or the search had to.
        tokens: symbols it was written with.
        placeholders_kept: whether it has the placeholders, tags and URLs of its source, no less and no more.
        pieces: parts that a line too long for the model was translated in.
        found: what was seen when it was compared with its source; see :attr:`concerns` for all.
    """

    text: str
    score: float
    log_probability: float
    ending: Ending
    tokens: int
    placeholders_kept: bool = True
    pieces: int = 1
    found: tuple[Concern, ...] = ()

    def summary(self) -> Summary:
        """What there is to say of it."""
        facts = {"look at it": "; ".join(map(str, self.concerns))} if self.concerns else {}
        return Summary(repr(self.text), {**facts, "log-probability": f"{self.log_probability:.2f}"})

    @property
    def flagged(self) -> bool:
        """Whether a person should look at it."""
        return bool(self.concerns)

    @property
    def concerns(self) -> list[Concern]:
        """Why a person should look at it."""
        concerns = []
        if self.ending is not Ending.COMPLETE:
            kind = ConcernKind.LENGTH if self.ending is Ending.LENGTH else ConcernKind.REPETITION
            concerns.append(Concern(kind, self.ending.value))
        if not self.placeholders_kept:
            concerns.append(Concern(ConcernKind.PLACEHOLDERS, "placeholders differ from the source's"))
        concerns += self.found
        if self.pieces > 1:
            message = f"too long for the model, translated in {self.pieces} pieces"
            concerns.append(Concern(ConcernKind.PIECES, message))
        return concerns


EMPTY = Translation("", 0.0, 0.0, Ending.COMPLETE, 0)
"""The translation of a line without anything visible."""


def joined(parts: Sequence[Translation], joint: str) -> Translation:
    """The translations of a line's pieces as one; it ends as the first part that the search had to end."""
    return Translation(
        joint.join(part.text for part in parts if part.text),
        sum(part.score for part in parts),
        sum(part.log_probability for part in parts),
        next((part.ending for part in parts if part.ending is not Ending.COMPLETE), Ending.COMPLETE),
        sum(part.tokens for part in parts),
        all(part.placeholders_kept for part in parts),
        sum(part.pieces for part in parts),
        tuple(dict.fromkeys(concern for part in parts for concern in part.found)),
    )
