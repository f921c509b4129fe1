"""A fast screen of the language of many texts, which spares most of them the n-gram models of 75 languages.

The corpus itself teaches it: naive Bayes over hashed trigrams (Cavnar & Trenkle 1994 tell languages by them), source
side against target side. It learns only from pairs that the rule itself has judged and kept, and only where the rule
kept nearly all, so a corpus with its sides swapped teaches it nothing. On other pairs, judged and kept likewise, it
measures how much the texts of the wrong side ever look like the right one; what looks right by more than that, and by
a margin, is in its language. All else stays for the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from dragoman.native import text as native
from dragoman.native.lines import Lines
from dragoman.text.rules.language import BatchRule

_PAIRS = 10_000
_FEWEST_CHARACTERS = 30
_LARGEST_BROKEN_SHARE = 0.05
_FEWEST_OCCURRENCES = 5
_MARGIN = 10.0


@dataclass(frozen=True, slots=True)
class _Evidence:
    """The learnt parameters of the screen.

    Attributes:
        weights: log-odds of each hashed trigram for the source's language.
        source_from: score above which a text is surely in the source's language.
        target_to: score below which a text is surely in the target's language.
    """

    weights: Float32[np.ndarray, " 262144"]
    source_from: float
    target_to: float


class LanguageScreen:
    """Passes pairs whose sides are surely in their languages, once it has learnt enough from other pairs."""

    def __init__(self) -> None:
        self._evidence: _Evidence | None = None
        self._sources: list[str] = []
        self._targets: list[str] = []
        self._judged = self._broken = 0
        self._is_learning = native.available()

    def doubtful(self, sources: Sequence[str], targets: Sequence[str]) -> list[int]:
        """The rows of the pairs that the rule has to judge."""
        if self._evidence is None:
            return list(range(len(sources)))
        left = native.weigh_trigrams(Lines.of(sources), self._evidence.weights)
        right = native.weigh_trigrams(Lines.of(targets), self._evidence.weights)
        sure = (left > self._evidence.source_from) & (right < self._evidence.target_to)
        return np.flatnonzero(~sure).tolist()

    def learn(self, sources: Sequence[str], targets: Sequence[str], broken: Sequence[bool]) -> None:
        """Learn from the first pairs that the rule judged."""
        if not self._is_learning:
            return
        for source, target, is_broken in zip(sources, targets, broken, strict=True):
            if min(len(source), len(target)) < _FEWEST_CHARACTERS:
                continue
            self._judged += 1
            self._broken += is_broken
            if not is_broken:
                self._sources.append(source)
                self._targets.append(target)
        if self._judged >= _PAIRS:
            self._is_learning = False
            if self._broken <= _LARGEST_BROKEN_SHARE * self._judged:
                self._evidence = _learnt(Lines.of(self._sources), Lines.of(self._targets))
            self._sources, self._targets = [], []


def screened(rule: BatchRule) -> BatchRule:
    """The language rule, applied only to the pairs that the screen leaves in doubt; without the native library, to
    all."""
    screen = LanguageScreen()

    def judge(sources: Sequence[str], targets: Sequence[str]) -> list[bool]:
        found = [False] * len(sources)
        rows = screen.doubtful(sources, targets)
        if len(rows) == len(sources):
            left, right = list(sources), list(targets)
        else:
            left, right = [sources[row] for row in rows], [targets[row] for row in rows]
        broken = rule(left, right)
        screen.learn(left, right, broken)
        for row, is_broken in zip(rows, broken, strict=True):
            found[row] = is_broken
        return found

    return judge


def _learnt(sources: Lines, targets: Lines) -> _Evidence:
    is_learnt_from = np.arange(len(sources)) % 2 == 0
    weights = _log_odds(sources, targets, is_learnt_from)
    left, right = (native.weigh_trigrams(side, weights)[~is_learnt_from] for side in (sources, targets))
    return _Evidence(weights, max(float(right.max()), 0) + _MARGIN, min(float(left.min()), 0) - _MARGIN)


def _log_odds(sources: Lines, targets: Lines, chosen: Bool[np.ndarray, " n"]) -> Float32[np.ndarray, " 262144"]:
    left, right = native.count_trigrams(sources, chosen), native.count_trigrams(targets, chosen)
    slots = int(((left + right) > 0).sum())

    def shares(counts: Int64[np.ndarray, " 262144"]) -> np.ndarray:
        return (counts + 1) / (counts.sum() + slots)

    odds = np.log(shares(left)) - np.log(shares(right))
    return np.where(left + right >= _FEWEST_OCCURRENCES, odds, 0).astype(np.float32)
