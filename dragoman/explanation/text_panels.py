"""The parts of a page that show a text: its links to the source, its tokens, the beam, the attention maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from dragoman.contracts import Fate
from dragoman.explanation.attention_map import AttentionMap
from dragoman.explanation.page import Panel
from dragoman.explanation.scored_text import ScoredText, Token
from dragoman.explanation.tree import BeamTree
from dragoman.model.attention_weights import Side
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
    source: Sequence[Token], found: ScoredText, maps: Sequence[AttentionMap], links: Sequence[tuple[int, int]]
) -> Panel:
    """The source and its translation, with the links between their tokens.

    The page's data has the source's tokens at ``/source/tokens``, the translation's at ``/found/tokens``, the links at
    ``/links`` and the maps at ``/attention``.

    Args:
        source: tokens that the encoder read.
        found: the translation.
        maps: attention maps; those to the source are offered.
        links: pairs of indices of a source token and of a token of the translation that belong together.
    """
    written = [token.token for token in found.tokens]
    pairs: dict[int, list[str]] = {}
    for begin, end in links:
        pairs.setdefault(end, []).append(_readable(source[begin]))
    table = {
        "translation": [_readable(token) for token in written],
        "linked to": [", ".join(pairs.get(n, ["–"])) for n in range(len(written))],
    }
    still = f"{_line(source)}\n{_line(written)}" + (_wide(table) if links else "")
    to_source = [number for number, attended in enumerate(maps) if attended.side is Side.CROSS]
    about = "Point at a word of either text to see the words of the other that belong to it."
    values = {
        "input": "/source/tokens",
        "output": "/found/tokens",
        "links": "/links",
        "maps": "/attention",
        "only": to_source,
    }
    return Panel("Links", about, still, "links", values)


def tokens_panel(found: ScoredText, proposed: ScoredText | None) -> Panel:
    """The tokens of a text and their probabilities, with what was nearly written; below a text that is proposed instead.

    The page's data has the texts' tokens at ``/found/tokens`` and ``/proposed/tokens``.
    """
    about = "The probability of each token where it stands. Point at one to see what was nearly written in its place."
    texts = [{"name": "what the model wrote", "at": "/found/tokens"}]
    still = _token_table(found)
    parts = None
    if proposed is not None:
        texts.append({"name": "what is proposed instead", "at": "/proposed/tokens"})
        parts = _parting(found, proposed)
        about = f"{about} {_compared(found, proposed, parts)}"
        still += f"\n<h3>what is proposed instead</h3>\n{_token_table(proposed)}"
    return Panel("Tokens", about, still, "tokens", {"texts": texts, "parts": [] if parts is None else [parts]})


def tree_panel(tree: BeamTree) -> Panel:
    """The hypotheses of the search as a tree, which the page's data has at ``/tree``."""
    steps = [0] * len(tree.nodes)
    texts = [""] * len(tree.nodes)
    for number, node in enumerate(tree.nodes):
        if node.parent is not None:
            steps[number] = steps[node.parent] + 1
            texts[number] = texts[node.parent] + " "
        texts[number] += node.token
    order = sorted(range(len(tree.nodes)), key=lambda n: (steps[n], -tree.nodes[n].log_probability))
    table = {
        "step": [str(steps[n] + 1) for n in order],
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
    return Panel("Beam", about, _wide(table), "tree", {"nodes": "/tree/nodes", "fates": fates})


def maps_panel(maps: Sequence[AttentionMap]) -> Panel:
    """Every attention map, which the page's data has at ``/attention``."""
    rows = [(attended.name, head) for attended in maps for head in attended.summaries()]
    table = {
        "layer": [name for name, _ in rows],
        "head": [str(head.number) for _, head in rows],
        "entropy (nats)": [f"{head.entropy:.2f}" for _, head in rows],
        "what it does": [head.words for _, head in rows],
    }
    about = (
        "What each head of each layer looks at: a row for each token that looks, a column for each that it looks at."
    )
    return Panel("Attention", f"{about} Click a map to enlarge it.", _wide(table), "maps", {"maps": "/attention"})


def _parting(found: ScoredText, proposed: ScoredText) -> int | None:
    """The place of the first token in which two texts differ; None if they are equal."""
    ours, theirs = ([token.token.text for token in text.tokens] for text in (found, proposed))
    both = min(len(ours), len(theirs))
    first = next((n for n in range(both) if ours[n] != theirs[n]), both)
    return None if ours == theirs else first


def _compared(found: ScoredText, proposed: ScoredText, parts: int | None) -> str:
    """How the model scores the two texts, in sentences."""
    less = found.log_probability - proposed.log_probability
    said = (
        f"The model's own text has a log-probability of {signed(f'{found.log_probability:.3f}')}, the proposed one "
        f"{signed(f'{proposed.log_probability:.3f}')}, which is {abs(less):.3f} {'less' if less > 0 else 'more'}."
    )
    if proposed.score > found.score:
        said += " By its score the model prefers the proposed text, which its search has missed."
    return said if parts is None else f"{said} They part at token {parts + 1}, which has a frame."


def _readable(token: Token) -> str:
    """The token without the sign of its space, if there is something else."""
    return token.text.removeprefix("▁") or token.text


def _line(tokens: Sequence[Token]) -> str:
    return f'<p dir="auto">{escape("".join(token.text.replace("▁", " ") for token in tokens).strip())}</p>'


def _token_table(text: ScoredText) -> str:
    return _wide(
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


def _wide(table: dict[str, list[str]]) -> str:
    return table_html(table)
