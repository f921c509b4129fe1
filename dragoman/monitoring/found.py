"""What monitoring has found: the features, and the windows that they were seen in."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.monitoring.history import Part
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature, and how far it has moved.

    Attributes:
        name: name of the feature.
        log10_evidence: logarithm to base 10 of its evidence (e-value) that it has drifted, divided by the number of
            features: at 1/α and above it has.
        alarm: line of the log at which the evidence reached 1/α for the first time; None if it never did.
        since: line from which it has most likely drifted; None if there was no alarm.
        reference_mean: mean of the reference.
        reference_deviation: standard deviation of the reference.
        mean: mean of the latest window.
        larger: the probability that a row of the latest window has the larger feature of the two if it is put beside a
            row of the reference: 0.5 if nothing has shifted.
    """

    name: str
    log10_evidence: float
    alarm: int | None
    since: int | None
    reference_mean: float
    reference_deviation: float
    mean: float
    larger: float

    def to_dict(self) -> JsonObject:
        """The feature for JSON."""
        return {
            "name": self.name,
            "log10_evidence": self.log10_evidence,
            "drifted": self.alarm is not None,
            "alarm_at_line": self.alarm,
            "since_line": self.since,
            "reference_mean": self.reference_mean,
            "reference_deviation": self.reference_deviation,
            "latest_mean": self.mean,
            "probability_larger": self.larger,
        }


@dataclass(frozen=True, repr=False)
class Found:
    """What monitoring has found by now.

    Attributes:
        alpha: the probability of a false alarm, ever.
        rows: rows that were counted.
        line: last line of the log that was counted.
        reference_rows: rows of the reference that the stream is ranked with.
        features: the features.
        window: first line, last line and rows of the latest window.
        windows: number of complete windows.
        parts: the windows over time.
        remarks: sentences on what was read.
    """

    alpha: float
    rows: int
    line: int
    reference_rows: int
    features: tuple[Feature, ...]
    window: tuple[int, int, int]
    windows: int
    parts: tuple[Part, ...]
    remarks: tuple[str, ...] = ()

    @property
    def drift(self) -> bool:
        """Whether there was an alarm, which stays."""
        return bool(self.drifted)

    @property
    def drifted(self) -> tuple[Feature, ...]:
        """The features that have drifted, the first alarm first. A feature that has not is ever among them with
        probability α at most."""
        return tuple(sorted((one for one in self.features if one.alarm is not None), key=lambda one: one.alarm or 0))

    @property
    def strongest(self) -> tuple[Feature, ...]:
        """All features, those that have drifted first, then by their evidence."""
        return tuple(sorted(self.features, key=lambda one: (one.alarm is None, -one.log10_evidence)))

    @property
    def log10_evidence(self) -> float:
        """Logarithm to base 10 of the evidence (e-value) of drift, which is that of the strongest feature."""
        return max((one.log10_evidence for one in self.features), default=0.0)
