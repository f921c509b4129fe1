"""Why a language model wrote what it wrote."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.explanation.output import OutputExplanation
from dragoman.explanation.output_text import titled, token_lines
from dragoman.explanation.page import explanation_page
from dragoman.explanation.scored_text import Token
from dragoman.reports.shown import Summary
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class ContinuationExplanation(OutputExplanation):
    """How a language model goes on with the beginning of a text, and what it nearly wrote.

    Attributes:
        prompt: the beginning of the text; empty for a new text.
        prompt_tokens: the tokens of the beginning.
    """

    prompt: str
    prompt_tokens: tuple[Token, ...]

    def summary(self) -> Summary:
        """A short summary of the explanation."""
        return Summary(repr(self.found.text), {"prompt": repr(self.prompt), **self.facts()})

    def as_text(self) -> str:
        """The explanation for a terminal, in lines of at most 80 columns."""
        before = [*titled("prompt", self.prompt), *token_lines(self.prompt_tokens), ""] if self.prompt_tokens else []
        return "\n".join([*before, *self.output_lines()])

    def to_dict(self) -> JsonObject:
        """The explanation as values for JSON."""
        return {
            "kind": "continuation",
            "prompt": {"text": self.prompt, "tokens": [token.to_dict() for token in self.prompt_tokens]},
            **self.output_values(),
        }

    def page(self) -> str:
        """The explanation as a page: tokens, the tree of the search, attention maps."""
        about = self.prompt or "a new text"
        return explanation_page(self.found.text, about, self.facts(), self.output_panels(), self.to_dict())
