"""Why a model wrote what it wrote: a translation, or a text of a language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dragoman.explanation.attention_map import AttentionMap
from dragoman.explanation.comparison import Comparison
from dragoman.explanation.explanation import Explanation
from dragoman.explanation.page import explanation_page
from dragoman.explanation.scored_text import ScoredText, Token
from dragoman.explanation.text_panels import links_panel, maps_panel, tokens_panel, tree_panel
from dragoman.explanation.text_pictures import attention_picture, links_picture, tokens_picture
from dragoman.explanation.tree import BeamTree
from dragoman.explanation.tree_picture import tree_picture
from dragoman.model.attention_weights import Side
from dragoman.optional import plots
from dragoman.reports.shown import Summary
from dragoman.reports.text import signed
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True, repr=False)
class TranslationExplanation(Explanation):
    """What a translator made of one source, and what it nearly wrote.

    Attributes:
        source: text of the source.
        source_tokens: tokens that the encoder read, the end symbol included.
        found: the translation that the search returned, token by token.
        proposed: a translation that somebody proposes instead, scored by the same model; None if there is none.
        comparison: the proposed translation beside the found one; None if nothing is proposed.
        tree: the hypotheses that the search considered.
        attention: the weights of each attention layer while the model writes the found translation.
        links: pairs of indices of a source token and of a token of the translation that belong together.
        notes: what a reader should know of this translation, in sentences.
        piece: number of the piece of the text that this is; 1 for a text that is translated as a whole.
        pieces: number of pieces in which the text is translated, because it is too long for the model.
    """

    source: str
    source_tokens: tuple[Token, ...]
    found: ScoredText
    proposed: ScoredText | None = None
    comparison: Comparison | None = None
    tree: BeamTree = field(default_factory=lambda: BeamTree(()))
    attention: tuple[AttentionMap, ...] = ()
    links: tuple[tuple[int, int], ...] = ()
    notes: tuple[str, ...] = ()
    piece: int = 1
    pieces: int = 1

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
            "comparison": None if self.comparison is None else self.comparison.to_dict(),
            "tree": self.tree.to_dict(),
            "attention": [layer.to_dict() for layer in self.attention],
            "links": [list(link) for link in self.links],
            "notes": list(self.notes),
            "piece": self.piece,
            "pieces": self.pieces,
        }

    def page(self) -> str:
        """The explanation as a page: links, tokens, the tree of the search, attention maps."""
        panels = [tokens_panel(self.found, self.proposed)]
        to_source = [number for number, attended in enumerate(self.attention) if attended.side is Side.CROSS]
        if self.links or to_source:
            panels.insert(0, links_panel(self.source_tokens, self.found, self.links, to_source))
        if self.tree.nodes:
            panels.append(tree_panel(self.tree))
        if self.attention:
            panels.append(maps_panel([head for attended in self.attention for head in attended.in_words()]))
        facts = {
            "log-probability": signed(f"{self.found.log_probability:.3f}"),
            "score": signed(f"{self.found.score:.3f}"),
        }
        return explanation_page(self.found.text, self.source, facts, panels, self.to_dict())

    def pictures(self) -> Mapping[str, Callable[[], plots.Figure]]:
        """The probabilities of the tokens; the tree of the search, links and attention maps, where there are any."""
        texts = [("what the model wrote", self.found)]
        if self.proposed is not None:
            texts.append(("what is proposed instead", self.proposed))
        drawn: dict[str, Callable[[], plots.Figure]] = {"tokens": lambda: tokens_picture(texts)}
        if self.tree.nodes:
            drawn["tree"] = lambda: tree_picture(self.tree)
        if self.links:
            source = [token.text for token in self.source_tokens]
            written = [token.token.text for token in self.found.tokens]
            drawn["links"] = lambda: links_picture(source, written, self.links)
        if self.attention:
            drawn["attention"] = lambda: attention_picture(
                [(attended.name, attended.heads) for attended in self.attention]
            )
        return drawn
