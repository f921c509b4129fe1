"""The last pass: from pairs that were set down to the splits of a dataset, as ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Int, Int8

from dragoman.data.ahead import run_ahead
from dragoman.data.dataset import DatasetWriter
from dragoman.data.drops import Drop
from dragoman.data.spool import PairBatch, Spool
from dragoman.native.lines import Lines
from dragoman.text.codec import Codec, masks_by_row
from dragoman.text.ragged import Ragged
from dragoman.text.vocabulary import END

TOO_MANY_TOKENS = "too many tokens"


@dataclass(slots=True)
class Encoded:
    """What was written.

    Attributes:
        rows: pairs of each split, by name.
        by_corpus: pairs, source tokens and target tokens of each split's corpora, by number.
    """

    rows: dict[str, int] = field(default_factory=dict)
    by_corpus: dict[str, dict[int, list[int]]] = field(default_factory=dict)


class DatasetEncoder:
    """Encodes spools and writes splits.

    Args:
        writer: of the dataset.
        source: codec of the source.
        target: codec of the target.
        max_tokens: longest side for training and validation; longer pairs are dropped. A test set keeps all, as
            translating takes long lines in pieces.
        drop: is given the split, its corpus' number and the drops.
        files: names of the files that the spools' numbers stand for.
        one_side: whether both sides are the same text, so that the source is not written.
    """

    def __init__(
        self,
        writer: DatasetWriter,
        source: Codec,
        target: Codec,
        *,
        max_tokens: int,
        drop: Callable[[str, int, list[Drop]], None],
        files: Sequence[str],
        one_side: bool = False,
    ) -> None:
        self._writer = writer
        self._source, self._target = source, target
        self._max_tokens = max_tokens
        self._drop = drop
        self._files = files
        self._one_side = one_side
        self.found = Encoded()

    def write(self, spool: Spool, names: Sequence[str], side: Int8[np.ndarray, " n"]) -> None:
        """Write the pairs of a spool into the splits ``names``; ``side`` says for each pair into which."""
        begin = 0
        with ExitStack() as stack:
            writers = [stack.enter_context(self._writer.split(name)) for name in names]
            for batch, source_ids, target_ids in run_ahead(map(self._encoded, spool)):
                sides = side[begin : begin + len(batch)]
                begin += len(batch)
                for number, name in enumerate(names):
                    rows = np.flatnonzero(sides == number)
                    kept = rows if name == "test" else self._short_enough(name, batch, rows, source_ids, target_ids)
                    part, left, right = batch.select(kept), source_ids.select(kept), target_ids.select(kept)
                    self._count(name, part, left, right)
                    writers[number].write(part, left if self._one_side else left.ended(END), right.ended(END))
            self.found.rows |= {name: writer.rows for name, writer in zip(names, writers, strict=True)}

    def _encoded(self, batch: PairBatch) -> tuple[PairBatch, Ragged, Ragged]:
        masks = masks_by_row(batch.sources, self._source, self._target)
        target_ids = self._target.encode_ragged(batch.targets, masks)
        if self._one_side:
            return replace(batch, sources=Lines.of([""] * len(batch))), Ragged.of([[]] * len(batch)), target_ids
        return batch, self._source.encode_ragged(batch.sources, masks), target_ids

    def _short_enough(
        self, name: str, batch: PairBatch, rows: Int[np.ndarray, " r"], source_ids: Ragged, target_ids: Ragged
    ) -> Int[np.ndarray, " k"]:
        # The end symbol counts as a token of its row.
        limit = self._max_tokens - 1
        fits = np.maximum(source_ids.lengths[rows], target_ids.lengths[rows]) <= limit
        for row in rows[~fits].tolist():
            file, line = self._files[batch.files[row]], int(batch.lines[row])
            drop = Drop(TOO_MANY_TOKENS, batch.sources[row], batch.targets[row], file, line)
            self._drop(name, int(batch.corpora[row]), [drop])
        return rows[fits]

    def _count(self, name: str, part: PairBatch, source_ids: Ragged, target_ids: Ragged) -> None:
        corpora = self.found.by_corpus.setdefault(name, {})
        of_pair = part.corpora
        for corpus in np.unique(of_pair).tolist():
            chosen = of_pair == corpus
            counts = corpora.setdefault(corpus, [0, 0, 0])
            counts[0] += int(chosen.sum())
            counts[1] += int(source_ids.lengths[chosen].sum())
            counts[2] += int(target_ids.lengths[chosen].sum())
