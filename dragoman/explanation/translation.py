"""Why a model wrote what it wrote: a translation, or a text of a language model."""

from __future__ import annotations

from dataclasses import dataclass, field

from dragoman.explanation.explanation import Explanation
from dragoman.explanation.scored_text import ScoredText, Token
from dragoman.explanation.tree import BeamTree
from dragoman.reports.shown import Summary
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True, repr=False)
class TranslationExplanation(Explanation):
    """What a translator made of one source, and what it nearly wrote.

    Attributes:
        source: text of the source.
        source_tokens: tokens that the encoder read, the end symbol included.
        found: the translation that the search returned, token by token.
        proposed: a translation that somebody proposes instead, scored by the same model; None if there is none.
        tree: the hypotheses that the search considered.
        links: pairs of indices of a source token and of a token of the translation that belong together.
    """

    source: str
    source_tokens: tuple[Token, ...]
    found: ScoredText
    proposed: ScoredText | None = None
    tree: BeamTree = field(default_factory=lambda: BeamTree(()))
    links: tuple[tuple[int, int], ...] = ()

    def summary(self) -> Summary:
        """A short summary of the explanation."""
        facts = {"source": repr(self.source), "log-probability": f"{self.found.log_probability:.2f}"}
        return Summary(repr(self.found.text), facts)

    def as_text(self) -> str:
        """The explanation for a terminal, in lines of at most 80 columns."""
        return f"{self.source}\n{self.found.text}"

    def to_dict(self) -> JsonObject:
        """The explanation as values for JSON."""
        return {
            "kind": "translation",
            "source": {"text": self.source, "tokens": [token.to_dict() for token in self.source_tokens]},
            "found": self.found.to_dict(),
            "proposed": None if self.proposed is None else self.proposed.to_dict(),
            "tree": self.tree.to_dict(),
            "links": [list(link) for link in self.links],
        }
