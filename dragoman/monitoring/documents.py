"""One row of each document, drawn while rows come in, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from dragoman.monitoring.packing import packed, unpacked
from dragoman.monitoring.recent import Recent
from dragoman.storage.json import Json, JsonObject


class MeasuredRow(NamedTuple):
    """A row of a log.

    Attributes:
        values: features of the row.
        line: number of the line in the log.
        time: what it says of the time; empty if nothing.
    """

    values: Float64[np.ndarray, " d"]
    line: int
    time: str


class _Open(NamedTuple):
    """A document that may still go on.

    Attributes:
        last: number of its last row.
        rows: number of rows so far.
        drawn: the row that was drawn of these.
    """

    last: int
    rows: int
    drawn: MeasuredRow


class OneOfEach:
    """Draws one row of each document, every row of it with equal probability.

    A document, such as a session, may be mixed with others. It has ended when so many rows have come without one of it;
    rows of it that come later still are left out.

    >>> each = OneOfEach(patience=2, seed=1)
    >>> rows = [MeasuredRow(np.array([value]), 1, "") for value in (1.0, 1.0, 2.0, 2.0, 2.0, 3.0)]
    >>> [row.values.item() for row in each.take([7, 7, 8, 8, 8, 9], rows)]
    [1.0]
    >>> [row.values.item() for row in each.finish()]
    [2.0, 3.0]

    Args:
        patience: rows without one of a document after which it has ended.
        seed: seed of what is drawn.
    """

    def __init__(self, patience: int, seed: int) -> None:
        self._patience = patience
        self._random = np.random.default_rng(seed)
        self._open: OrderedDict[int, _Open] = OrderedDict()
        self._ended = Recent()
        self._rows = 0

    def take(self, documents: Sequence[int], rows: Sequence[MeasuredRow]) -> list[MeasuredRow]:
        """Take the next rows, and give those drawn of documents that have ended.

        Args:
            documents: key of each row's document.
            rows: the rows.
        """
        drawn: list[MeasuredRow] = []
        for document, row, chance in zip(documents, rows, self._random.random(len(rows)).tolist(), strict=True):
            known = self._open.pop(document, None)
            if known is not None:
                count = known.rows + 1
                self._open[document] = _Open(self._rows, count, row if chance * count < 1 else known.drawn)
            elif not self._ended.meet(document):
                self._open[document] = _Open(self._rows, 1, row)
            self._rows += 1
            while self._open:
                oldest, state = next(iter(self._open.items()))
                if state.last + self._patience >= self._rows:
                    break
                del self._open[oldest]
                drawn.append(state.drawn)
        return drawn

    def finish(self) -> list[MeasuredRow]:
        """No row comes any more: the rows drawn of the documents that were still open."""
        drawn = [state.drawn for state in self._open.values()]
        self._open.clear()
        return drawn

    def to_dict(self) -> JsonObject:
        """What is needed to go on, for JSON."""
        states = self._open.values()
        return {
            "rows": self._rows,
            "random": self._random.bit_generator.state,
            "ended": packed(self._ended.keys()),
            "open": packed(np.array(list(self._open), dtype=np.uint64)),
            "seen": packed(np.array([(state.last, state.rows) for state in states], dtype=np.int64).reshape(-1, 2)),
            "drawn": [(state.drawn.line, state.drawn.time) for state in states],
            "values": packed(np.array([state.drawn.values for state in states], dtype=np.float64)),
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Json], patience: int) -> OneOfEach:
        """Go on from what :meth:`to_dict` gave."""
        each = cls(patience, seed=0)
        each._rows, each._random.bit_generator.state = saved["rows"], saved["random"]
        each._ended = Recent(unpacked(saved["ended"]).tolist())
        states = zip(unpacked(saved["seen"]).tolist(), saved["drawn"], unpacked(saved["values"]), strict=True)
        opened = [_Open(last, rows, MeasuredRow(values, line, time)) for (last, rows), (line, time), values in states]
        each._open = OrderedDict(zip(unpacked(saved["open"]).tolist(), opened, strict=True))
        return each
