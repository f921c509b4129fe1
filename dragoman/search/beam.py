"""Beam search, which ends for a sentence only when no live hypothesis can become one of the best."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from dragoman.contracts import Beam, Ending, Fate, Hypothesis, State, StepFunction
from dragoman.search.banks import by_banks
from dragoman.search.length_penalty import LengthPenalty
from dragoman.search.recorder import Recorder
from dragoman.search.rules import SearchRules
from dragoman.search.scores import continuations_of


@dataclass(slots=True)
class _Sentence:
    """The finished hypotheses of one sentence."""

    index: int
    complete: list[Hypothesis] = field(default_factory=list)
    cut: list[Hypothesis] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    """The scores of the complete hypotheses, in ascending order."""

    def closing(self, count: int) -> float:
        """The score that a live hypothesis must exceed to be among the ``count`` best complete ones."""
        if len(self.complete) < count:
            return float("-inf")
        return self.scores[-count]

    def add_complete(self, hypothesis: Hypothesis) -> None:
        """Keep one more complete hypothesis."""
        self.complete.append(hypothesis)
        insort(self.scores, hypothesis.score)


def _best(beams: Sequence[_Sentence], width: int, count: int) -> list[Hypothesis]:
    """The ``count`` best hypotheses of the ``width`` best of each beam: complete ones by score, then those that the
    search had to cut, by score."""
    complete = [h for beam in beams for h in sorted(beam.complete, key=lambda h: -h.score)[:width]]
    cut = [h for beam in beams for h in sorted(beam.cut, key=lambda h: -h.score)[:width]]
    if len(beams) > 1:
        complete, cut = _distinct(complete), _distinct(cut)
    return (sorted(complete, key=lambda h: -h.score) + sorted(cut, key=lambda h: -h.score))[:count]


def _distinct(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    return list({tuple(h.tokens): h for h in reversed(hypotheses)}.values())[::-1]


@dataclass(frozen=True, slots=True)
class _Beam:
    """The live hypotheses: ``width`` rows for each of A sentences, those of one sentence together. Where a sentence has
    several beams, each stands here as a sentence.

    A row whose log-probability is −∞ is dead: it fills up the rectangle, and the model never sees it.

    Attributes:
        sentences: the sentences whose search goes on.
        groups: which of its sentence's beams each is, from 0.
        limits: the most tokens of each sentence's output, the prefix included.
        longest: the divisor of the log-probability of a hypothesis with that many tokens.
        closing: the score that a hypothesis must exceed; see :meth:`_Sentence.closing`.
        prefixes: symbols with which each sentence's output begins, −1 behind them.
        given: number of symbols of each prefix.
        tokens: symbols of each hypothesis so far, the start symbol first.
        log_probabilities: natural logarithms of the hypotheses' probabilities.
    """

    sentences: list[_Sentence]
    groups: Int[Tensor, " A"]
    limits: Int[Tensor, " A"]
    longest: Float[Tensor, " A"]
    closing: Float[Tensor, " A"]
    prefixes: Int[Tensor, "A P"]
    given: Int[Tensor, " A"]
    tokens: Int[Tensor, "A k t"]
    log_probabilities: Float[Tensor, "A k"]

    @property
    def owners(self) -> Int[Tensor, " A"]:
        """The index of each sentence, the same for all beams of one."""
        return torch.tensor([sentence.index for sentence in self.sentences], dtype=torch.int64)

    @property
    def live(self) -> Int[Tensor, " R"]:
        """The indices of the live hypotheses among the ``A · k`` rows."""
        return self.log_probabilities.flatten().isfinite().nonzero()[:, 0]


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Continuations of a beam, best first: the row that each continues, its symbol, its log-probability, and the number
    by which they are ranked, the log-probability itself where beams do not heed each other."""

    rows: Int[Tensor, "A c"]
    symbols: Int[Tensor, "A c"]
    log_probabilities: Float[Tensor, "A c"]
    ranks: Float[Tensor, "A c"]


@dataclass(frozen=True, slots=True)
class _Task:
    width: int
    penalty: LengthPenalty
    rules: SearchRules
    forbidden: Int[Tensor, " f"]
    recorder: Recorder | None
    grouping: Grouping | None

    @property
    def kept(self) -> int:
        """The number of hypotheses of each beam that can be in the result."""
        return min(self.width, self.rules.n_best)


@dataclass(frozen=True, slots=True)
class Grouping:
    """Several beams for each sentence, which heed each other's choices.

    Attributes:
        count: number of beams of each sentence.
        rank: function that gives the number by which each continuation is ranked, from the log-probability and the
            symbol of each, the sentence of each beam, and which of its sentence's beams it is.
        further: number of symbols by which that order may differ from that of log-probabilities.
    """

    count: int
    rank: Callable[
        [Float[Tensor, "A C"], Int[Tensor, "A C"], Int[Tensor, " A"], Int[Tensor, " A"]], Float[Tensor, "A C"]
    ]
    further: int


ToGo = Callable[[State, Int[Tensor, "L c"]], Int[Tensor, "L c"]]
"""Gives, for the state after a step and some continuations of each hypothesis, the least number of symbols that these
lack to satisfy a constraint."""


def beam_search(
    step: StepFunction[State],
    state: State,
    method: Beam,
    rules: SearchRules,
    recorder: Recorder | None = None,
    to_go: ToGo[State] | None = None,
    grouping: Grouping | None = None,
) -> list[list[Hypothesis]]:
    """The best hypotheses of each sentence, found by following as many at each step as the beam is wide.

    A hypothesis that ends among the ``width`` best continuations is complete and takes no place in the beam. A live one
    is given up when it can no longer score higher than the ``n_best``-th complete one; since the same is true of all
    that rank below it, no hypothesis that could still be among the best is lost. A sentence is done when no hypothesis
    is live, or when its limit is reached; it then leaves the batch. Sentences do not influence each other.

    >>> from dragoman.contracts import Nothing
    >>> table = torch.tensor([[0, 0, 0.6, 0.4], [0, 1, 0, 0], [0, 0.4, 0.3, 0.3], [0, 0.9, 0.05, 0.05]]).log()
    >>> def step(tokens, state):  # the scores of the next symbol depend on the last symbol alone
    ...     return table[tokens], state
    >>> rules = SearchRules(start=0, end=1, limits=[5])
    >>> ((best,),) = beam_search(step, Nothing(1), Beam(width=2, length_penalty=0.0), rules)
    >>> best.tokens, round(best.log_probability, 2)  # ln 0.36; greedy search finds [2], with ln 0.24
    ([3], -1.02)

    Args:
        step: function that gives the scores of the next symbol.
        state: the model's state before the first step, one row per sentence.
        method: width of the beam, and the comparison of hypotheses of different lengths, where a prefix counts.
        rules: the rules of the search. A hypothesis that loops leaves the beam and is used only if too few hypotheses
            are complete.
        recorder: recorder of what is considered, if a trace is wanted.
        to_go: what continuations lack to satisfy a constraint: the beam's places are then shared among those that lack
            little and those that lack much, by :func:`~dragoman.search.banks.by_banks`.
        grouping: several beams of that width for each sentence; by default one.

    Returns:
        For each sentence up to ``rules.n_best`` hypotheses: complete ones by score, then cut ones by score.
    """
    forbidden = torch.tensor([*rules.forbidden]).long()
    task = _Task(method.width, LengthPenalty(method.length_penalty), rules, forbidden, recorder, grouping)
    count, further = (1, 0) if grouping is None else (grouping.count, grouping.further)
    sentences = [_Sentence(index) for index in range(len(rules.limits)) for _ in range(count)]
    beam = _first_beam(sentences, task)
    if count > 1:
        state = state.select(torch.arange(len(rules.limits)).repeat_interleave(count))
    best_continuations = continuations_of(step, rules.normalizer)
    wanted = 2 * method.width + further + len(rules.forbidden)
    while beam.sentences:
        live = beam.live
        values, symbols, state = best_continuations(beam.tokens[:, :, -1].flatten()[live], state, wanted)
        spread = _spread(beam, live, values, symbols)
        if to_go is None:
            candidates = _extend(beam, *spread, task)
        else:
            lacking = to_go(state, symbols.cpu())
            candidates = _extend_by_banks(beam, *spread, _spread(beam, live, values, lacking)[1], task)
        written = beam.tokens.shape[2]
        _record_considered(beam, candidates, task)
        _collect_complete(beam, candidates, task)
        grown, parents = _survive(beam, candidates, task)
        _collect_loops(grown, task)
        _give_up(grown, written, task)
        _collect_at_limit(beam, candidates, task)
        _record_live(grown, Fate.CONTINUED, task)
        rows_of_state = torch.zeros(beam.log_probabilities.numel(), dtype=torch.int64)
        rows_of_state[live] = torch.arange(len(live))
        beam, parents = _without_closed(grown, parents)
        if beam.sentences:
            state = state.select(rows_of_state[parents.flatten()[beam.live]])
    of_sentence = [sentences[first : first + count] for first in range(0, len(sentences), count)]
    return [_best(beams, method.width, rules.n_best) for beams in of_sentence]


def _first_beam(sentences: list[_Sentence], task: _Task) -> _Beam:
    """The beam before the first step: one empty hypothesis for each sentence."""
    places = torch.tensor([sentence.index for sentence in sentences], dtype=torch.int64)
    prefixes = task.rules.prefix_table()[places]
    given = (prefixes >= 0).sum(1)
    limits = torch.tensor(list(task.rules.limits), dtype=torch.int64)[places] + given
    return _Beam(
        list(sentences),
        torch.arange(len(sentences)) % (1 if task.grouping is None else task.grouping.count),
        limits,
        torch.tensor([task.penalty.divisor(limit + 1) for limit in limits.tolist()], dtype=torch.float64),
        torch.full((len(limits),), float("-inf"), dtype=torch.float64),
        prefixes,
        given,
        torch.full((len(limits), 1, 1), task.rules.start),
        torch.zeros((len(limits), 1), dtype=torch.float64),
    )


def _spread(
    beam: _Beam, live: Int[Tensor, " L"], values: Float[Tensor, "L c"], symbols: Int[Tensor, "L c"]
) -> tuple[Float[Tensor, "R c"], Int[Tensor, "R c"]]:
    """The continuations of all rows, where those of dead rows are impossible."""
    rows, (count, each) = beam.log_probabilities.numel(), values.shape
    values, symbols = values.cpu().double(), symbols.cpu()
    if count == rows:
        return values, symbols
    all_values = values.new_full((rows, each), float("-inf")).index_copy_(0, live, values)
    return all_values, symbols.new_zeros((rows, each)).index_copy_(0, live, symbols)


def _extend(beam: _Beam, values: Float[Tensor, "R c"], symbols: Int[Tensor, "R c"], task: _Task) -> _Candidates:
    """The best 2·width continuations of each sentence: at most ``width`` of them end, so ``width`` live ones remain."""
    totals, symbols = _totals(beam, values, symbols, task)
    ranks = totals if task.grouping is None else task.grouping.rank(totals, symbols, beam.owners, beam.groups)
    best, order = ranks.sort(dim=1, descending=True, stable=True)
    best, order = best[:, : 2 * task.width], order[:, : 2 * task.width]
    return _Candidates(order // values.shape[1], symbols.gather(1, order), totals.gather(1, order), best)


def _extend_by_banks(
    beam: _Beam,
    values: Float[Tensor, "R c"],
    symbols: Int[Tensor, "R c"],
    to_go: Int[Tensor, "R c"],
    task: _Task,
) -> _Candidates:
    """Those of the ``width`` best continuations that satisfy the constraint of each sentence which end, and then, of
    those that go on, ``width`` by banks."""
    totals, found = _totals(beam, values, symbols, task)
    ends, impossible = found == task.rules.end, float("-inf")
    satisfying = totals.masked_fill(~ends & (to_go.reshape(found.shape) > 0), impossible)
    best, order = satisfying.sort(dim=1, descending=True, stable=True)
    best, order = best[:, : task.width], order[:, : task.width]
    best = best.masked_fill(~ends.gather(1, order), impossible)
    going = totals.masked_fill(ends, impossible)
    chosen = by_banks(going, to_go.reshape(found.shape), task.width)
    # What ends stands in the first ``width`` places, even if there are fewer continuations.
    short = task.width - best.shape[1]
    order = torch.cat([torch.nn.functional.pad(order, (0, short)), chosen], 1)
    best = torch.cat([torch.nn.functional.pad(best, (0, short), value=impossible), going.gather(1, chosen)], 1)
    return _Candidates(order // values.shape[1], found.gather(1, order), best, best)


def _totals(
    beam: _Beam, values: Float[Tensor, "R c"], symbols: Int[Tensor, "R c"], task: _Task
) -> tuple[Float[Tensor, "A C"], Int[Tensor, "A C"]]:
    """The log-probability and the last symbol of each continuation of each sentence."""
    places, rows = beam.log_probabilities.shape
    values = values.masked_fill(torch.isin(symbols, task.forbidden), float("-inf"))
    written = beam.tokens.shape[2] - 1
    if written < beam.prefixes.shape[1]:
        values, symbols = _forced(values, symbols, beam.prefixes[:, written].repeat_interleave(rows))
    totals = (values.view(places, rows, -1) + beam.log_probabilities[:, :, None]).flatten(1)
    return totals, symbols.reshape(places, -1)


def _forced(
    values: Float[Tensor, "R c"], symbols: Int[Tensor, "R c"], given: Int[Tensor, " R"]
) -> tuple[Float[Tensor, "R c"], Int[Tensor, "R c"]]:
    """The continuations in which a row that is still in its prefix has the next symbol of it alone, with probability
    1."""
    inside, first = (given >= 0)[:, None], torch.arange(values.shape[1]) == 0
    values = values.masked_fill(inside, float("-inf")).masked_fill(inside & first, 0.0)
    return values, torch.where(inside & first, given[:, None], symbols)


def _collect_complete(beam: _Beam, candidates: _Candidates, task: _Task) -> None:
    """Keep the hypotheses that end among the first ``width`` continuations."""
    first = slice(0, task.width)
    ends = (candidates.symbols[:, first] == task.rules.end) & candidates.log_probabilities[:, first].isfinite()
    places, ranks = ends.nonzero().unbind(1)
    totals = candidates.log_probabilities[places, ranks].tolist()
    outputs = beam.tokens[places, candidates.rows[places, ranks], 1:].tolist()
    divisor = task.penalty.divisor(beam.tokens.shape[2])
    for place, total, tokens in zip(places.tolist(), totals, outputs, strict=True):
        kept = tokens[int(beam.given[place]) :]
        beam.sentences[place].add_complete(Hypothesis(kept, total, total / divisor, Ending.COMPLETE))
        if task.recorder is not None:
            task.recorder.decide(beam.sentences[place].index, [*tokens, task.rules.end], Fate.COMPLETE)
    # A sentence may occur several times, always with the same number.
    scores = [beam.sentences[place].closing(task.kept) for place in places.tolist()]
    beam.closing[places] = torch.tensor(scores, dtype=torch.float64)


def _survive(beam: _Beam, candidates: _Candidates, task: _Task) -> tuple[_Beam, Int[Tensor, "A k"]]:
    """The next beam, of the first ``width`` continuations that do not end, and the rows that they continue."""
    live = candidates.ranks.masked_fill(candidates.symbols == task.rules.end, float("-inf"))
    kept, order = live.sort(dim=1, descending=True, stable=True)
    kept, order = kept[:, : task.width], order[:, : task.width]
    kept = torch.where(kept.isfinite(), candidates.log_probabilities.gather(1, order), kept)
    if kept.shape[1] < task.width:
        # A vocabulary smaller than the beam cannot fill it at first; the rows that are left over are dead.
        missing = task.width - kept.shape[1]
        kept = torch.nn.functional.pad(kept, (0, missing), value=float("-inf"))
        order = torch.nn.functional.pad(order, (0, missing))
    rows = candidates.rows.gather(1, order)
    tokens = beam.tokens.gather(1, rows[:, :, None].expand(-1, -1, beam.tokens.shape[2]))
    tokens = torch.cat([tokens, candidates.symbols.gather(1, order)[:, :, None]], 2)
    parents = rows + torch.arange(len(rows))[:, None] * beam.tokens.shape[1]
    return replace(beam, tokens=tokens, log_probabilities=kept), parents


def _collect_loops(beam: _Beam, task: _Task) -> None:
    """Take looping hypotheses out of the beam and keep them, cut, as a last resort."""
    looping = task.rules.repetition.find(beam.tokens[:, :, 1:].flatten(0, 1)).view(beam.log_probabilities.shape)
    looping &= beam.log_probabilities.isfinite() & (beam.tokens.shape[2] - 1 > beam.given)[:, None]
    for place, row in looping.nonzero().tolist():
        _cut(beam, place, row, Ending.REPETITION, task)
    beam.log_probabilities.masked_fill_(looping, float("-inf"))


def _collect_at_limit(beam: _Beam, candidates: _Candidates, task: _Task) -> None:
    """Keep, for sentences that have reached their limit, what was live before this step, as a last resort; and for
    those that have nothing and that the model lets write nothing more."""
    full = beam.limits < beam.tokens.shape[2]
    stuck = ~candidates.log_probabilities.isfinite().any(1)
    for place in (full | stuck).nonzero()[:, 0].tolist():
        sentence = beam.sentences[place]
        if full[place] or not (sentence.complete or sentence.cut):
            for row in beam.log_probabilities[place].isfinite().nonzero()[:, 0].tolist():
                _cut(beam, place, row, Ending.LENGTH, task)


def _give_up(beam: _Beam, written: int, task: _Task) -> None:
    """Take out of the beam the hypotheses that can no longer be among the best, and all of a sentence at its limit."""
    bounds = task.penalty.upper_bounds(beam.log_probabilities, written + 1, beam.longest[:, None])
    hopeless = bounds <= beam.closing[:, None]
    if task.grouping is not None:
        # A hypothesis that cannot win still keeps others away from its symbols.
        hopeful = torch.zeros(len(task.rules.limits)).index_add_(0, beam.owners, (~hopeless).any(1).float())
        hopeless = (hopeful == 0)[beam.owners, None] & hopeless
    at_limit = (beam.limits < written)[:, None]
    if task.recorder is not None:
        _record_live(beam, Fate.HOPELESS, task, hopeless & ~at_limit)
    beam.log_probabilities.masked_fill_(hopeless | at_limit, float("-inf"))


def _without_closed(beam: _Beam, parents: Int[Tensor, "A k"]) -> tuple[_Beam, Int[Tensor, "B k"]]:
    """Take the sentences without a live hypothesis out of the batch."""
    open_ = beam.log_probabilities.isfinite().any(1)
    if bool(open_.all()):
        return beam, parents
    places = open_.nonzero()[:, 0]
    sentences = [beam.sentences[place] for place in places.tolist()]
    numbers = (
        *(beam.groups, beam.limits, beam.longest, beam.closing, beam.prefixes, beam.given),
        *(beam.tokens, beam.log_probabilities),
    )
    return _Beam(sentences, *[tensor[places] for tensor in numbers]), parents[places]


def _cut(beam: _Beam, place: int, row: int, ending: Ending, task: _Task) -> None:
    tokens = beam.tokens[place, row, 1:].tolist()
    total = float(beam.log_probabilities[place, row])
    score = task.penalty.score(total, len(tokens))
    kept = task.rules.repetition.cut(tokens) if ending is Ending.REPETITION else tokens
    beam.sentences[place].cut.append(Hypothesis(kept[int(beam.given[place]) :], total, score, ending))
    if task.recorder is not None:
        task.recorder.decide(beam.sentences[place].index, tokens, _FATES[ending])


_FATES = {Ending.LENGTH: Fate.LENGTH, Ending.REPETITION: Fate.REPETITION}


def _record_considered(beam: _Beam, candidates: _Candidates, task: _Task) -> None:
    """Tell the recorder, if there is one, of all continuations; of a hypothesis at its limit, only its end can be
    kept."""
    if task.recorder is None:
        return
    full = (beam.limits < beam.tokens.shape[2]).tolist()
    for place, rank in candidates.log_probabilities.isfinite().nonzero().tolist():
        symbol, total = int(candidates.symbols[place, rank]), float(candidates.log_probabilities[place, rank])
        tokens = [*beam.tokens[place, candidates.rows[place, rank], 1:].tolist(), symbol]
        fate = Fate.LENGTH if full[place] and symbol != task.rules.end else Fate.PUSHED_OUT
        score = task.penalty.score(total, len(tokens))
        task.recorder.consider(beam.sentences[place].index, tokens, total, score, fate)


def _record_live(beam: _Beam, fate: Fate, task: _Task, where: Bool[Tensor, "A k"] | None = None) -> None:
    """Tell the recorder, if there is one, what becomes of the live hypotheses, or of those that ``where`` marks."""
    if task.recorder is None:
        return
    live = beam.log_probabilities.isfinite()
    for place, row in (live if where is None else live & where).nonzero().tolist():
        task.recorder.decide(beam.sentences[place].index, beam.tokens[place, row, 1:].tolist(), fate)
