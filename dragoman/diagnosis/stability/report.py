"""The result of a diagnosis of stability: for the terminal, as JSON, and as sections of a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from dragoman.diagnosis.stability.finding import Finding, Severity, StabilityVerdict
from dragoman.diagnosis.stability.pictures import pictures
from dragoman.diagnosis.stability.places import in_network_order
from dragoman.diagnosis.stability.read import StabilityEvidence
from dragoman.reports.page import Section
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned
from dragoman.reports.written import finite
from dragoman.storage.json import JsonObject
from dragoman.training.observer import StabilityRecord

_MEANINGS = {
    StabilityVerdict.STABLE: "nothing grave was found.",
    StabilityVerdict.RECOVERED: "it went wrong, was put right, and went on.",
    StabilityVerdict.UNSTABLE: "its model is not to be trusted.",
}
_LAYER_READINGS: dict[str, Callable[[StabilityRecord], Mapping[str, float]]] = {
    "gradient norm": lambda look: look.gradient_norm,
    "largest gradient norm": lambda look: look.largest_gradient_norm,
    "update / weight": lambda look: look.update_ratio,
    "activation": lambda look: look.activation,
    "dead": lambda look: look.dead,
    "saturated": lambda look: look.saturated,
    "largest attention score": lambda look: look.attention_logit,
}
_SHARES = ("dead", "saturated")
_UNKNOWN = "What cannot be known"

Columns = dict[str, list[str]]


@dataclass(frozen=True, slots=True, repr=False)
class StabilityReport(Shown):
    """The result of a diagnosis of stability.

    Attributes:
        verdict: the verdict on the run.
        findings: findings, the most severe first.
        evidence: what the run recorded.
        rate: sentence on the learning rate; empty if there is nothing to note.
    """

    verdict: StabilityVerdict
    findings: tuple[Finding, ...]
    evidence: StabilityEvidence
    rate: str = ""

    def summary(self) -> Summary:
        """A short summary of the report."""
        return Summary(f"{self.evidence.name}: {self.verdict}", {_title(it): it.what for it in self.findings})

    def to_dict(self) -> JsonObject:
        """The report as a dictionary that JSON can represent; numbers that are not finite become None."""
        evidence = self.evidence
        layers = {name: evidence.late(values) for name, values in _LAYER_READINGS.items()}
        return finite(
            {
                "run": evidence.name,
                "verdict": str(self.verdict),
                "updates": evidence.last_update,
                "looks": len(evidence.looks),
                "skipped": [_without_folder(asdict(skip)) for skip in evidence.skips],
                "rewinds": [asdict(rewind) for rewind in evidence.rewinds],
                "findings": [asdict(finding) for finding in self.findings],
                "learning_rate": self.rate,
                "unknown": list(evidence.unknown),
                "late_medians": layers,
                "through_time": {
                    cell: {
                        "update": look.update,
                        "growth": look.growth.get(cell),
                        "norms": list(look.through_time[cell]),
                    }
                    for cell, look in self._last_through_time().items()
                },
            }
        )

    def as_text(self) -> str:
        """The report as text for the terminal."""
        parts = [f"{self._headline()}\n{self._counts()}"]
        for finding in self.findings:
            parts.append(f"{_title(finding)}\n  {finding.what}\n  Remedy: {finding.remedy}")
        if not self.findings:
            parts.append("Nothing amiss was found.")
        if self.rate:
            parts.append(self.rate)
        times = self._time_table()
        if times:
            parts.append("\n".join(aligned([tuple(times), *zip(*times.values(), strict=True)])))
        if self.evidence.unknown:
            parts.append("\n".join([f"{_UNKNOWN}:", *(f"- {sentence}" for sentence in self.evidence.unknown)]))
        return "\n\n".join(parts)

    def sections(self) -> list[Section]:
        """The report as sections of a page, with pictures."""
        found = [Section(_title(it), (it.what, f"Remedy: {it.remedy}")) for it in self.findings]
        times, layers = self._time_table(), self._layer_table()
        return [
            Section("", (self._headline(), self._counts())),
            *(found or [Section("Findings", ("Nothing amiss was found.",))]),
            *([Section("Learning rate", (self.rate,))] if self.rate else []),
            *([Section(_UNKNOWN, items=self.evidence.unknown)] if self.evidence.unknown else []),
            *(Section(picture.title, pictures=(picture,)) for picture in pictures(self.evidence)),
            *([Section("Gradients through time", table=times)] if times else []),
            *([Section("Layers: medians of the later looks", table=layers)] if layers else []),
        ]

    def _headline(self) -> str:
        return f"Stability of {self.evidence.name}: {self.verdict}; {_MEANINGS[self.verdict]}"

    def _counts(self) -> str:
        evidence = self.evidence
        counts = [
            _counted(evidence.last_update, "update"),
            _counted(len(evidence.looks), "look") + " of the monitor",
            f"{len(evidence.skips):,} skipped",
            _counted(len(evidence.rewinds), "rewind"),
        ]
        found = [f"{number} {severity}" for severity in Severity if (number := self._number(severity))]
        return f"{', '.join(counts)}. Findings: {', '.join(found) or 'none'}."

    def _number(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)

    def _last_through_time(self) -> dict[str, StabilityRecord]:
        found = {cell: look for look in self.evidence.looks for cell in look.through_time}
        return {cell: found[cell] for cell in in_network_order(found)}

    def _time_table(self) -> Columns:
        rows = self._last_through_time()
        if not rows:
            return {}
        first = {cell: look for look in reversed(self.evidence.looks) for cell in look.growth}
        return {
            "recurrent cell": list(rows),
            "steps back": [f"{len(look.through_time[cell]) - 1}" for cell, look in rows.items()],
            "per step, at first": [_factor(first.get(cell), cell) for cell in rows],
            "per step, at last": [_factor(look, cell) for cell, look in rows.items()],
        }

    def _layer_table(self) -> Columns:
        readings = {title: self.evidence.late(values) for title, values in _LAYER_READINGS.items()}
        names = in_network_order(name for reading in readings.values() for name in reading)
        if not names:
            return {}
        return {
            "layer or module": names,
            **{title: [_cell(title, reading.get(name)) for name in names] for title, reading in readings.items()},
        }


def _title(finding: Finding) -> str:
    where = "" if finding.where == "training" else f" in {finding.where}"
    return f"{finding.severity.capitalize()}: {finding.kind}{where}"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def _factor(look: StabilityRecord | None, cell: str) -> str:
    growth = math.nan if look is None else look.growth.get(cell, math.nan)
    return f"× {math.exp(growth):.3g}" if math.isfinite(growth) else "–"


def _cell(title: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1%}" if title in _SHARES else f"{value:.3g}"


def _without_folder(skip: JsonObject) -> JsonObject:
    folder = skip.pop("folder")
    return {**skip, "incident": None if folder is None else folder.name}
