"""What monitoring has found by now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dragoman.monitoring.history import Part
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned
from dragoman.storage.json import JsonObject

_SHOWN = 8
_LARGEST_WRITTEN = 6
_NEXT = "dragoman diagnose shift MODEL --input NEW says which kind of shift it is, and what to do about it."


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


@dataclass(frozen=True)
class Status(Shown):
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

    def remarked(self, remarks: Sequence[str]) -> Status:
        """The same with other remarks."""
        return replace(self, remarks=tuple(remarks))

    def summary(self) -> Summary:
        """The finding, and the strongest features."""
        facts = {one.name: f"evidence {power_text(one.log10_evidence)}" for one in self.strongest[:3]}
        return Summary(self._headline(), facts)

    def as_text(self) -> str:
        """The finding for a terminal."""
        lines = [self._headline()]
        first, last, rows = self.window
        lines.append(
            f"{self.rows:,} rows, {self.windows:,} windows; evidence now {power_text(self.log10_evidence)}, "
            f"alarm at {1 / self.alpha:,.3g} (a false one, ever: {100 * self.alpha:.3g} %)"
        )
        if rows:
            table = [("feature", "evidence now", "since line", "reference", "latest", "larger")]
            for one in self.strongest[:_SHOWN]:
                reference = f"{one.reference_mean:.4g} ± {one.reference_deviation:.2g}"
                since = "–" if one.since is None else f"{one.since:,}"
                table.append(
                    (one.name, power_text(one.log10_evidence), since, reference, f"{one.mean:.4g}", f"{one.larger:.2f}")
                )
            lines += ["", *aligned(table)]
            left = len(self.features) - _SHOWN
            lines.append(f"{f'and {left:,} more features; ' if left > 0 else ''}latest: lines {first:,} to {last:,}; ")
            lines[-1] += f"larger: than a row of the reference, 0.50 if nothing has shifted ({rows:,} rows)"
        lines += ["", *self.remarks] if self.remarks else []
        if self.drift:
            lines += ["", f"Next: {_NEXT}"]
        return "\n".join(lines)

    def to_dict(self) -> JsonObject:
        """The status as values for JSON."""
        first, last, rows = self.window
        return {
            "drift": self.drift,
            "drifted": [one.name for one in self.drifted],
            "alpha": self.alpha,
            "rows": self.rows,
            "line": self.line,
            "log10_evidence": self.log10_evidence,
            "reference_rows": self.reference_rows,
            "windows": self.windows,
            "latest_window": {"first_line": first, "last_line": last, "rows": rows},
            "features": [one.to_dict() for one in self.strongest],
            "remarks": list(self.remarks),
            "next": _NEXT if self.drift else None,
        }

    def draw(self, file: Path | str) -> None:
        """Draw the evidence, and the features that moved most, over time: PNG or SVG by the name's ending.

        Raises:
            OutputError: if it cannot be written.
            MissingDependencyError: if matplotlib is not installed.
        """
        from dragoman.monitoring.picture import draw
        from dragoman.reports.figure import write_picture

        write_picture(draw(self), Path(file))

    def _headline(self) -> str:
        if not self.drift:
            return "no drift" if self.rows else "nothing was read yet"
        first, *others = self.drifted
        more = f" and {len(others)} more feature{'s' if len(others) > 1 else ''}" if others else ""
        return f"drift: {first.name}{more}, since line {first.since:,} (alarm at line {first.alarm:,})"


def power_text(log10: float) -> str:
    """A number by its logarithm to base 10, as a power where it is large or small.

    >>> power_text(1.0), power_text(-7.2), power_text(123.4)
    ('10', '10^-7', '10^123')
    """
    if abs(log10) < _LARGEST_WRITTEN:
        return f"{10**log10:,.0f}" if log10 >= 1 else f"{10**log10:.2g}"
    return f"10^{math.floor(log10)}"
