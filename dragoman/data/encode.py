"""The last pass: from examples that were set down to the splits of a dataset, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Int

from dragoman.data.arrow import record_batch
from dragoman.data.cells import Absent, Cells, lines_of, shown
from dragoman.data.columns.encoded import Encoded, EncodedSources, Whereabouts
from dragoman.data.columns.kinds import SOURCE_COLUMNS, TARGET_COLUMNS
from dragoman.data.drops import Drop
from dragoman.data.limits import Limits
from dragoman.data.prefetch import run_ahead
from dragoman.data.spool import ExampleBatch, FileNames, Spool
from dragoman.errors import InputError
from dragoman.fields.encoded_rows import RowReport
from dragoman.fields.field import Field, TargetField
from dragoman.text.codec import Codec, masks_by_row
from dragoman.text.placeholder_mask import Mask

TOO_MANY_TOKENS, BROKEN = "too many tokens", "broken picture"
"""The rules on texts that are too long to train on, and on pictures that cannot be read."""


@dataclass(slots=True)
class Written:
    """What was written of a split.

    Attributes:
        rows: how many examples.
        by_corpus: examples, source tokens and target tokens of each corpus, by its number; tokens of texts alone.
        report: what was missing or unknown in rows of a table.
        faults: why examples could not be encoded.
    """

    rows: int = 0
    by_corpus: dict[int, dict[str, int]] = field(default_factory=dict)
    report: RowReport = field(default_factory=lambda: RowReport({}, {}))
    faults: list[InputError] = field(default_factory=list)


Write = Callable[[str, pa.RecordBatch], None]
"""Takes some encoded examples of a split."""


class Encoder:
    """Encodes examples and hands them out split by split.

    Args:
        source: encodes sources.
        target: encodes targets.
        codecs: both, where texts have placeholders that are hidden; else None.
        files: the names of the files that the spools' numbers stand for.
        headings: the names of the columns that hold sources and targets in tables, for errors.
        limits: how long texts may be.
        drop: is given the split, its corpus' number and the drops.
        log: is given a sentence on each fault.
    """

    def __init__(
        self,
        source: Field,
        target: TargetField,
        *,
        codecs: tuple[Codec, Codec] | None,
        files: FileNames,
        headings: tuple[str, str],
        limits: Limits,
        drop: Callable[[str, int, list[Drop]], None],
        log: Callable[[str], None],
    ) -> None:
        self._source, self._target = source, target
        self._codecs = codecs
        self._files = files
        self._headings = headings
        self._limits = limits
        self._drop = drop
        self._log = log
        self.written: dict[str, Written] = {}

    def encode(self, spool: Spool, names: Sequence[str], side: Int[np.ndarray, " n"], write: Write) -> None:
        """Encode the examples of a spool for the splits ``names``; ``side`` says for each example which it is in."""
        for name in names:
            self.written[name] = Written()
        for name, batch, (source, target) in run_ahead(self._encoded(spool, names, side)):
            kept = self._kept(name, batch, source, target)
            columns = {**source.columns, **target.columns}
            whole = record_batch(columns, batch.corpora, batch.files, batch.lines)
            write(name, whole if kept.all() else whole.take(pa.array(np.flatnonzero(kept))))
            self._count(self.written[name], batch, source, target, kept)

    def _encoded(
        self, spool: Spool, names: Sequence[str], side: Int[np.ndarray, " n"]
    ) -> Iterator[tuple[str, ExampleBatch, tuple[Encoded, Encoded]]]:
        begin = 0
        for whole in spool:
            sides = side[begin : begin + len(whole)]
            begin += len(whole)
            for number, name in enumerate(names):
                batch = whole.select(np.flatnonzero(sides == number))
                yield name, batch, self._both(name, batch)

    def _both(self, name: str, batch: ExampleBatch) -> tuple[Encoded, Encoded]:
        of_source = SOURCE_COLUMNS[type(self._source)]
        of_target = TARGET_COLUMNS[type(self._target)]
        cut = self._limits.cut if name == "test" else None
        where = Whereabouts(lambda: self._files.places(batch), self._headings[0], self._masks(batch), cut)
        source = of_source.encode("source", self._source, batch.sources, where)
        where = replace(where, heading=self._headings[1], sources=EncodedSources(self._source, source))
        return source, of_target.encode("target", self._target, batch.targets, where)

    def _masks(self, batch: ExampleBatch) -> Mapping[int, Mask]:
        """The placeholders of texts: those of a pair are its source's."""
        if self._codecs is None:
            return {}
        witness: Cells = batch.targets if isinstance(batch.sources, Absent) else batch.sources
        return masks_by_row(lines_of(witness), *self._codecs)

    def _kept(self, name: str, batch: ExampleBatch, source: Encoded, target: Encoded) -> Bool[np.ndarray, " n"]:
        """Which examples are written: those without a fault and, to learn from, not too long."""
        kept = np.ones(len(batch), dtype=bool)
        faults = {**source.faults, **target.faults}
        kept[list(faults)] = False
        for row, fault in sorted(faults.items()):
            self._log(f"{name}, left out: {str(fault).splitlines()[0]}")
            self._leave_out(name, batch, row, BROKEN)
        self.written[name].faults += faults.values()
        if name == "test":
            return kept
        fits = kept.copy()
        for encoded, most in ((source, self._limits.source), (target, self._limits.target)):
            if encoded.tokens is not None and most is not None:
                fits &= encoded.tokens <= most
        for row in np.flatnonzero(kept & ~fits).tolist():
            self._leave_out(name, batch, row, TOO_MANY_TOKENS)
        return fits

    def _leave_out(self, name: str, batch: ExampleBatch, row: int, rule: str) -> None:
        file, line = list(self._files.numbers)[batch.files[row]], int(batch.lines[row])
        drop = Drop(rule, shown(batch.sources, row), shown(batch.targets, row), file, line)
        self._drop(name, int(batch.corpora[row]), [drop])

    def _count(
        self, written: Written, batch: ExampleBatch, source: Encoded, target: Encoded, kept: Bool[np.ndarray, " n"]
    ) -> None:
        written.rows += int(kept.sum())
        written.report = written.report.added(source.report)
        for corpus in np.unique(batch.corpora[kept]).tolist():
            chosen = kept & (batch.corpora == corpus)
            counts = written.by_corpus.setdefault(corpus, {"pairs": 0})
            counts["pairs"] += int(chosen.sum())
            for side, encoded in (("source_tokens", source), ("target_tokens", target)):
                if encoded.tokens is not None:
                    # The end symbol, which every text has, is no token to a reader of the report.
                    tokens = np.maximum(encoded.tokens[chosen] - 1, 0)
                    counts[side] = counts.get(side, 0) + int(tokens.sum())
