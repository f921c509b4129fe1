"""Exact search: branch and bound over all outputs, which proves that none scores higher than what it found.

Three things keep it small and make its proof hold. A prefix is given up only by a bound that no output behind it can
exceed, since more symbols never make an output more probable. Prefixes are scored in groups of one length, as a model's
state allows it, the longest first, so that there is at most one group waiting for each length. And a row is searched
by itself: what else is in the batch can change nothing but the rounding of the model's own numbers.
"""

from __future__ import annotations

import time
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import Beam, Ending, Exact, Hypothesis, Proof, State, StepFunction
from dragoman.search.beam import beam_search
from dragoman.search.length_penalty import LengthPenalty
from dragoman.search.rules import SearchRules

_TOGETHER = 64
"""Number of prefixes whose continuations are scored in one step. On models of Multi30k, 8 took twice the time, 32 a
tenth more, and 128 a tenth less for twice the memory; up to a tenth more prefixes were scored, because what a step
finds helps only the next."""
# Nats by which the first, coarse comparison in the model's precision lets too much pass; the second is in float64.
_COARSE = 1e-4


@dataclass(slots=True)
class _Found:
    """The best complete outputs so far, by score in descending order; of equal scores the one found first."""

    count: int
    best: list[Hypothesis] = field(default_factory=list)

    @property
    def threshold(self) -> float:
        """The score that another output must exceed to be one of the ``count`` best."""
        return self.best[-1].score if len(self.best) == self.count else float("-inf")

    def add(self, hypothesis: Hypothesis) -> None:
        """Keep an output if it is one of the best. One that is known already keeps the higher of its two scores, which
        differ by rounding."""
        if hypothesis.score <= self.threshold:
            return
        for place, known in enumerate(self.best):
            if known.tokens == hypothesis.tokens:
                if known.score >= hypothesis.score:
                    return
                del self.best[place]
                break
        insort(self.best, hypothesis, key=lambda known: -known.score)
        del self.best[self.count :]


@dataclass(slots=True)
class _Block(Generic[State]):
    """Prefixes of one length whose continuations are not scored yet, the most probable first.

    Attributes:
        state: the model's state before the last symbols of the prefixes.
        before: symbols of the P prefixes in ``state``, the start symbol first.
        parents: row of ``before`` and of ``state`` that each prefix continues, as int32.
        symbols: last symbol of each prefix, as int32.
        log_probabilities: natural logarithms of the prefixes' probabilities, in float64.
        divisors: the length penalties of the shortest and of the longest output that can begin with one of them.
    """

    state: State
    before: Int[Tensor, "P t"]
    parents: Int[Tensor, " c"]
    symbols: Int[Tensor, " c"]
    log_probabilities: Float[Tensor, " c"]
    divisors: tuple[float, float]

    def bounds(self, count: int) -> Float[Tensor, " n"]:
        """The scores that no output that begins with one of the first ``count`` prefixes exceeds, in descending
        order."""
        first = self.log_probabilities[:count]
        shortest, longest = self.divisors
        return torch.maximum(first / shortest, first / longest)

    def take(self, count: int) -> tuple[Int[Tensor, " n"], Int[Tensor, " n"], Float[Tensor, " n"]]:
        """Parents, symbols and log-probabilities of the first ``count`` prefixes, which leave the block."""
        names = ("parents", "symbols", "log_probabilities")
        parents, symbols, log_p = (getattr(self, name)[:count] for name in names)
        for name in names:
            setattr(self, name, getattr(self, name)[count:])
        return parents.long(), symbols.long(), log_p


@dataclass(slots=True)
class _Row(Generic[State]):
    """The search for one row.

    Attributes:
        step: the step function.
        rules: the rules of the search.
        penalty: the length penalty.
        given: number of symbols of the row's prefix.
        limit: the most tokens of the row's output, the prefix included.
        found: the best complete outputs so far.
        expansions: number of prefixes whose continuations were scored.
    """

    step: StepFunction[State]
    rules: SearchRules
    penalty: LengthPenalty
    given: int
    limit: int
    found: _Found
    expansions: int = 0

    def run(self, root: _Block[State], most: int, seconds: float | None) -> Proof:
        """Search all outputs that begin with the prefix of ``root``, or until the budget is spent."""
        ends_at = float("inf") if seconds is None else time.monotonic() + seconds
        waiting = [root]
        while waiting and self.expansions < most and time.monotonic() < ends_at:
            block = waiting[-1]
            count = int((block.bounds(min(_TOGETHER, most - self.expansions)) > self.found.threshold).sum())
            if count == 0:
                waiting.pop()
            else:
                waiting.append(self._expanded(block, count))
        left = [float(bound) for block in waiting for bound in block.bounds(1)]
        bound = max([self.found.threshold, *left])
        return Proof(bound, bool(self.found.best) and bound <= self.found.threshold, self.expansions)

    def _expanded(self, block: _Block[State], count: int) -> _Block[State]:
        """The continuations of the first ``count`` prefixes of a block that can still be among the best."""
        self.expansions += count
        parents, symbols, log_p = block.take(count)
        written = torch.cat([block.before[parents], symbols[:, None]], 1)
        scores, state = self.step(symbols, block.state.select(parents))
        values = scores - self.rules.normalizer(scores)[:, None]
        length = written.shape[1]
        self._complete(written, log_p + values[:, self.rules.end].cpu().double().clamp(max=0), length)
        # One token more, and the end symbol behind it.
        divisors = self.penalty.divisor(length + 1), self.penalty.divisor(self.limit + 1)
        if length > self.limit:
            rows, symbols, totals = log_p.new_empty(0).long(), log_p.new_empty(0).long(), log_p.new_empty(0)
        else:
            least = self.found.threshold * max(divisors) - log_p - _COARSE
            rows, symbols, totals = self._continued(values, log_p, least)
        return _Block(state, written, rows.int(), symbols.int(), totals, divisors)

    def _continued(
        self, values: Float[Tensor, "R V"], log_p: Float[Tensor, " R"], least: Float[Tensor, " R"]
    ) -> tuple[Int[Tensor, " c"], Int[Tensor, " c"], Float[Tensor, " c"]]:
        """Rows, symbols and log-probabilities of the continuations that do not end and whose last symbol has more than
        the ``least`` log-probability of its row, the most probable first; what cannot be written has −∞ or NaN."""
        values[:, [*self.rules.forbidden, self.rules.end]] = float("-inf")
        rows, symbols = (values > least.to(values)[:, None]).nonzero().unbind(1)
        of_symbols, rows, symbols = values[rows, symbols].cpu().double(), rows.cpu(), symbols.cpu()
        totals, order = (log_p[rows] + of_symbols.clamp(max=0)).sort(descending=True, stable=True)
        return rows[order], symbols[order], totals

    def _complete(self, written: Int[Tensor, "R t"], totals: Float[Tensor, " R"], length: int) -> None:
        """Keep the outputs that end here, with ``length`` tokens, if they are among the best."""
        scores = totals / self.penalty.divisor(length)
        for place in (scores > self.found.threshold).nonzero()[:, 0].tolist():
            tokens = written[place, 1 + self.given :].tolist()
            self.found.add(Hypothesis(tokens, float(totals[place]), float(scores[place]), Ending.COMPLETE))


def exact_search(
    step: StepFunction[State],
    state: State,
    method: Exact,
    rules: SearchRules,
    firsts: Sequence[list[Hypothesis]] | None = None,
) -> tuple[list[list[Hypothesis]], list[Proof]]:
    """The outputs of each row that score highest of all that the model can write, with a proof (Stahlberg and Byrne
    2019, algorithm 1).

    The outputs are all sequences of symbols that may be written, up to the row's limit, ended by the end symbol;
    repetition is allowed. A prefix with log-probability ln P is given up if ln P, divided by the length penalty of the
    shortest or of the longest output that can begin with it, is at most the score of the ``n_best``-th output found so
    far. The first of these come from a beam search. Prefixes are scored depth first, the best first, up to 64 of one
    length in one step, so that at most ``limit + 1`` states of 64 rows are kept, and 16 bytes for each continuation
    that waits. Scores are compared in float64; a proof is as exact as the model's own numbers.

    >>> from dragoman.contracts import Nothing
    >>> table = torch.tensor([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0.4, 0.3, 0.3], [0, 0.9, 0.05, 0.05]]).log()
    >>> def step(tokens, state):  # the scores of the next symbol depend on the last symbol alone
    ...     return table[tokens], state
    >>> rules = SearchRules(start=0, end=1, limits=[5])
    >>> ((best,),), (proof,) = exact_search(step, Nothing(1), Exact(width=1), rules)
    >>> best.tokens, round(best.log_probability, 2), proof.proved
    ([3], -1.02, True)

    Args:
        step: function that gives the scores of the next symbol.
        state: the model's state before the first step, one row per output.
        method: length penalty, first beam and budget of the search.
        rules: the rules of the search.
        firsts: for each row the hypotheses to begin with; by default those of a beam search.

    Returns:
        For each row up to ``rules.n_best`` complete hypotheses, best first, and what is proved of them. If no complete
        one was found, the hypotheses that the beam search had to cut stand in their place, and nothing is proved.
    """
    width = max(method.width, rules.n_best)
    if firsts is None:
        firsts = beam_search(step, state, Beam(width, method.length_penalty), rules)
    hypotheses, proofs = [], []
    for row, first in enumerate(firsts):
        prefix = rules.prefixes[row] if rules.prefixes is not None else ()
        found = _Found(rules.n_best)
        for hypothesis in first:
            if hypothesis.ending is Ending.COMPLETE:
                found.add(hypothesis)
        limit = rules.limits[row] + len(prefix)
        search = _Row(step, rules, LengthPenalty(method.length_penalty), len(prefix), limit, found)
        root = _root(step, state.select(torch.tensor([row])), [rules.start, *prefix])
        proofs.append(search.run(root, method.expansions, method.seconds))
        hypotheses.append(found.best or first)
    return hypotheses, proofs


def _root(step: StepFunction[State], state: State, read: Sequence[int]) -> _Block[State]:
    """The block of the one prefix that a row begins with, which has probability 1."""
    for symbol in read[:-1]:
        _, state = step(torch.tensor([symbol]), state)
    before = torch.tensor([*read[:-1]], dtype=torch.int64)[None]
    zero = torch.zeros(1, dtype=torch.int32)
    return _Block(state, before, zero, zero + read[-1], torch.zeros(1, dtype=torch.float64), (1.0, 1.0))
