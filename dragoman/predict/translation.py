"""A translation, the concerns about it, and their counts over many translations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from dragoman.contracts import Ending, Proof
from dragoman.reports.shown import Shown, Summary
from dragoman.text.terminology import AppliedTerm


class ConcernKind(Enum):
    """The subject of a concern; the values are what JSON and tables hold."""

    LENGTH = "length limit"
    REPETITION = "repetition cut"
    PLACEHOLDERS = "placeholders"
    NUMBERS = "numbers"
    EMOJI = "emoji"
    COPY = "copy"
    CAPITALS = "capitals"
    CHARACTERS = "unknown characters"
    PIECES = "pieces"
    PROOF = "not proved best"
    TERMS = "terminology"


@dataclass(frozen=True, slots=True)
class Concern:
    """A reason why a person should check a translation.

    Attributes:
        kind: the subject of the concern.
        message: the concern in a few words, with what was found.
    """

    kind: ConcernKind
    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True, repr=False)
class Translation(Shown):
    """A translation of one line.

    Attributes:
        text: the translation.
        score: score that the search ranked it by, of minimum Bayes risk the expected utility; comparable only between
            translations of one line.
        log_probability: natural logarithm of the translation's probability.
        ending: whether the model ended the translation, or the search had to.
        tokens: number of symbols of the translation.
        placeholders_kept: whether the translation has exactly the placeholders, tags and URLs of its source.
        pieces: number of pieces that a line too long for the model was translated in.
        found: concerns from comparing the translation with its source; :attr:`concerns` has all.
        proof: what exact search has proved of the translations of the line; None of other searches.
        terms: the terms of a terminology that the source has, and whether the translation keeps to each.

    >>> translation = Translation("Good", -0.1, -0.3, Ending.LENGTH, 1)
    >>> translation.flagged, [concern.kind.value for concern in translation.concerns]
    (True, ['length limit'])
    """

    text: str
    score: float
    log_probability: float
    ending: Ending
    tokens: int
    placeholders_kept: bool = True
    pieces: int = 1
    found: tuple[Concern, ...] = ()
    proof: Proof | None = None
    terms: tuple[AppliedTerm, ...] = ()

    def summary(self) -> Summary:
        """A short summary of the translation."""
        facts = {"look at it": "; ".join(map(str, self.concerns))} if self.concerns else {}
        proved = {"exact search": gap_text(self.gap)} if self.gap == 0 else {}
        return Summary(repr(self.text), {**facts, **proved, "log-probability": f"{self.log_probability:.2f}"})

    @property
    def gap(self) -> float | None:
        """How much higher the score of an output that exact search has not found may be; 0 if it is proved that there
        is none, None of other searches."""
        return None if self.proof is None else self.proof.gap(self.score)

    @property
    def flagged(self) -> bool:
        """Whether a person should check the translation."""
        return bool(self.concerns)

    @property
    def concerns(self) -> list[Concern]:
        """The reasons why a person should check the translation."""
        concerns = []
        if self.ending is not Ending.COMPLETE:
            kind = ConcernKind.LENGTH if self.ending is Ending.LENGTH else ConcernKind.REPETITION
            concerns.append(Concern(kind, self.ending.value))
        if not self.placeholders_kept:
            concerns.append(Concern(ConcernKind.PLACEHOLDERS, "placeholders differ from the source's"))
        concerns += self.found
        if self.gap:
            concerns.append(Concern(ConcernKind.PROOF, gap_text(self.gap)))
        if self.pieces > 1:
            message = f"too long for the model, translated in {self.pieces} pieces"
            concerns.append(Concern(ConcernKind.PIECES, message))
        return concerns


def gap_text(gap: float) -> str:
    """What exact search has proved of an output, in words.

    >>> gap_text(0.0), gap_text(0.4211)
    ('proved best', 'best found; the bound leaves 0.42')

    Args:
        gap: how much higher the score of an output that was not found may be.
    """
    return "proved best" if gap == 0 else f"best found; the bound leaves {gap:.2f}"


EMPTY = Translation("", 0.0, 0.0, Ending.COMPLETE, 0)
"""The translation of a line without visible characters."""


def joined(parts: Sequence[Translation], joint: str) -> Translation:
    """Join the translations of a line's pieces; the result ends as the first piece that the search had to end.

    >>> parts = [Translation(text, -0.1, -0.5, Ending.COMPLETE, 2) for text in ("One.", "Two.")]
    >>> both = joined(parts, " ")
    >>> both.text, both.log_probability, both.pieces
    ('One. Two.', -1.0, 2)
    """
    return Translation(
        joint.join(part.text for part in parts if part.text),
        sum(part.score for part in parts),
        sum(part.log_probability for part in parts),
        next((part.ending for part in parts if part.ending is not Ending.COMPLETE), Ending.COMPLETE),
        sum(part.tokens for part in parts),
        all(part.placeholders_kept for part in parts),
        sum(part.pieces for part in parts),
        tuple(dict.fromkeys(concern for part in parts for concern in part.found)),
        _joined_proof([part.proof for part in parts if part.proof is not None]),
        tuple(dict.fromkeys(term for part in parts for term in part.terms)),
    )


def _joined_proof(proofs: Sequence[Proof]) -> Proof | None:
    """The proof for a line from those of its pieces, whose scores are summed."""
    if not proofs:
        return None
    bound, expansions = sum(proof.bound for proof in proofs), sum(proof.expansions for proof in proofs)
    return Proof(bound, all(proof.proved for proof in proofs), expansions)


@dataclass(slots=True)
class ConcernCounts:
    """Counts over the best translations of lines.

    >>> from dragoman.contracts.hypothesis import Ending
    >>> counts = ConcernCounts()
    >>> counts.add([[Translation("Good morning", -0.1, -0.3, Ending.LENGTH, 2)]])
    >>> counts.to_dict()
    {'lines': 1, 'length limit': 1}

    Attributes:
        lines: number of lines with any concern.
        kinds: number of lines with a concern of each kind.
    """

    lines: int = 0
    kinds: Counter[ConcernKind] = field(default_factory=Counter)

    def add(self, found: Sequence[Sequence[Translation]]) -> None:
        """Add the counts of some lines, given the translations of each, best first."""
        for translations in found:
            concerns = translations[0].concerns
            self.lines += bool(concerns)
            self.kinds.update({concern.kind for concern in concerns})

    def to_dict(self) -> dict[str, int]:
        """The counts as a dictionary that JSON can represent."""
        return {"lines": self.lines, **{kind.value: count for kind, count in self.kinds.items()}}

    @classmethod
    def from_dict(cls, content: Mapping[str, int]) -> ConcernCounts:
        """The counts that :meth:`to_dict` returned.

        Raises:
            ValueError: if a kind of concern is unknown.
        """
        kinds = {ConcernKind(name): int(count) for name, count in content.items() if name != "lines"}
        return cls(int(content.get("lines", 0)), Counter(kinds))

    def __str__(self) -> str:
        if not self.lines:
            return "no line should be checked"
        kinds = ", ".join(f"{kind.value} {count:,}" for kind, count in self.kinds.most_common())
        return (
            f"1 line should be checked: {kinds}"
            if self.lines == 1
            else f"{self.lines:,} lines should be checked: {kinds}"
        )
