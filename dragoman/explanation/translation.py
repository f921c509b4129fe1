"""Why a translator wrote what it wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dragoman.explanation.output import OutputExplanation
from dragoman.explanation.output_text import link_lines, titled, token_lines
from dragoman.explanation.page import explanation_page
from dragoman.explanation.scored_text import Token
from dragoman.explanation.text_panels import links_panel
from dragoman.explanation.text_pictures import links_picture
from dragoman.model.attention_weights import Side
from dragoman.optional import plots
from dragoman.reports.shown import Summary
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class TranslationExplanation(OutputExplanation):
    """What a translator made of one source, and what it nearly wrote.

    Attributes:
        source: text of the source.
        source_tokens: tokens that the encoder read, the end symbol included.
        links: pairs of indices of a source token and of a token of the translation that belong together.
        piece: number of the piece of the text that this is; 1 for a text that is translated as a whole.
        pieces: number of pieces in which the text is translated, because it is too long for the model.
    """

    source: str
    source_tokens: tuple[Token, ...]
    links: tuple[tuple[int, int], ...] = ()
    piece: int = 1
    pieces: int = 1

    def summary(self) -> Summary:
        """A short summary of the explanation."""
        return Summary(repr(self.found.text), {"source": repr(self.source), **self.facts()})

    def as_text(self) -> str:
        """The explanation for a terminal, in lines of at most 80 columns."""
        title = "source" if self.pieces == 1 else f"source, piece {self.piece} of {self.pieces}"
        lines = [*titled(title, self.source), *token_lines(self.source_tokens), ""]
        if self.links:
            lines += [*link_lines(self.source_tokens, self.found, self.links), ""]
        return "\n".join([*lines, *self.output_lines()])

    def to_dict(self) -> JsonObject:
        """The explanation as values for JSON."""
        return {
            "kind": "translation",
            "source": {"text": self.source, "tokens": [token.to_dict() for token in self.source_tokens]},
            **self.output_values(),
            "links": [list(link) for link in self.links],
            "piece": self.piece,
            "pieces": self.pieces,
        }

    def page(self) -> str:
        """The explanation as a page: links, tokens, the tree of the search, attention maps."""
        panels = self.output_panels()
        to_source = [number for number, attended in enumerate(self.attention) if attended.side is Side.CROSS]
        if self.links or to_source:
            panels.insert(0, links_panel(self.source_tokens, self.found, self.links, to_source))
        return explanation_page(self.found.text, self.source, self.facts(), panels, self.to_dict())

    def pictures(self) -> Mapping[str, Callable[[], plots.Figure]]:
        """The probabilities of the tokens; the tree of the search, links and attention maps, where there are any."""
        drawn = dict(OutputExplanation.pictures(self))
        if self.links:
            source = [token.text for token in self.source_tokens]
            written = [token.token.text for token in self.found.tokens]
            drawn["links"] = lambda: links_picture(source, written, self.links)
        return drawn
