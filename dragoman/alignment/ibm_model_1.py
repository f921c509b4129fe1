"""IBM Model 1: translation probabilities of single symbols, learnt from pairs of sentences alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

NULL = -1
"""The empty word before every source sentence, for target symbols that translate none of its symbols."""


@dataclass(frozen=True, slots=True)
class TranslationTable:
    """The translation probabilities t(f | e) of all symbols e and f that occur in one pair of sentences; others are 0.

    Attributes:
        sources: source symbol e of each entry, ascending; :data:`NULL` is among them.
        targets: target symbol f of each entry, ascending within one e.
        probabilities: probability t(f | e) of each entry; they sum to 1 for each source symbol.
    """

    sources: Int[np.ndarray, " t"]
    targets: Int[np.ndarray, " t"]
    probabilities: Float[np.ndarray, " t"]

    def of(self, sources: Int[np.ndarray, " l"], targets: Int[np.ndarray, " l"]) -> Float[np.ndarray, " l"]:
        """The probability t(f | e) of each pair of a source symbol, or :data:`NULL`, and a target symbol."""
        width = int(self.targets.max(initial=0)) + 1
        keys = (self.sources - NULL) * width + self.targets
        wanted = (sources - NULL) * width + targets
        places = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        known = (targets < width) & (keys[places] == wanted) if len(keys) else np.zeros(len(wanted), dtype=bool)
        found: Float[np.ndarray, " l"] = np.where(known, self.probabilities[places], 0.0) if len(keys) else known * 0.0
        return found


def ibm_model_1(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], *, rounds: int = 5
) -> TranslationTable:
    """The table after ``rounds`` of expectation maximisation from a uniform one (Brown et al. 1993, section 4.1).

    It equals :func:`ibm_model_1_equations`. A link is an occurrence of a source and a target symbol in one pair, and a
    round is a few sums over all links. A link takes about 50 bytes of memory; a pair of 15 and 15 tokens has 240 links.

    >>> table = ibm_model_1([[7, 8], [7]], [[5, 6], [5]], rounds=10)  # 7 is 5, so 8 is 6
    >>> best = (table.sources == 8) & (table.targets == 6)
    >>> table.probabilities[best].round(2)
    array([0.99])

    Args:
        sources: ids of the symbols of each source sentence.
        targets: ids of the symbols of each target sentence.
        rounds: number of rounds of expectation maximisation.
    """
    flat_sources, links, places = _links(sources, targets)
    flat_targets = _flat(targets)
    width = int(flat_targets.max(initial=0)) + 1
    # NULL is −1, so ids are increased by one, so that keys begin at 0.
    keys, entries = np.unique((flat_sources[links] - NULL) * width + flat_targets[places], return_inverse=True)
    source_of, target_of = keys // width, keys % width
    table = np.ones(len(keys))
    for _ in range(rounds):
        # Expectation: each link's share of its target token. Maximisation: shares by entry, normalised by source.
        shares = table[entries]
        shares /= np.bincount(places, shares)[places]
        counts = np.bincount(entries, shares, minlength=len(keys))
        table = counts / np.bincount(source_of, counts)[source_of]
    return TranslationTable(source_of + NULL, target_of, table)


def ibm_model_1_equations(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], *, rounds: int = 5
) -> dict[tuple[int, int], float]:
    """The probabilities t(f | e), by (e, f), as in Brown et al. 1993, eq. 13 and 15.

    >>> table = ibm_model_1_equations([[7, 8], [7]], [[5, 6], [5]], rounds=10)
    >>> round(table[8, 6], 2)
    0.99
    """
    pairs = [([NULL, *source], target) for source, target in zip(sources, targets, strict=True)]
    table = {(e, f): 1.0 for source, target in pairs for e in source for f in target}
    for _ in range(rounds):
        counts = dict.fromkeys(table, 0.0)
        for source, target in pairs:
            for f in target:
                total = sum(table[e, f] for e in source)
                for e in source:
                    counts[e, f] += table[e, f] / total
        totals: dict[int, float] = {}
        for (e, _), count in counts.items():
            totals[e] = totals.get(e, 0.0) + count
        table = {(e, f): count / totals[e] for (e, f), count in counts.items()}
    return table


def best_links(
    table: TranslationTable, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
) -> list[list[int]]:
    """The place in its source sentence of the symbol that each target symbol most probably translates, under the model;
    :data:`NULL` if that is the empty word, or if the table knows none of the pairs.

    This is the best alignment of a pair (Brown et al. 1993, section 4.1), since under Model 1 each target symbol is
    aligned independently. A symbol that occurs several times in the source has the same probability in each place: the
    place nearest to the diagonal is then taken, which the model leaves open.

    >>> table = ibm_model_1([[7, 8], [7]], [[5, 6], [5]], rounds=10)
    >>> best_links(table, [[7, 8, 7]], [[5, 6, 5, 9]])
    [[0, 1, 2, -1]]

    Args:
        table: the translation probabilities.
        sources: ids of the symbols of each source sentence.
        targets: ids of the symbols of each target sentence.
    """
    lengths = [len(target) for target in targets]
    if not sum(lengths):
        return [[] for _ in targets]
    flat_sources, links, places = _links(sources, targets)
    probabilities = table.of(flat_sources[links], _flat(targets)[places])
    first = np.flatnonzero(np.diff(places, prepend=-1))
    # Where a link's source symbol stands in its sentence, NULL at −1, and how far that is from the diagonal.
    at = np.arange(len(links)) - first[places] + NULL
    source_lengths = np.repeat([len(source) for source in sources], lengths)
    target_lengths = np.repeat(lengths, lengths)
    within = np.arange(len(target_lengths)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    diagonal = (2 * within + 1) * source_lengths / target_lengths - 1
    distances = np.where(at == NULL, np.inf, np.abs(2 * at - diagonal[places]))
    best = probabilities == np.maximum.reduceat(probabilities, first)[places]
    nearest = np.where(best, distances, np.inf)
    chosen = best & (nearest == np.minimum.reduceat(nearest, first)[places])
    firsts = np.unique(places[chosen], return_index=True)[1]
    found = at[chosen][firsts]
    found[probabilities[chosen][firsts] == 0] = NULL
    ends = np.cumsum([0, *lengths])
    flat = found.tolist()
    return [flat[begin:end] for begin, end in pairwise(ends.tolist())]


def _links(
    sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
) -> tuple[Int[np.ndarray, " s"], Int[np.ndarray, " l"], Int[np.ndarray, " l"]]:
    """All source sentences end to end, each behind a NULL; and for every link the index of its source symbol there, and
    the index of its target symbol among all target symbols."""
    flat_sources = _flat([[NULL, *source] for source in sources])
    source_lengths = np.array([len(source) + 1 for source in sources], dtype=np.int64)
    target_lengths = np.array([len(target) for target in targets], dtype=np.int64)
    # For each target token, the number of source symbols that it has links to, and where these begin.
    partners = np.repeat(source_lengths, target_lengths)
    begins = np.repeat(np.cumsum(source_lengths) - source_lengths, target_lengths)
    places = np.repeat(np.arange(len(partners)), partners)
    first_links = np.cumsum(partners) - partners
    links = np.arange(len(places)) + (begins - first_links)[places]
    return flat_sources, links, places


def _flat(rows: Sequence[Sequence[int]]) -> Int[np.ndarray, " n"]:
    return np.array([token for row in rows for token in row], dtype=np.int64)
