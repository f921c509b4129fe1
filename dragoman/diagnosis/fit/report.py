"""The result of a diagnosis of fit: for the terminal, as JSON, and as sections of a page."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from dragoman.diagnosis.fit.advice import Advice
from dragoman.diagnosis.fit.criteria import Thresholds
from dragoman.diagnosis.fit.evidence import FitEvidence
from dragoman.diagnosis.fit.experiment import Probes
from dragoman.diagnosis.fit.learning_curve import LearningCurve
from dragoman.diagnosis.fit.pictures import draw_data_curve, draw_losses, draw_probes
from dragoman.diagnosis.fit.verdict import Verdict
from dragoman.reports.figure import drawn
from dragoman.reports.page import Picture, Section
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import listed, loss_text, percent_text, tabled
from dragoman.reports.written import finite
from dragoman.storage.json import JsonObject

Columns = dict[str, list[str]]
_SIZES = (1, 2, 4)


@dataclass(frozen=True, slots=True, repr=False)
class FitReport(Shown):
    """The result of a diagnosis of fit.

    Attributes:
        name: the run's name.
        evidence: validations and facts of the run.
        verdict: the verdict on the run.
        probes: the experiments.
        curve: learning curve over the size of the training set; None if it was not measured.
        advice: what to do, the best first.
        hindsight: sentences on what early stopping, dropout and weight decay would have changed.
        thresholds: limits that the verdict rests on.
        rate: sentence on the learning rate; empty if there is nothing to note.
    """

    name: str
    evidence: FitEvidence
    verdict: Verdict
    probes: Probes
    curve: LearningCurve | None
    advice: tuple[Advice, ...]
    hindsight: dict[str, str]
    thresholds: Thresholds
    rate: str = ""

    def summary(self) -> Summary:
        """A short summary of the report."""
        advice = {f"advice {number}": advice.sentence for number, advice in enumerate(self.advice, start=1)}
        because = {f"because {number}": text for number, text in enumerate(self.verdict.because, start=1)}
        return Summary(f"{self.name}: {self.verdict.kind.value}", because | advice)

    def to_dict(self) -> JsonObject:
        """The report as a dictionary that JSON can represent; numbers that are not finite become null."""
        curve = None
        if self.curve is not None:
            largest = self.curve.points[-1].examples
            curve = {
                "points": [asdict(point) for point in self.curve.points],
                "floor": self.curve.floor,
                "scale": self.curve.scale,
                "exponent": self.curve.exponent,
                "predictions": {str(times * largest): asdict(self.curve.predict(times * largest)) for times in _SIZES},
            }
        return finite(
            {
                "name": self.name,
                "verdict": self.verdict.kind.value,
                "because": self.verdict.because,
                "unknown": self.verdict.unknown,
                "numbers": None if self.verdict.numbers is None else asdict(self.verdict.numbers),
                "advice": [{**asdict(advice), "sentence": advice.sentence} for advice in self.advice],
                "learning_rate": self.rate,
                "hindsight": self.hindsight,
                "probes": [
                    {**asdict(probe), "change": probe.change, "length": probe.length} for probe in self.probes.results
                ],
                "learning_curve": curve,
                "remarks": list(self.probes.remarks),
                "interrupted": self.probes.interrupted,
                "run": {
                    **asdict(self.evidence.facts),
                    "updates": self.evidence.done,
                    "planned": self.evidence.planned,
                    "ending": self.evidence.ending.value,
                },
                "looks": [asdict(look) for look in self.evidence.looks],
                "thresholds": asdict(self.thresholds),
            }
        )

    def as_text(self) -> str:
        """The report as text for the terminal."""
        blocks = [f"{self.name}: {self.verdict.kind.value}", listed(self.verdict.because), tabled(self.numbers())]
        blocks += ["What to do", listed(self._to_do())]
        if self.probes.results:
            blocks += [
                "What was tried",
                tabled({title: cells for title, cells in self.tried().items() if title != "settings"}),
            ]
        if self.curve is not None:
            blocks += ["More data", listed([data_sentence(self.curve)])]
        blocks += [
            "What this would have changed",
            listed([f"{name}: {text}" for name, text in self.hindsight.items()]),
        ]
        notes = [*self.probes.remarks, *self.verdict.unknown]
        if notes:
            blocks += ["What to bear in mind", listed(notes)]
        return "\n\n".join(block for block in blocks if block) + "\n"

    def _to_do(self) -> list[str]:
        sentences = [advice.sentence for advice in self.advice] or [self._nothing_to_do()]
        return [*sentences, *([self.rate] if self.rate else [])]

    def sections(self) -> tuple[Section, ...]:
        """The report as sections of a page, with pictures."""
        losses: tuple[Picture, ...] = ()
        if self.evidence.finite:
            losses = drawn("losses over updates", lambda: draw_losses(self.evidence, self.verdict))
        found = [
            Section(f"Verdict: {self.verdict.kind.value}", self.verdict.because, self.numbers(), pictures=losses),
            Section("What to do", items=tuple(self._to_do())),
        ]
        if any(math.isfinite(probe.loss) for probe in self.probes.results):
            pictures = drawn(
                "change of the loss by each experiment",
                lambda: draw_probes(self.probes.results, self.thresholds.probe_share),
            )
            found.append(Section("What was tried", table=self.tried(), pictures=pictures))
        curve = self.curve
        if curve is not None:
            unit = self.evidence.facts.unit
            pictures = drawn("loss over training examples", lambda: draw_data_curve(curve, unit))
            found.append(Section("More data", (data_sentence(curve),), pictures=pictures))
        changed = tuple(f"{name}: {text}" for name, text in self.hindsight.items())
        found.append(Section("What this would have changed", items=changed))
        notes = (*self.probes.remarks, *self.verdict.unknown)
        return (*found, Section("What to bear in mind", items=notes)) if notes else tuple(found)

    def numbers(self) -> Columns:
        """The numbers behind the verdict, as a table for people to read."""
        numbers, facts, evidence = self.verdict.numbers, self.evidence.facts, self.evidence
        rows = {
            "updates": f"{evidence.done:,} of {evidence.planned:,}: {evidence.ending.value}",
            "model and data": f"{facts.parameters:,} parameters, {facts.examples:,} training examples",
            "E_0, input not looked at": f"{loss_text(evidence.baseline)} {facts.unit}",
        }
        if numbers is not None:
            unknown = "unknown"
            forecast = numbers.forecast
            best = f"{loss_text(numbers.validation, numbers.validation_error)}, after update {numbers.best_update:,}"
            rows |= {
                "validation loss, lowest": best,
                "training loss there": unknown if numbers.training is None else loss_text(numbers.training),
                "generalisation gap / E_0": unknown if numbers.gap is None else percent_text(numbers.gap),
                "training level / E_0": unknown if numbers.level is None else percent_text(numbers.level),
                "rise since the lowest": loss_text(numbers.rise, numbers.rise_error),
                "gain of 25 % more updates": unknown
                if forecast is None
                else f"{loss_text(forecast.gain, forecast.error)}, forecast",
            }
        return {"number": list(rows), "value": list(rows.values())}

    def tried(self) -> Columns:
        """The experiments, as a table for people to read."""
        found = self.probes.results
        return {
            "tried": [probe.action for probe in found],
            "updates": [f"{probe.updates:,}" for probe in found],
            "loss": [loss_text(probe.loss) for probe in found],
            "change": [loss_text(probe.change, probe.error) for probe in found],
            "per cent": [percent_text(probe.change / probe.baseline) for probe in found],
            "settings": [", ".join(probe.settings) for probe in found],
        }

    def _nothing_to_do(self) -> str:
        return "Nothing that was measured would help." if self.probes.results else "Nothing that the losses call for."


def data_sentence(curve: LearningCurve) -> str:
    """A sentence on what the learning curve predicts for more data."""
    size = curve.points[-1].examples
    twice, gain = curve.predict(2 * size), curve.gain(2)
    return (
        f"With {2 * size:,} examples instead of {size:,} the validation loss is forecast to be "
        f"{loss_text(twice.value)} (95 % between {loss_text(twice.low)} and {loss_text(twice.high)}), a gain of "
        f"{loss_text(gain.value)} ({percent_text(gain.value / curve.points[-1].loss)}); it falls with "
        f"n^−{curve.exponent:.2f} towards {loss_text(curve.floor)}."
    )
