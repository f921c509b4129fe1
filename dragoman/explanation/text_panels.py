"""The parts of a page that show a text: its links to the source, its tokens, the beam, the attention maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from dragoman.contracts import Fate
from dragoman.explanation.comparison import Comparison
from dragoman.explanation.page import Panel
from dragoman.explanation.scored_text import ScoredText, Token
from dragoman.explanation.tree import BeamTree
from dragoman.reports.page import table_html
from dragoman.reports.text import percent_text, signed

_FATES = {
    Fate.CONTINUED: ("", ""),
    Fate.COMPLETE: ("✓", "complete: it ended with the end symbol and was kept"),
    Fate.LENGTH: ("✂", "cut: it had as many tokens as allowed"),
    Fate.REPETITION: ("✂", "cut: it repeated itself"),
    Fate.PUSHED_OUT: ("✕", "given up: pushed out of the beam, since others were more probable"),
    Fate.HOPELESS: ("✕", "given up: whatever followed, it could no longer be the best"),
}
"""The mark of each fate, and what it means in words."""


def links_panel(
    source: Sequence[Token], found: ScoredText, links: Sequence[tuple[int, int]], maps: Sequence[int]
) -> Panel:
    """The source and its translation, with the links between their tokens.

    The page's data has the source's tokens at ``/source/tokens``, the translation's at ``/found/tokens``, the links at
    ``/links`` and the maps at ``/attention``.

    Args:
        source: tokens that the encoder read.
        found: the translation.
        links: pairs of indices of a source token and of a token of the translation that belong together.
        maps: indices of the attention maps from the translation to the source.
    """
    written = [token.token for token in found.tokens]
    pairs: dict[int, list[str]] = {}
    for begin, end in links:
        pairs.setdefault(end, []).append(_readable(source[begin]))
    table = {
        "translation": [_readable(token) for token in written],
        "linked to": [", ".join(pairs.get(n, ["–"])) for n in range(len(written))],
    }
    still = f"{_line(source)}\n{_line(written)}" + (table_html(table) if links else "")
    about = "Point at a word of either text to see the words of the other that belong to it."
    values = {
        "input": "/source/tokens",
        "output": "/found/tokens",
        "links": "/links",
        "maps": "/attention",
        "only": list(maps),
    }
    return Panel("Links", about, still, "links", values)


def tokens_panel(found: ScoredText, proposed: ScoredText | None, comparison: Comparison | None) -> Panel:
    """The tokens of a text and their probabilities, with what was nearly written; then a text that is proposed instead.

    The page's data has the texts' tokens at ``/found/tokens`` and ``/proposed/tokens``.
    """
    about = "The probability of each token where it stands. Point at one to see what was nearly written in its place."
    texts = [{"name": "what the model wrote", "at": "/found/tokens", "proposed": False}]
    still = _token_table(found)
    parts: list[int] = []
    if proposed is not None and comparison is not None:
        texts.append({"name": "what is proposed instead", "at": "/proposed/tokens", "proposed": True})
        parts = [] if comparison.parting is None else [comparison.parting]
        about = " ".join([about, *comparison.sentences])
        still += f"\n<h3>what is proposed instead</h3>\n{_token_table(proposed)}"
    return Panel("Tokens", about, still, "tokens", {"texts": texts, "parts": parts})


def tree_panel(tree: BeamTree) -> Panel:
    """The hypotheses of the search as a tree, which the page's data has at ``/tree``."""
    steps = [0] * len(tree.nodes)
    texts = [""] * len(tree.nodes)
    for number, node in enumerate(tree.nodes):
        if node.parent is not None:
            steps[number] = steps[node.parent] + 1
            texts[number] = texts[node.parent] + " "
        texts[number] += node.token
    continued = {node.parent for node in tree.nodes}
    ends = [number for number in range(len(tree.nodes)) if number not in continued]
    order = sorted(ends, key=lambda n: (steps[n], -tree.nodes[n].log_probability))
    table = {
        "ended at step": [str(steps[n] + 1) for n in order],
        "log-probability": [signed(f"{tree.nodes[n].log_probability:.3f}") for n in order],
        "score": [signed(f"{tree.nodes[n].score:.3f}") for n in order],
        "what became of it": [tree.nodes[n].fate.value for n in order],
        "hypothesis": [f"{'★ ' if tree.nodes[n].on_best_path else ''}{texts[n]}" for n in order],
    }
    about = "Every hypothesis that the search considered, from left to right, and where it came to its end."
    if tree.method:
        about += f" The search: {tree.method}."
    if tree.left_out:
        about += f" {tree.left_out:,} more that lost are left out."
    fates = {fate.value: [mark, words] for fate, (mark, words) in _FATES.items()}
    return Panel("Beam", about, table_html(table), "tree", {"nodes": "/tree/nodes", "fates": fates})


def maps_panel(heads: Sequence[tuple[str, int, str]]) -> Panel:
    """Every attention map, which the page's data has at ``/attention``.

    Args:
        heads: for each head the name of its layer, its number, and what it looks at in words.
    """
    table = {
        "layer": [layer for layer, _, _ in heads],
        "head": [str(number) for _, number, _ in heads],
        "in words": [words for _, _, words in heads],
    }
    about = "What each head looks at: a row for each token that looks, a column for each that it looks at."
    return Panel("Attention", f"{about} Click a map to enlarge it.", table_html(table), "maps", {"maps": "/attention"})


def _readable(token: Token) -> str:
    """The token without the sign of its space, if there is something else."""
    return token.text.removeprefix("▁") or token.text


def _line(tokens: Sequence[Token]) -> str:
    return f'<p dir="auto">{escape("".join(token.text.replace("▁", " ") for token in tokens).strip())}</p>'


def _token_table(text: ScoredText) -> str:
    return table_html(
        {
            "token": [token.token.text for token in text.tokens],
            "probability": [percent_text(math.exp(token.log_probability)) for token in text.tokens],
            "choice": [str(token.rank) for token in text.tokens],
            "nearly written instead": [
                ", ".join(
                    f"{other.token} {percent_text(math.exp(other.log_probability))}" for other in token.alternatives
                )
                for token in text.tokens
            ],
        }
    )
