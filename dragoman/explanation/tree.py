"""The hypotheses that a search considered, as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dragoman.contracts import Fate
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True)
class Node:
    """A hypothesis: that of its parent, and one token more.

    Attributes:
        token: text of the token, as in :class:`~dragoman.explanation.scored_text.Token`.
        parent: index of the node that it continues; None for the first token of an output.
        log_probability: natural logarithm of the probability of the hypothesis so far.
        score: score that the search would give the hypothesis if it ended here.
        fate: what became of the hypothesis.
        on_best_path: whether the output that the search returned first goes through here.
    """

    token: str
    parent: int | None
    log_probability: float
    score: float
    fate: Fate
    on_best_path: bool = False

    def to_dict(self) -> JsonObject:
        """The node as values for JSON."""
        return {
            "token": self.token,
            "parent": self.parent,
            "log_probability": self.log_probability,
            "score": self.score,
            "fate": self.fate.value,
            "on_best_path": self.on_best_path,
        }


@dataclass(frozen=True, slots=True)
class BeamTree:
    """The hypotheses that a search considered.

    >>> first = Node("▁a", parent=None, log_probability=-0.1, score=-0.1, fate=Fate.CONTINUED, on_best_path=True)
    >>> end = Node("</s>", parent=0, log_probability=-0.2, score=-0.2, fate=Fate.COMPLETE, on_best_path=True)
    >>> tree = BeamTree((first, end))
    >>> tree.children(None), tree.children(0)
    ((0,), (1,))

    Attributes:
        nodes: the hypotheses; each stands behind its parent.
        method: the method of search, in a few words.
        left_out: number of considered hypotheses that the tree leaves out, all of which lost.
    """

    nodes: tuple[Node, ...]
    method: str = ""
    left_out: int = 0

    def children(self, parent: int | None) -> tuple[int, ...]:
        """The indices of the nodes that continue ``parent`` (None: the empty hypothesis), the most probable first."""
        found = [index for index, node in enumerate(self.nodes) if node.parent == parent]
        return tuple(sorted(found, key=lambda index: -self.nodes[index].log_probability))

    def path(self, index: int) -> Iterator[int]:
        """The indices of the nodes from the first token to node ``index``."""
        node = self.nodes[index]
        if node.parent is not None:
            yield from self.path(node.parent)
        yield index

    def to_dict(self) -> JsonObject:
        """The tree as values for JSON."""
        nodes = [node.to_dict() for node in self.nodes]
        return {"method": self.method, "left_out": self.left_out, "nodes": nodes}
