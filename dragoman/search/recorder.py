"""Writes down what a search considers and why it gives hypotheses up, for those who ask for a trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dragoman.contracts import Fate, SearchTrace, TraceNode


class Recorder:
    """The traces of several rows, which grow while a search goes on.

    A hypothesis is known by its tokens, so a search needs to keep nothing for it. Tokens of a prefix are no part of the
    trace. A search that is asked for no trace has no recorder, and does not even collect what it would say to one.

    >>> recorder = Recorder([[]])
    >>> recorder.consider(0, [5], -0.1, -0.1, Fate.CONTINUED)
    >>> recorder.consider(0, [5, 7], -0.3, -0.3)
    >>> recorder.decide(0, [5, 7], Fate.COMPLETE)
    >>> [(node.symbol, node.parent, node.fate.value) for node in recorder.traces()[0].nodes]
    [(5, -1, 'continued'), (7, 0, 'complete')]

    Args:
        prefixes: the symbols with which each row's output begins.
    """

    def __init__(self, prefixes: Sequence[Sequence[int]]) -> None:
        self._given = [len(prefix) for prefix in prefixes]
        self._places: list[dict[tuple[int, ...], int]] = [{} for _ in prefixes]
        self._nodes: list[list[TraceNode]] = [[] for _ in prefixes]

    def consider(
        self,
        row: int,
        tokens: Sequence[int],
        log_probability: float,
        score: float,
        fate: Fate = Fate.PUSHED_OUT,
    ) -> None:
        """Note that the search has computed the probability of a hypothesis; one that is known already stays as it is.

        Args:
            row: row of the hypothesis.
            tokens: all symbols of the hypothesis, with the prefix and, if it is complete, the end symbol.
            log_probability: natural logarithm of its probability.
            score: score that the search would give it if it ended here.
            fate: what becomes of it, unless :meth:`decide` says otherwise.
        """
        key, places = tuple(tokens[self._given[row] :]), self._places[row]
        if key and key not in places:
            places[key] = len(places)
            parent = places[key[:-1]] if len(key) > 1 else -1
            self._nodes[row].append(TraceNode(key[-1], parent, log_probability, score, fate))

    def decide(self, row: int, tokens: Sequence[int], fate: Fate) -> None:
        """Note what became of a hypothesis that was considered; an empty one has no fate."""
        key = tuple(tokens[self._given[row] :])
        if key:
            place = self._places[row][key]
            self._nodes[row][place] = replace(self._nodes[row][place], fate=fate)

    def traces(self) -> list[SearchTrace]:
        """The trace of each row. A hypothesis that was followed, and none of whose continuations was even considered,
        was pushed out by those of others."""
        return [SearchTrace(tuple(_with_dead_ends(nodes))) for nodes in self._nodes]


def _with_dead_ends(nodes: list[TraceNode]) -> list[TraceNode]:
    parents = {node.parent for node in nodes}
    return [
        replace(node, fate=Fate.PUSHED_OUT) if node.fate is Fate.CONTINUED and place not in parents else node
        for place, node in enumerate(nodes)
    ]
