"""What explanations of all outputs have in common that a model writes token by token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dragoman.explanation.attention_map import AttentionMap
from dragoman.explanation.comparison import Comparison, compared
from dragoman.explanation.explanation import Explanation
from dragoman.explanation.output_text import comparison_lines, number_line, titled, token_table
from dragoman.explanation.page import Panel
from dragoman.explanation.scored_text import ScoredText
from dragoman.explanation.text_panels import maps_panel, tokens_panel, tree_panel
from dragoman.explanation.text_pictures import attention_picture, tokens_picture
from dragoman.explanation.tree import BeamTree
from dragoman.explanation.tree_picture import tree_picture
from dragoman.explanation.tree_text import tree_lines
from dragoman.optional import plots
from dragoman.reports.columns import wrapped
from dragoman.reports.text import signed
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class OutputExplanation(Explanation):
    """What a model wrote for one input, and what it nearly wrote.

    Attributes:
        found: the output that the search returned, token by token.
        proposed: an output that somebody proposes instead, scored by the same model; None if there is none.
        drawn: whether the output was drawn at random, so that nobody expects the best one.
        tree: the hypotheses that the search considered.
        attention: the weights of each attention layer while the model writes the found output.
        notes: what a reader should know of this output, in sentences.
    """

    found: ScoredText
    proposed: ScoredText | None = None
    drawn: bool = False
    tree: BeamTree = field(default_factory=lambda: BeamTree(()))
    attention: tuple[AttentionMap, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def comparison(self) -> Comparison | None:
        """The proposed output beside the found one; None if nothing is proposed."""
        return None if self.proposed is None else compared(self.found, self.proposed, drawn=self.drawn)

    def output_lines(self) -> list[str]:
        """The found output, the proposed one and the search, in lines for a terminal."""
        lines = [*titled("found", self.found.text), f"  {number_line(self.found)}"]
        for note in self.notes:
            lines += wrapped(note.split(), first="  note: ", then="  ")
        lines += ["", *token_table(self.found)]
        if self.proposed is not None and self.comparison is not None:
            lines += ["", *titled("proposed", self.proposed.text), *comparison_lines(self.proposed, self.comparison)]
        if self.tree.nodes:
            lines += ["", *titled("search", self.tree.method), *tree_lines(self.tree)]
        return lines

    def output_values(self) -> JsonObject:
        """The found output, the proposed one and the search, as values for JSON."""
        comparison = self.comparison
        return {
            "found": self.found.to_dict(),
            "proposed": None if self.proposed is None else self.proposed.to_dict(),
            "comparison": None if comparison is None else comparison.to_dict(),
            "drawn": self.drawn,
            "tree": self.tree.to_dict(),
            "attention": [layer.to_dict() for layer in self.attention],
            "notes": list(self.notes),
        }

    def output_panels(self) -> list[Panel]:
        """The parts of a page that show the tokens, the search and the attention maps."""
        panels = [tokens_panel(self.found, self.proposed, self.comparison)]
        if self.tree.nodes:
            panels.append(tree_panel(self.tree))
        if self.attention:
            panels.append(maps_panel([head for attended in self.attention for head in attended.in_words()]))
        return panels

    def facts(self) -> dict[str, str]:
        """The numbers of the found output, and the notes, for the head of a page."""
        numbers = {
            "log-probability": signed(f"{self.found.log_probability:.3f}"),
            "score": signed(f"{self.found.score:.3f}"),
        }
        return {**numbers, **({"notes": "; ".join(self.notes)} if self.notes else {})}

    def pictures(self) -> Mapping[str, Callable[[], plots.Figure]]:
        """The probabilities of the tokens; the tree of the search and attention maps, where there are any."""
        texts = [("what the model wrote", self.found)]
        if self.proposed is not None:
            texts.append(("what is proposed instead", self.proposed))
        drawn: dict[str, Callable[[], plots.Figure]] = {"tokens": lambda: tokens_picture(texts)}
        if self.tree.nodes:
            drawn["tree"] = lambda: tree_picture(self.tree)
        if self.attention:
            maps = [(attended.name, attended.heads) for attended in self.attention]
            drawn["attention"] = lambda: attention_picture(maps)
        return drawn
