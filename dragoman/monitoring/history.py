"""The windows of a stream: the latest one in full, and all of them in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int64

from dragoman.monitoring.packing import packed, unpacked
from dragoman.storage.json import Json, JsonObject

MOST = 256
"""Most parts that the history keeps; then each two of them become one."""


@dataclass(frozen=True, slots=True)
class Part:
    """A window, or several together.

    Attributes:
        line: line of its first row, from 1.
        last_line: line of its last row.
        time: what its first row says of the time; empty if nothing.
        rows: number of rows.
        windows: number of windows.
        means: mean of each feature.
        log_evidence: natural logarithm of the evidence of each feature at its end.
    """

    line: int
    last_line: int
    time: str
    rows: int
    windows: int
    means: Float64[np.ndarray, " d"]
    log_evidence: Float64[np.ndarray, " d"]

    def joined(self, later: Part) -> Part:
        """This part and the one after it as one."""
        rows = self.rows + later.rows
        means = (self.means * self.rows + later.means * later.rows) / rows
        return replace(
            later, line=self.line, time=self.time, rows=rows, windows=self.windows + later.windows, means=means
        )

    def to_dict(self) -> JsonObject:
        """The part for JSON."""
        values = {name: getattr(self, name) for name in ("line", "last_line", "time", "rows", "windows")}
        return {**values, "means": packed(self.means), "log_evidence": packed(self.log_evidence)}

    @classmethod
    def from_dict(cls, saved: JsonObject) -> Part:
        """The part that :meth:`to_dict` gave."""
        return cls(**{**saved, **{name: unpacked(saved[name]) for name in ("means", "log_evidence")}})


class Window:
    """The rows of one window, summed up.

    Args:
        features: number d of features.
        bins: number of bins of each.
    """

    def __init__(self, features: int, bins: int) -> None:
        self.rows = self.line = self.last_line = 0
        self.time = ""
        self.sums: Float64[np.ndarray, " d"] = np.zeros(features)
        self.counts: Int64[np.ndarray, "d bins"] = np.zeros((features, bins), dtype=np.int64)

    def add(
        self,
        values: Float64[np.ndarray, "n d"],
        places: Int64[np.ndarray, "n d"],
        lines: Int64[np.ndarray, " n"],
        time: str,
    ) -> None:
        """Add rows; ``time`` is that of the first of them."""
        if not self.rows:
            self.line, self.time = int(lines[0]), time
        self.last_line = int(lines[-1])
        self.rows += len(values)
        # One row after the other, so that the sum is the same to the bit in whatever batches the rows come.
        self.sums = np.cumsum(np.concatenate([self.sums[None], values]), axis=0)[-1]
        np.add.at(self.counts, (np.broadcast_to(np.arange(len(self.sums)), places.shape), places), 1)

    @property
    def means(self) -> Float64[np.ndarray, " d"]:
        """The mean of each feature."""
        return self.sums / max(self.rows, 1)

    def larger(self, reference: Int64[np.ndarray, "d bins"]) -> Float64[np.ndarray, " d"]:
        """The probability that a row of the window has the larger feature of the two if it is put beside a row of the
        reference, equal ones counted half: 0.5 if nothing has shifted. It is the area under the ROC curve of that
        feature.

        Args:
            reference: the rows of the reference in each bin.
        """
        below = np.cumsum(reference, axis=1) - 0.5 * reference
        pairs = np.maximum(self.rows * reference.sum(axis=1), 1)
        shares: Float64[np.ndarray, " d"] = (self.counts * below).sum(axis=1) / pairs
        return shares

    def to_dict(self) -> JsonObject:
        """The window for JSON."""
        values = {name: getattr(self, name) for name in ("rows", "line", "last_line", "time")}
        return {**values, "sums": packed(self.sums), "counts": packed(self.counts)}

    @classmethod
    def from_dict(cls, saved: JsonObject) -> Window:
        """The window that :meth:`to_dict` gave."""
        counts = unpacked(saved["counts"])
        features, bins = counts.shape
        window = cls(features, bins)
        window.rows, window.line, window.last_line = saved["rows"], saved["line"], saved["last_line"]
        window.time, window.sums, window.counts = saved["time"], unpacked(saved["sums"]), counts.astype(np.int64)
        return window


class History:
    """The windows of a stream.

    Args:
        features: number of features.
        bins: number of bins of each.
        size: rows of a window.

    Attributes:
        parts: the complete windows, the first one first; where there are too many, several of them together.
        current: the window that is not complete yet.
        latest: the last complete window; None if there is none.
    """

    def __init__(self, features: int, bins: int, size: int) -> None:
        self.size = size
        self.parts: list[Part] = []
        self.current = Window(features, bins)
        self.latest: Window | None = None
        self._together = 1

    @property
    def windows(self) -> int:
        """The number of complete windows."""
        return sum(part.windows for part in self.parts)

    @property
    def shown(self) -> Window:
        """The last complete window; before there is one, what was read of the first."""
        return self.latest or self.current

    def missing(self) -> int:
        """Rows that the current window still lacks."""
        return self.size - self.current.rows

    def close(self, log_evidence: Float64[np.ndarray, " d"]) -> None:
        """The current window is complete.

        Args:
            log_evidence: natural logarithm of the evidence of each feature.
        """
        window = self.latest = self.current
        self.current = Window(*window.counts.shape)
        part = Part(window.line, window.last_line, window.time, window.rows, 1, window.means, log_evidence.copy())
        self._append(part)
        if len(self.parts) > MOST:
            self._together *= 2
            parts, self.parts = self.parts, []
            for one in parts:
                self._append(one)

    def _append(self, part: Part) -> None:
        if self.parts and self.parts[-1].windows + part.windows <= self._together:
            self.parts[-1] = self.parts[-1].joined(part)
        else:
            self.parts.append(part)

    def to_dict(self) -> JsonObject:
        """The history for JSON."""
        return {
            "size": self.size,
            "together": self._together,
            "parts": [part.to_dict() for part in self.parts],
            "current": self.current.to_dict(),
            "latest": None if self.latest is None else self.latest.to_dict(),
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Json]) -> History:
        """The history that :meth:`to_dict` gave."""
        current = Window.from_dict(saved["current"])
        features, bins = current.counts.shape
        history = cls(features, bins, saved["size"])
        history._together, history.current = saved["together"], current
        history.parts = [Part.from_dict(part) for part in saved["parts"]]
        history.latest = None if saved["latest"] is None else Window.from_dict(saved["latest"])
        return history
