"""The tree of a search for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from dragoman.contracts import Fate
from dragoman.explanation.tree import BeamTree, Node
from dragoman.reports.columns import left_to_right, wrapped
from dragoman.reports.text import signed

MARKS = {
    Fate.COMPLETE: "✓",
    Fate.LENGTH: "✂",
    Fate.REPETITION: "✂",
    Fate.PUSHED_OUT: "✕",
    Fate.HOPELESS: "✕",
}
"""The mark of each way in which a hypothesis comes to its end."""
_LEGEND = (
    "Each line goes on from the one above it. Behind │ stands what was considered in the place of the line's first "
    "token; └ begins what was followed for a while. Numbers are log-probabilities up to there, ★ is what was found."
)


def tree_lines(tree: BeamTree) -> list[str]:
    """The tree in lines of at most 80 columns, as far as its tokens allow.

    The output that was found runs down the left side, without indentation. What was considered in the place of one of
    its tokens stands below that token, indented, and so on in each branch; so a tree is as wide as it is bushy, not as
    long as its outputs.

    >>> first = Node("▁a", parent=None, log_probability=-0.1, score=-0.1, fate=Fate.CONTINUED, on_best_path=True)
    >>> other = Node("▁b", parent=None, log_probability=-2.5, score=-2.5, fate=Fate.PUSHED_OUT)
    >>> end = Node("</s>", parent=0, log_probability=-0.2, score=-0.2, fate=Fate.COMPLETE, on_best_path=True)
    >>> print("\\n".join(tree_lines(BeamTree((first, other, end)))[-3:]))
    ★ ▁a −0.10
    │ ✕ pushed out of the beam: ▁b −2.50
    ★ </s> −0.20, score −0.20 ✓ complete
    """
    children: dict[int | None, list[int]] = {}
    for index, node in enumerate(tree.nodes):
        children.setdefault(node.parent, []).append(index)
    drawing = _Drawing(tree.nodes, children)
    branches = any(len(siblings) > 1 for siblings in children.values())
    legend = [*wrapped([*_LEGEND.split(), *_left_out(tree)]), ""] if branches else []
    return [*legend, *map(left_to_right, drawing.lines(children.get(None, []), _BEST, ""))]


def _left_out(tree: BeamTree) -> list[str]:
    return f"{tree.left_out:,} more that lost are left out.".split() if tree.left_out else []


_BEST = "★ "


class _Drawing:
    """Draws a tree.

    Args:
        nodes: the nodes.
        children: the children of each node; None has the first ones.
    """

    def __init__(self, nodes: Sequence[Node], children: dict[int | None, list[int]]) -> None:
        self._nodes = nodes
        self._children = children
        # The best score of a complete hypothesis, and the number of hypotheses, at or below each node.
        self._ends = [node.score if node.fate is Fate.COMPLETE else -math.inf for node in nodes]
        self._sizes = [1] * len(nodes)
        for index in reversed(range(len(nodes))):
            parent = nodes[index].parent
            if parent is not None:
                self._ends[parent] = max(self._ends[parent], self._ends[index])
                self._sizes[parent] += self._sizes[index]

    def lines(self, siblings: list[int], first: str, indent: str) -> Iterator[str]:
        """The lines of some nodes with the same parent, and of all below them.

        Args:
            siblings: the nodes.
            first: what the first line begins with; the others begin with spaces, or with ``★`` on the best path.
            indent: what stands before all lines.
        """
        below = "" if first == _BEST else "  "
        while siblings:
            trunk = max(siblings, key=self._weight)
            run, others = [trunk], [index for index in siblings if index != trunk]
            siblings = self._children.get(trunk, [])
            while not others and len(siblings) == 1:
                run.append(siblings[0])
                siblings = self._children.get(run[-1], [])
            yield from self._run(run, f"{indent}{first}", f"{indent}  ")
            yield from self._others(others, f"{indent}{below}│ ")
            first = first if first == _BEST else "  "

    def _weight(self, index: int) -> tuple[bool, float, int, float]:
        """How much a node deserves to be what a line goes on with: what was found, then what came nearest to it."""
        node = self._nodes[index]
        return node.on_best_path, self._ends[index], self._sizes[index], node.log_probability

    def _run(self, run: Sequence[int], first: str, then: str) -> Iterator[str]:
        """Tokens between which nothing else was considered."""
        last = self._nodes[run[-1]]
        words = [*(self._nodes[index].token for index in run[:-1]), *_named(last)]
        if run[-1] not in self._children:
            words += [MARKS[last.fate], *last.fate.value.split()]
        yield from wrapped(words, first=first, then=then)

    def _others(self, others: Sequence[int], indent: str) -> Iterator[str]:
        """What was considered in the place of a token: leaves of one fate together, then branches."""
        ordered = sorted(others, key=lambda index: -self._nodes[index].log_probability)
        leaves = [self._nodes[index] for index in ordered if index not in self._children]
        leaves.sort(key=lambda node: list(Fate).index(node.fate))
        for fate, group in groupby(leaves, key=lambda node: node.fate):
            parts = [" ".join(_named(node)) for node in group]
            first = f"{indent}{MARKS[fate]} {fate.value}: "
            yield from wrapped(_separated(parts), first=first, then=f"{indent}    ")
        for index in ordered:
            if index in self._children:
                yield from self.lines([index], "└ ", indent)


def _separated(parts: Sequence[str]) -> list[str]:
    return [f"{part}," for part in parts[:-1]] + [*parts[-1:]]


def _named(node: Node) -> list[str]:
    """The token of a node with its numbers, in parts between which a line may be broken."""
    if node.fate is Fate.COMPLETE:
        return [node.token, f"{_number(node.log_probability)},", f"score {_number(node.score)}"]
    return [node.token, _number(node.log_probability)]


def _number(value: float) -> str:
    return signed(f"{value:.2f}")
