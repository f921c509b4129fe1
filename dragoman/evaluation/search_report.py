"""The report on what searches miss: their outputs beside the model's best ones, which exact search proves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from dragoman.contracts import Proof
from dragoman.evaluation.by_length import reference_lengths
from dragoman.evaluation.confidence import Estimate
from dragoman.evaluation.exact_match import Share, wilson_interval
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned, percent_text, signed
from dragoman.storage.json import JsonObject

TOLERANCE = 1e-3
"""Nats by which a log-probability must be lower than the best one to count as missed; less may be rounding."""
TOO_SHORT = 0.5
"""An output with less than this share of its reference's length is too short."""


@dataclass(frozen=True, slots=True)
class SearchOutput:
    """What a search found for one example.

    Attributes:
        text: the output.
        log_probability: natural logarithm of its probability.
        complete: whether the model ended it; otherwise the search had to.
        proof: what exact search has proved; None for other searches.
    """

    text: str
    log_probability: float
    complete: bool
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class SearchRun:
    """What one search found for all examples.

    Attributes:
        name: name of the search in the report.
        outputs: the best output of each example.
        calls: number of hypotheses whose continuations the model scored, of all examples together.
        seconds: seconds that the search took.
    """

    name: str
    outputs: list[SearchOutput]
    calls: int
    seconds: float

    @property
    def texts(self) -> list[str]:
        """The texts of the outputs."""
        return [output.text for output in self.outputs]


@dataclass(frozen=True, slots=True)
class SearchMeasures:
    """The measures of one search.

    Attributes:
        name: name of the search.
        missed: search errors: share of the proved examples where the search found an output with a lower
            log-probability than the model's best, or none that the model ended; None if nothing is proved.
        median_gap: median, over the missed examples, of how much lower the log-probability is, in nats; None if none is
            missed.
        large_gap: the 95th percentile of the same.
        empty: share of outputs without a visible character.
        short: share of outputs with less than half of the length of their reference, the empty ones included.
        quality: the measures of quality of the task, such as BLEU.
        calls: number of hypotheses whose continuations the model scored, for each example.
        seconds: seconds for all examples.
    """

    name: str
    missed: Share | None
    median_gap: float | None
    large_gap: float | None
    empty: Share
    short: Share
    quality: tuple[Estimate, ...]
    calls: float
    seconds: float


@dataclass(frozen=True, slots=True, repr=False)
class SearchReport(Shown):
    """The report on how often searches miss the model's best output, and on how good that output is.

    Attributes:
        examples: number of examples.
        things: name of the examples, such as ``sentences``.
        length_unit: unit of lengths, ``words`` or ``characters``.
        budget: the budget of exact search for each example, in words.
        proved: share of examples for which exact search proved that nothing is more probable than what it found.
        empty_best: share of the proved best outputs without a visible character; None if nothing is proved.
        short_best: share of the proved best outputs with less than half of the length of their reference.
        left: median of what the bound leaves for the examples that are not proved, in nats; None if all are proved.
        expansions: number of hypotheses that exact search expanded for an example: the median and the 95th percentile.
        searches: measures of each search, of exact search last; where it proved nothing, the best output that it found
            counts.
    """

    examples: int
    things: str
    length_unit: str
    budget: str
    proved: Share
    empty_best: Share | None
    short_best: Share | None
    left: float | None
    expansions: tuple[float, float]
    searches: tuple[SearchMeasures, ...]

    def summary(self) -> Summary:
        """The report as a title and a few lines, which an interpreter and a notebook show."""
        facts = {
            search.name: f"{percent_text(search.missed.value)} missed"
            for search in self.searches[:-1]
            if search.missed is not None
        }
        if self.empty_best is not None:
            facts["empty bests"] = percent_text(self.empty_best.value)
        return Summary(f"best outputs proved for {percent_text(self.proved.value)} of {self._count}", facts)

    def to_dict(self) -> JsonObject:
        """The report as values for JSON."""
        return {**asdict(self), "searches": [asdict(search) for search in self.searches]}

    def as_text(self) -> str:
        """The report as a plain aligned table with notes."""
        metrics = [estimate.metric for estimate in self.searches[0].quality]
        heading = ("search", "missed", "gap", "95 %", "empty", "short", *metrics, "calls", "seconds")
        rows = [heading, *(_row(search) for search in self.searches)]
        return "\n".join([f"Search errors on {self._count}", "", *aligned(rows), "", *self._notes()])

    def _notes(self) -> list[str]:
        share = f"{self.proved.count:,} of {self.proved.total:,}"
        notes = [f"Proved best: {share} ({percent_text(self.proved.value)}), within {self.budget} each."]
        if self.left is not None:
            notes.append(f"Of the others the bound leaves {self.left:.2f} nats (median) above the best that was found.")
        if self.empty_best is not None and self.short_best is not None:
            notes.append(
                f"Of the proved bests {percent_text(self.empty_best.value)} are empty, and "
                f"{percent_text(self.short_best.value)} have less than half of the {self.length_unit} of their "
                "reference, the empty ones included."
            )
        return [
            *notes,
            f"missed: share of the proved {self.things} where a search found a lower log-probability than the best.",
            "gap, 95 %: how much lower it is where it is missed, in nats; median and 95th percentile.",
            f"empty, short: share of all outputs. calls: hypotheses expanded for each of the {self.things}.",
            f"Exact search expanded {self.expansions[0]:,.0f} hypotheses (median), at the 95th percentile "
            f"{self.expansions[1]:,.0f}, beside its first beam.",
        ]

    @property
    def _count(self) -> str:
        return f"{self.examples:,} {self.things}"


def search_report(
    runs: Sequence[SearchRun],
    exact: SearchRun,
    references: Sequence[str],
    *,
    quality: Callable[[Sequence[str]], tuple[Estimate, ...]],
    spaced: bool,
    things: str,
    budget: str,
) -> SearchReport:
    """Compare what searches found with what exact search found.

    >>> best = SearchOutput("a cat", -1.0, True, Proof(bound=-1.0, proved=True, expansions=9))
    >>> greedy = SearchRun("greedy", [SearchOutput("cats", -1.5, True)], calls=3, seconds=0.1)
    >>> exact = SearchRun("exact", [best], calls=12, seconds=0.2)
    >>> said = {"spaced": True, "things": "lines", "budget": "100 expansions"}
    >>> report = search_report([greedy], exact, ["a cat"], quality=lambda texts: (), **said)
    >>> report.proved.value, report.searches[0].missed.value, report.searches[0].median_gap
    (1.0, 1.0, 0.5)

    Args:
        runs: what other searches found.
        exact: what exact search found, with proofs.
        references: the reference of each example.
        quality: function from all outputs of a search to the measures of their quality.
        spaced: whether the outputs' language separates words by spaces, so that lengths are counted in words.
        things: name of the examples, such as ``sentences``.
        budget: the budget of exact search, in words.
    """
    proofs = [output.proof or _NOTHING_TO_SEARCH for output in exact.outputs]
    proved = np.array([proof.proved for proof in proofs])
    best = np.array([output.log_probability for output in exact.outputs])
    gaps = [proof.gap(float(score)) for proof, score in zip(proofs, best, strict=True) if not proof.proved]
    lengths = reference_lengths(references, spaced=spaced)
    empties, shorts = _empty_and_short(exact.texts, lengths, spaced=spaced)
    expansions = np.array([proof.expansions for proof in proofs])
    return SearchReport(
        examples=len(references),
        things=things,
        length_unit="words" if spaced else "characters",
        budget=budget,
        proved=wilson_interval(int(proved.sum()), len(proved)),
        empty_best=_share(empties[proved]),
        short_best=_share(shorts[proved]),
        left=float(np.median(gaps)) if gaps else None,
        expansions=(float(np.median(expansions)), float(np.percentile(expansions, 95))),
        searches=tuple(
            _measures(run, best, proved, _empty_and_short(run.texts, lengths, spaced=spaced), quality(run.texts))
            for run in (*runs, exact)
        ),
    )


_NOTHING_TO_SEARCH = Proof(bound=0.0, proved=True, expansions=0)
"""The proof for a source without visible characters, whose output is always empty."""


def _measures(
    run: SearchRun,
    best: np.ndarray,
    proved: np.ndarray,
    empty_and_short: tuple[np.ndarray, np.ndarray],
    quality: tuple[Estimate, ...],
) -> SearchMeasures:
    scores = np.array([output.log_probability for output in run.outputs])
    complete = np.array([output.complete for output in run.outputs])
    lower = best - scores
    missed = ((lower > TOLERANCE) | ~complete) & proved
    measured = lower[missed & complete]
    empty, short = (wilson_interval(int(which.sum()), len(which)) for which in empty_and_short)
    return SearchMeasures(
        name=run.name,
        missed=_share(missed[proved]),
        median_gap=float(np.median(measured)) if len(measured) else None,
        large_gap=float(np.percentile(measured, 95)) if len(measured) else None,
        empty=empty,
        short=short,
        quality=quality,
        calls=run.calls / len(scores),
        seconds=run.seconds,
    )


def _empty_and_short(texts: Sequence[str], lengths: np.ndarray, *, spaced: bool) -> tuple[np.ndarray, np.ndarray]:
    """Whether each text is empty, and whether it is too short beside a reference of such a length."""
    own = reference_lengths(texts, spaced=spaced)
    return own == 0, own < TOO_SHORT * lengths


def _share(which: np.ndarray) -> Share | None:
    return wilson_interval(int(which.sum()), len(which)) if len(which) else None


def _row(search: SearchMeasures) -> tuple[str, ...]:
    return (
        search.name,
        "–" if search.missed is None else percent_text(search.missed.value),
        *("–" if gap is None else signed(f"{gap:.2f}") for gap in (search.median_gap, search.large_gap)),
        percent_text(search.empty.value),
        percent_text(search.short.value),
        *(f"{estimate.value:.2f}" for estimate in search.quality),
        f"{search.calls:,.0f}",
        f"{search.seconds:,.1f}",
    )
