"""The trace of a search as a tree for people: without most of what lost, and with readable tokens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from dragoman.contracts import Fate, SearchTrace, TraceNode
from dragoman.explanation.tree import BeamTree, Node

_GIVEN_UP = frozenset({Fate.PUSHED_OUT, Fate.LENGTH})
"""What becomes of continuations that the search does not go on from; most of them are left out."""


def tree_of(
    trace: SearchTrace, best: Sequence[int], readable: Callable[[int], str], *, lost: int, method: str
) -> BeamTree:
    """The tree of a trace.

    >>> nodes = [TraceNode(5, -1, -0.1, -0.1, Fate.COMPLETE), TraceNode(6, -1, -3.0, -3.0, Fate.PUSHED_OUT)]
    >>> tree = tree_of(SearchTrace(tuple(nodes)), [5], str, lost=0, method="greedy search")
    >>> [node.token for node in tree.nodes], tree.left_out
    (['5'], 1)

    Args:
        trace: the trace.
        best: symbols of the best output, with the end symbol if it is complete.
        readable: function from a symbol to its text.
        lost: number of hypotheses of each length that the search did not go on from, to be kept: the most probable.
            One more is kept where a hypothesis that was followed would otherwise seem to end without a reason.
        method: the method of search, in words.
    """
    nodes = trace.nodes
    kept = _kept(nodes, _path(nodes, best), lost)
    places = {index: place for place, index in enumerate(kept)}
    on_path = frozenset(_path(nodes, best))
    shown = tuple(
        Node(
            readable(nodes[index].symbol),
            places[nodes[index].parent] if nodes[index].parent >= 0 else None,
            nodes[index].log_probability,
            nodes[index].score,
            nodes[index].fate,
            index in on_path,
        )
        for index in kept
    )
    return BeamTree(shown, method, len(nodes) - len(kept))


def _path(nodes: Sequence[TraceNode], symbols: Sequence[int]) -> list[int]:
    """The nodes along the symbols of an output, as far as the search considered it."""
    at = {(node.parent, node.symbol): index for index, node in enumerate(nodes)}
    path, parent = [], -1
    for symbol in symbols:
        if (parent, symbol) not in at:
            break
        parent = at[parent, symbol]
        path.append(parent)
    return path


def _kept(nodes: Sequence[TraceNode], path: Sequence[int], lost: int) -> list[int]:
    """The indices of the nodes that are shown, in order."""
    depths: list[int] = []
    for node in nodes:
        depths.append(depths[node.parent] + 1 if node.parent >= 0 else 0)
    parents = {node.parent for node in nodes}
    given_up: dict[int, list[int]] = defaultdict(list)
    for index, node in enumerate(nodes):
        if node.fate in _GIVEN_UP and index not in parents:
            given_up[depths[index]].append(index)
    kept = set(range(len(nodes))) - {index for of_depth in given_up.values() for index in of_depth} | {*path}
    for of_depth in given_up.values():
        kept.update(sorted(of_depth, key=lambda index: -nodes[index].log_probability)[:lost])
    with_children = {nodes[index].parent for index in kept}
    for of_depth in given_up.values():
        for index in sorted(of_depth, key=lambda index: -nodes[index].log_probability):
            parent = nodes[index].parent
            if parent >= 0 and parent not in with_children and nodes[parent].fate is Fate.CONTINUED:
                kept.add(index)
                with_children.add(parent)
    return sorted(kept)
