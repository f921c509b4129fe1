"""What monitoring has found by now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dragoman.monitoring.found import Found
from dragoman.monitoring.picture import draw
from dragoman.reports.figure import write_picture
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned
from dragoman.storage.json import JsonObject

_SHOWN = 8
_LARGEST_WRITTEN = 6
_NEXT = "dragoman diagnose shift MODEL --input NEW says which kind of shift it is, and what to do about it."


class Status(Shown, Found):
    """What monitoring has found by now, as text, for JSON, and drawn."""

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
    ('10', '10^-8', '10^123')
    """
    if abs(log10) < _LARGEST_WRITTEN:
        return f"{10**log10:,.0f}" if log10 >= 1 else f"{10**log10:.2g}"
    return f"10^{math.floor(log10)}"
