"""Best-first beam search: the hypotheses of beam search in another order, so that the model is called for fewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Generic

import torch
from jaxtyping import Float
from torch import Tensor

from dragoman.contracts import BestFirstBeam, Ending, Fate, Hypothesis, State, StepFunction
from dragoman.search.length_penalty import LengthPenalty
from dragoman.search.recorder import Recorder
from dragoman.search.rules import SearchRules
from dragoman.search.scores import continuations_of

_Key = tuple[float, int, float, int, int]
"""What is popped first: the highest bound, then the shortest, then the most probable, as beam search orders them."""


@dataclass(frozen=True, slots=True)
class _States(Generic[State]):
    """The model's state after a step over several hypotheses, which those that continue them begin from."""

    state: State


@dataclass(frozen=True, slots=True)
class _Node(Generic[State]):
    """A hypothesis that waits: its symbols, its log-probability, and the row of the state that it continues."""

    tokens: tuple[int, ...]
    total: float
    states: _States[State]
    row: int


@dataclass(frozen=True, slots=True)
class _Followed(Generic[State]):
    """A hypothesis that is followed, and its rank among those of its length."""

    node: _Node[State]
    rank: int


@dataclass(slots=True)
class _Sentence(Generic[State]):
    """The search for one sentence.

    Attributes:
        index: number of the sentence.
        prefix: symbols with which the output begins.
        limit: the most symbols of the output, the prefix included.
        longest: the divisor of the log-probability of a hypothesis with that many and the end symbol.
        queue: the hypotheses that wait, as a heap.
        considered: number of hypotheses of each length that were popped.
        live: number of those that go on.
        complete: complete hypotheses, each after what orders them.
        cut: hypotheses that the search had to cut, each after what orders them.
        stuck: hypotheses that the model lets nothing follow, which are a last resort where there is nothing else.
    """

    index: int
    prefix: Sequence[int]
    limit: int
    longest: float
    queue: list[tuple[_Key, _Node[State]]] = field(default_factory=list)
    considered: Counter[int] = field(default_factory=Counter)
    live: Counter[int] = field(default_factory=Counter)
    complete: list[tuple[tuple[float, int, int], Hypothesis]] = field(default_factory=list)
    cut: list[tuple[tuple[float, int, bool, int], Hypothesis]] = field(default_factory=list)
    stuck: list[Hypothesis] = field(default_factory=list)

    def best(self, count: int) -> list[Hypothesis]:
        """The ``count`` best hypotheses: complete ones by score, then cut ones by score; ties as beam search breaks
        them."""
        ordered = [*sorted(self.complete, key=lambda item: item[0]), *sorted(self.cut, key=lambda item: item[0])]
        if not ordered:
            longest = max((len(hypothesis.tokens) for hypothesis in self.stuck), default=0)
            last = [hypothesis for hypothesis in self.stuck if len(hypothesis.tokens) == longest]
            return sorted(last, key=lambda hypothesis: -hypothesis.score)[:count]
        return [hypothesis for _, hypothesis in ordered[:count]]


@dataclass(frozen=True, slots=True)
class _Task:
    width: int
    penalty: LengthPenalty
    rules: SearchRules
    recorder: Recorder | None


def best_first_beam_search(
    step: StepFunction[State],
    state: State,
    method: BestFirstBeam,
    rules: SearchRules,
    recorder: Recorder | None = None,
) -> list[list[Hypothesis]]:
    """The hypotheses of beam search, found best first (Meister et al. 2020, "Best-First Beam Search", algorithm 2).

    Of all hypotheses of a sentence that wait, whatever their lengths, the one with the highest bound is taken: the best
    score that it or anything that continues it can reach. Bounds never rise, so those of one length are taken in the
    order in which beam search ranks them, and only the first ``width`` of a length go on. The search ends when nothing
    that waits can be among the ``n_best`` any more; what beam search had followed on the way there is never computed.

    Each round takes one hypothesis of each sentence; those that continue states of the same step are computed together.

    >>> from dragoman.contracts import Nothing
    >>> table = torch.tensor([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0.4, 0.3, 0.3], [0, 0.9, 0.05, 0.05]]).log()
    >>> def step(tokens, state):  # the scores of the next symbol depend on the last symbol alone
    ...     return table[tokens], state
    >>> rules = SearchRules(start=0, end=1, limits=[5])
    >>> ((best,),) = best_first_beam_search(step, Nothing(1), BestFirstBeam(width=2, length_penalty=0.0), rules)
    >>> best.tokens, round(best.log_probability, 2)
    ([3], -1.02)

    Args:
        step: function that gives the scores of the next symbol.
        state: the model's state before the first step, one row per sentence.
        method: width of the beam, and the comparison of hypotheses of different lengths.
        rules: the rules of the search.
        recorder: recorder of what is considered, if a trace is wanted.

    Returns:
        For each sentence up to ``rules.n_best`` hypotheses: complete ones by score, then cut ones by score.
    """
    task = _Task(method.width, LengthPenalty(method.length_penalty), rules, recorder)
    best_continuations = continuations_of(step, rules.normalizer)
    wanted = 2 * method.width + len(rules.forbidden)
    sentences = _begun(task, _States(state))
    active = sentences
    while active:
        taken = [(sentence, followed) for sentence in active if (followed := _next(sentence, task)) is not None]
        for states, members in _by_states(taken):
            rows = torch.tensor([followed.node.row for _, followed in members])
            last = torch.tensor([(rules.start, *followed.node.tokens)[-1] for _, followed in members])
            values, symbols, after = best_continuations(last, states.state.select(rows), wanted)
            grown = _States(after)
            found = zip(members, values.cpu().double(), symbols.tolist(), strict=True)
            for row, ((sentence, followed), log_p, ids) in enumerate(found):
                _extend(sentence, followed, _Node((), 0.0, grown, row), log_p, ids, task)
        active = [sentence for sentence, _ in taken]
    for sentence in sentences if recorder is not None else ():
        _record_waiting(sentence, task)
    return [sentence.best(rules.n_best) for sentence in sentences]


def _begun(task: _Task, states: _States[State]) -> list[_Sentence[State]]:
    """Each sentence with an empty hypothesis that waits."""
    rules = task.rules
    sentences: list[_Sentence[State]] = []
    for index, limit in enumerate(rules.limits):
        prefix = () if rules.prefixes is None else rules.prefixes[index]
        longest = task.penalty.divisor(limit + len(prefix) + 1)
        sentences.append(_Sentence(index, prefix, limit + len(prefix), longest))
        _wait(sentences[-1], _Node((), 0.0, states, index), 0, 0, task)
    return sentences


def _next(sentence: _Sentence[State], task: _Task) -> _Followed[State] | None:
    """The next hypothesis to be continued; None if the search for the sentence is over."""
    closing, of_length = _closing(sentence, task)
    while sentence.queue and -sentence.queue[0][0][0] >= closing:
        (negative_bound, *_), node = heappop(sentence.queue)
        length, ends = len(node.tokens), node.tokens[-1:] == (task.rules.end,)
        place, rank = sentence.considered[length], sentence.live[length]
        if rank >= task.width and (place >= task.width or not ends):
            continue
        sentence.considered[length] += 1
        fate = Fate.PUSHED_OUT
        if ends and place < task.width:
            fate = Fate.COMPLETE
            score = task.penalty.score(node.total, length)
            kept = list(node.tokens[len(sentence.prefix) : -1])
            sentence.complete.append(((-score, length, place), Hypothesis(kept, node.total, score, Ending.COMPLETE)))
            closing, of_length = _closing(sentence, task)
        elif not ends and rank < task.width:
            sentence.live[length] += 1
            fate = _fate(sentence, node, rank, task)
            if fate is not Fate.REPETITION and -negative_bound == closing and length >= of_length:
                # Whatever continues it is longer, and of equally good hypotheses beam search prefers the shorter.
                fate = Fate.HOPELESS
        _record(sentence, node, fate, task)
        if fate is Fate.CONTINUED or (fate is Fate.LENGTH and length <= sentence.limit):
            return _Followed(node, rank)
    return None


def _closing(sentence: _Sentence[State], task: _Task) -> tuple[float, int]:
    """The score that a hypothesis must reach to be among the best, and the length of the one that has it."""
    if len(sentence.complete) < task.rules.n_best:
        return float("-inf"), 0
    negative_score, length, _ = sorted(key for key, _ in sentence.complete)[task.rules.n_best - 1]
    return -negative_score, length


def _fate(sentence: _Sentence[State], node: _Node[State], rank: int, task: _Task) -> Fate:
    """What becomes of a hypothesis that takes a place in the beam: it goes on unless it loops; where it has as many
    symbols as are allowed, only its end can be of use."""
    length, given, tokens = len(node.tokens), len(sentence.prefix), list(node.tokens)
    kept = task.rules.repetition.cut(tokens) if length > given else tokens
    score = task.penalty.score(node.total, length)
    if len(kept) < length:
        looping = Hypothesis(kept[given:], node.total, score, Ending.REPETITION)
        sentence.cut.append(((-score, length, False, rank), looping))
        return Fate.REPETITION
    if length == sentence.limit:
        full = Hypothesis(tokens[given:], node.total, score, Ending.LENGTH)
        sentence.cut.append(((-score, length + 1, True, rank), full))
    return Fate.LENGTH if length >= sentence.limit else Fate.CONTINUED


def _extend(
    sentence: _Sentence[State],
    followed: _Followed[State],
    after: _Node[State],
    log_p: Float[Tensor, " c"],
    symbols: Sequence[int],
    task: _Task,
) -> None:
    """Let the continuations of a hypothesis wait; inside of the prefix there is one, with probability 1."""
    before, written = followed.node, len(followed.node.tokens)
    if written < len(sentence.prefix):
        continuations: list[tuple[float, int]] = [(0.0, sentence.prefix[written])]
    else:
        continuations = [
            (value, symbol)
            for value, symbol in zip(log_p.tolist(), symbols, strict=True)
            if symbol not in task.rules.forbidden and value > float("-inf")
        ]
    if not continuations:
        kept, score = list(before.tokens[len(sentence.prefix) :]), task.penalty.score(before.total, written)
        sentence.stuck.append(Hypothesis(kept, before.total, score, Ending.LENGTH))
    for order, (value, symbol) in enumerate(continuations):
        node = _Node((*before.tokens, symbol), before.total + value, after.states, after.row)
        _wait(sentence, node, followed.rank, order, task)


def _wait(sentence: _Sentence[State], node: _Node[State], rank: int, order: int, task: _Task) -> None:
    """Put a hypothesis into the queue, with the rank of what it continues and its own among these."""
    length = len(node.tokens)
    # The same bound for all of one length, whether they end or go on, so that it orders them by log-probability.
    bound = max(node.total / task.penalty.divisor(length), node.total / sentence.longest)
    heappush(sentence.queue, ((-bound, length, -node.total, rank, order), node))


def _by_states(
    taken: Sequence[tuple[_Sentence[State], _Followed[State]]],
) -> Iterator[tuple[_States[State], list[tuple[_Sentence[State], _Followed[State]]]]]:
    """The hypotheses that continue the same states, which one call of the model can continue together."""
    groups: dict[int, list[tuple[_Sentence[State], _Followed[State]]]] = {}
    for sentence, followed in taken:
        groups.setdefault(id(followed.node.states), []).append((sentence, followed))
    for members in groups.values():
        yield members[0][1].node.states, members


def _record(sentence: _Sentence[State], node: _Node[State], fate: Fate, task: _Task) -> None:
    if task.recorder is not None:
        score = task.penalty.score(node.total, len(node.tokens))
        task.recorder.consider(sentence.index, node.tokens, node.total, score, fate)


def _record_waiting(sentence: _Sentence[State], task: _Task) -> None:
    """Tell the recorder of the hypotheses that were never taken."""
    for _, node in sorted(sentence.queue, key=lambda item: item[0]):
        _record(sentence, node, Fate.HOPELESS, task)
