"""How fast a model is with several engines, as it was measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned
from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True)
class EngineSpeed:
    """The speed of one engine.

    Attributes:
        engine: name of the engine.
        settings: numbers that it computes with, and whether it has a shortlist.
        rate: inputs in a second, where all are given together; the median of several rounds.
        median: milliseconds of a call with one input, the median of all calls.
        slowest: milliseconds that 99 of 100 such calls stay below.
        operations: billions of operations in a second of the engine's products; None where they are not counted.
        share: share of what the processor's products reach at most in the same threads; None where that is not known.
    """

    engine: str
    settings: str
    rate: float
    median: float
    slowest: float
    operations: float | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Bench(Shown):
    """The speed of a model with each engine that this machine has.

    Attributes:
        model: name of the model.
        inputs: number and name of the inputs, in a phrase.
        search: the search for outputs, in a phrase; empty where there is none.
        threads: number of threads.
        speeds: the speed of each engine.
        left_out: engines that could not be measured, each with the reason.
    """

    model: str
    inputs: str
    search: str
    threads: int
    speeds: tuple[EngineSpeed, ...]
    left_out: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """What was measured, in a phrase."""
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return ", ".join(filter(None, (self.model, self.inputs, self.search, threads)))

    def summary(self) -> Summary:
        """The rate of each engine."""
        facts = {f"{one.engine}, {one.settings}": f"{one.rate:,.0f} a second" for one in self.speeds}
        return Summary(self.headline, facts)

    def as_text(self) -> str:
        """The speeds as a table."""
        head = ("engine", "a second", "one a call, ms", "99 of 100 below", "G operations/s", "of the limit")
        rows = [
            (
                f"{one.engine}, {one.settings}",
                f"{one.rate:,.1f}" if one.rate < 100 else f"{one.rate:,.0f}",
                f"{one.median:.2f}",
                f"{one.slowest:.2f}",
                "" if one.operations is None else f"{one.operations:,.0f}",
                "" if one.share is None else f"{100 * one.share:.0f} %",
            )
            for one in self.speeds
        ]
        return "\n".join([self.headline, "", *aligned([head, *rows]), *(f"left out: {one}" for one in self.left_out)])

    def to_dict(self) -> JsonObject:
        """The speeds as values for JSON."""
        return asdict(self)
