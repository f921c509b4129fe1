"""The report on how well a language model predicts a text."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float

from dragoman.errors import InputError
from dragoman.evaluation.by_length import length_groups
from dragoman.evaluation.confidence import RESAMPLES, SEED, Estimate, estimates
from dragoman.evaluation.sentence_statistics import SentenceStatistics
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned
from dragoman.storage.json import JsonObject

_LN_2 = math.log(2)
_WORST = 5
_LONG_ENOUGH = 20
"""The fewest characters of a line that is named among the worst predicted; a short one depends on a single word."""


def _per_token(sums: Float[np.ndarray, " K"]) -> float:
    return float(sums[0] / sums[1])


def _perplexity(sums: Float[np.ndarray, " K"]) -> float:
    nats = float(sums[0] / sums[1])
    return math.exp(nats) if nats < 700 else math.inf


def _bits_per_character(sums: Float[np.ndarray, " K"]) -> float:
    return float(sums[0] / sums[2] / _LN_2)


@dataclass(frozen=True, slots=True)
class TextLengthBin:
    """Lines of similar length.

    Attributes:
        shortest: number of characters of the shortest line, its end included.
        longest: number of characters of the longest line, its end included.
        lines: number of lines.
        perplexity: perplexity per token of these lines.
        bits_per_character: bits per character of these lines.
    """

    shortest: int
    longest: int
    lines: int
    perplexity: float
    bits_per_character: float


@dataclass(frozen=True, slots=True, repr=False)
class LanguageReport(Shown):
    """The report on how well a language model predicts lines of text.

    Attributes:
        lines: number of lines.
        tokens: number of tokens, with one for the end of each line.
        characters: number of code points, with one for the end of each line.
        cross_entropy: cross-entropy in nats per token.
        perplexity: exp(cross-entropy). It depends on the tokenizer: do not compare models with different vocabularies
            by it.
        bits_per_character: nats / ln 2 / characters, which does not depend on the tokenizer.
        by_length: perplexity and bits per character by length of line, short to long.
        worst: numbers, from 1, of the worst predicted lines that are not short, the worst first.
    """

    lines: int
    tokens: int
    characters: int
    cross_entropy: Estimate
    perplexity: Estimate
    bits_per_character: Estimate
    by_length: tuple[TextLengthBin, ...]
    worst: tuple[int, ...]

    def summary(self) -> Summary:
        """The report as a title and a few lines, which an interpreter and a notebook show."""
        scores = (self.perplexity, self.bits_per_character, self.cross_entropy)
        facts = {e.metric: f"{e.value:.3f} ({e.low:.3f} to {e.high:.3f})" for e in scores}
        return Summary(f"{self.perplexity.metric} {self.perplexity.value:.2f} on {self.lines:,} lines", facts)

    def to_dict(self) -> JsonObject:
        """The report as values for JSON."""
        return {**asdict(self), "by_length": [asdict(part) for part in self.by_length], "worst": list(self.worst)}

    def as_text(self) -> str:
        """The report as plain aligned tables, without markup."""
        found = (self.perplexity, self.bits_per_character, self.cross_entropy)
        scores = [("metric", "value", "95 % interval")]
        scores += [(e.metric, f"{e.value:.3f}", f"{e.low:.3f} to {e.high:.3f}") for e in found]
        bins = [("characters", "lines", "perplexity", "bits per character")]
        bins += [
            (f"{b.shortest} to {b.longest}", f"{b.lines:,}", f"{b.perplexity:.2f}", f"{b.bits_per_character:.3f}")
            for b in self.by_length
        ]
        worst = f"Worst predicted lines of {_LONG_ENOUGH} characters or more: {', '.join(map(str, self.worst))}."
        return "\n".join(
            [
                f"{self.lines:,} lines, {self.tokens:,} tokens, {self.characters:,} characters",
                "",
                *aligned(scores),
                "",
                "Lower is better. Perplexity depends on the vocabulary; bits per character do not.",
                f"Intervals: {self.perplexity.resamples:,} bootstrap resamples of the lines, seed "
                f"{self.perplexity.seed}.",
                *([worst] if self.worst else []),
                "",
                *aligned(bins),
            ]
        )


def evaluate_language_model(
    nats: Float[np.ndarray, " n"],
    tokens: Float[np.ndarray, " n"],
    characters: Float[np.ndarray, " n"],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> LanguageReport:
    """Measure a language model from the probability of each line.

    >>> report = evaluate_language_model(np.array([8.0, 12.0]), np.array([4.0, 6.0]), np.array([20.0, 30.0]))
    >>> round(report.perplexity.value, 2), round(report.bits_per_character.value, 2)
    (7.39, 0.58)

    Args:
        nats: −log P of each line, its end included.
        tokens: number of tokens of each line, its end included.
        characters: number of code points of each line, and one for its end.
        resamples: number of bootstrap resamples.
        seed: seed of the bootstrap.

    Raises:
        InputError: if there is no line.
    """
    if not len(nats):
        raise InputError("no lines to measure on", remedy="give a text with at least one line.")
    metrics = language_statistics(nats, tokens, characters)
    counts = metrics[0].counts
    perplexity, bits, cross_entropy = estimates(metrics, resamples=resamples, seed=seed)
    return LanguageReport(
        lines=len(nats),
        tokens=int(tokens.sum()),
        characters=int(characters.sum()),
        cross_entropy=cross_entropy,
        perplexity=perplexity,
        bits_per_character=bits,
        by_length=tuple(_bin(counts[rows]) for rows in length_groups(characters.astype(np.int64))),
        worst=_worst(nats, characters),
    )


METRICS: dict[str, Callable[[Float[np.ndarray, " K"]], float]] = {
    "perplexity per token": _perplexity,
    "bits per character": _bits_per_character,
    "nats per token": _per_token,
}


def language_statistics(
    nats: Float[np.ndarray, " n"], tokens: Float[np.ndarray, " n"], characters: Float[np.ndarray, " n"]
) -> list[SentenceStatistics]:
    """The counts behind perplexity, bits per character and nats per token, in this order.

    >>> statistics = language_statistics(np.array([8.0, 12.0]), np.array([4.0, 6.0]), np.array([20.0, 30.0]))
    >>> [round(metric.corpus_score(), 2) for metric in statistics]
    [7.39, 0.58, 2.0]
    """
    counts = np.stack([nats, tokens, characters], 1)
    return [SentenceStatistics(name, "", counts, score) for name, score in METRICS.items()]


def _bin(counts: Float[np.ndarray, "n 3"]) -> TextLengthBin:
    sums, lengths = counts.sum(0), counts[:, 2]
    return TextLengthBin(
        int(lengths.min()), int(lengths.max()), len(counts), _perplexity(sums), _bits_per_character(sums)
    )


def _worst(nats: Float[np.ndarray, " n"], characters: Float[np.ndarray, " n"]) -> tuple[int, ...]:
    long = np.flatnonzero(characters > _LONG_ENOUGH)
    order = np.argsort(-(nats[long] / characters[long]), kind="stable")
    return tuple((long[order[:_WORST]] + 1).tolist())
