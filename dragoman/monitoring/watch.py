"""A stream of rows, given as features, watched for drift away from a reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64, Int64

from dragoman.monitoring.found import Feature
from dragoman.monitoring.history import History
from dragoman.monitoring.packing import packed, unpacked
from dragoman.monitoring.status import Status
from dragoman.shift.sequential import SequentialTest
from dragoman.storage.json import Json, JsonObject

_UNKNOWN = -1


class Watch:
    """A sequential test of features, with the windows that show where they went.

    >>> random = np.random.default_rng(1)
    >>> watch = Watch.against(random.normal(size=(500, 2)), ["length", "share of digits"], window=100)
    >>> watch.observe(random.normal(size=(300, 2)))
    >>> watch.status().drift
    False
    >>> watch.observe(random.normal(loc=(1.0, 0.0), size=(100, 2)))
    >>> [feature.name for feature in watch.status().drifted]
    ['length']

    Args:
        names: name of each feature.
        alpha: the probability of a false alarm, ever.
        test: the test.
        means: mean of each feature in the reference.
        deviations: standard deviation of each feature there.
        history: the windows.
    """

    def __init__(
        self,
        names: Sequence[str],
        alpha: float,
        test: SequentialTest,
        means: Float64[np.ndarray, " d"],
        deviations: Float64[np.ndarray, " d"],
        history: History,
    ) -> None:
        self.names, self.alpha = tuple(names), alpha
        self.test, self.history = test, history
        self._means, self._deviations = means, deviations
        self._lines = 0
        self._began: Int64[np.ndarray, "bets d"] = np.zeros_like(test.began)
        self._since: Int64[np.ndarray, " d"] = np.full(len(self.names), _UNKNOWN, dtype=np.int64)
        self._alarm: Int64[np.ndarray, " d"] = np.full(len(self.names), _UNKNOWN, dtype=np.int64)

    @classmethod
    def against(
        cls,
        reference: Float64[np.ndarray, "n d"],
        names: Sequence[str],
        *,
        alpha: float = 0.05,
        window: int = 1000,
        seed: int = 1,
    ) -> Watch:
        """Watch a stream beside a reference.

        Args:
            reference: the features of n rows, at least 2.
            names: name of each feature.
            alpha: the probability of a false alarm, ever.
            window: rows of a window.
            seed: seed of the test.
        """
        test = SequentialTest.against(reference, alpha=alpha, seed=seed)
        history = History(len(names), test.bins.count, window)
        return cls(names, alpha, test, reference.mean(axis=0), reference.std(axis=0), history)

    def observe(
        self,
        values: Float64[np.ndarray, "n d"],
        lines: Int64[np.ndarray, " n"] | None = None,
        times: Sequence[str] | None = None,
    ) -> None:
        """Take the next rows. Batches of any sizes give the same to the bit.

        Args:
            values: the features of each row, finite.
            lines: line of each row in its log, ascending; by default rows are counted, from 1.
            times: what each row says of the time.
        """
        if lines is None:
            lines = self._lines + np.arange(1, len(values) + 1)
        begin = 0
        while begin < len(values):
            end = min(begin + self.history.missing(), len(values))
            time = "" if times is None else times[begin]
            self._observe_some(values[begin:end], lines[begin:end], time)
            begin = end

    def _observe_some(self, values: Float64[np.ndarray, "n d"], lines: Int64[np.ndarray, " n"], time: str) -> None:
        before, earlier = self.test.rows, self.test.began
        self.test.observe(values)
        line_after = np.append(lines, lines[-1] + 1)
        for crossing in self.test.crossings():
            if self._alarm[crossing.score] == _UNKNOWN:
                self._alarm[crossing.score] = lines[crossing.row - before]
                inside = crossing.begin >= before
                known = self._began[earlier[:, crossing.score] == crossing.begin, crossing.score]
                self._since[crossing.score] = line_after[crossing.begin - before] if inside else known[0]
        moved = self.test.began >= before
        self._began = np.where(moved, line_after[np.maximum(self.test.began - before, 0)], self._began)
        self._lines = int(lines[-1])
        self.history.current.add(values, self.test.bins.places(values), lines, time)
        if not self.history.missing():
            self.history.close(self.test.log_evidence())

    def status(self, remarks: Sequence[str] = ()) -> Status:
        """What was found by now.

        Args:
            remarks: sentences on what was read.
        """
        window = self.history.shown
        larger, means = window.larger(self.test.reference_counts), window.means
        log_evidence = self.test.log_evidence() - np.log(max(len(self.names), 1))
        features = [
            Feature(
                name,
                float(log_evidence[place] / np.log(10)),
                None if self._alarm[place] == _UNKNOWN else int(self._alarm[place]),
                None if self._since[place] == _UNKNOWN else int(self._since[place]),
                float(self._means[place]),
                float(self._deviations[place]),
                float(means[place]),
                float(larger[place]),
            )
            for place, name in enumerate(self.names)
        ]
        return Status(
            alpha=self.alpha,
            rows=self.test.rows,
            line=self._lines,
            reference_rows=int(self.test.reference_counts[0].sum()) if self.names else 0,
            features=tuple(features),
            window=(window.line, window.last_line, window.rows),
            windows=self.history.windows,
            parts=tuple(self.history.parts),
            remarks=tuple(remarks),
        )

    def to_dict(self) -> JsonObject:
        """The watch for JSON, to be gone on with."""
        return {
            "names": list(self.names),
            "alpha": self.alpha,
            "lines": self._lines,
            "random": self.test.random.bit_generator.state,
            "test": {name: packed(value) for name, value in self.test.saved().items()},
            "arrays": {name: packed(getattr(self, f"_{name}")) for name in _ARRAYS},
            "history": self.history.to_dict(),
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Json]) -> Watch:
        """The watch that :meth:`to_dict` gave."""
        random = np.random.default_rng()
        random.bit_generator.state = saved["random"]
        test = SequentialTest.resumed({name: unpacked(value) for name, value in saved["test"].items()}, random)
        arrays = {name: unpacked(saved["arrays"][name]) for name in _ARRAYS}
        history = History.from_dict(saved["history"])
        watch = cls(saved["names"], saved["alpha"], test, arrays["means"], arrays["deviations"], history)
        watch._lines = saved["lines"]
        watch._began, watch._since, watch._alarm = arrays["began"], arrays["since"], arrays["alarm"]
        return watch


_ARRAYS = ("means", "deviations", "began", "since", "alarm")
