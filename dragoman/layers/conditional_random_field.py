r"""Linear-chain conditional random fields: the probability of a sequence of tags (Lafferty et al. 2001, section 3).

A sequence y_1 … y_T of K tags for T words has the score

.. math:: s(y) = a_{y_1} + \sum_{t=1}^{T} e_t(y_t) + \sum_{t=2}^{T} A_{y_{t-1}, y_t} + z_{y_T}

where e_t(k) is the emission score of tag k at word t, A_jk the score of the transition from tag j to tag k, a_k that of
beginning and z_k that of ending with tag k (Lample et al. 2016, section 2.2). Its probability is exp(s(y)) / Z, and Z
sums exp(s) over all K^T sequences. What a sequence may not do has the score −∞.

Sums over all sequences come from the forward–backward algorithm, best sequences from the Viterbi algorithm (Rabiner
1989, section III, A and B, with the scores in the place of log-probabilities). Texts have different lengths and lie end
to end; each step of a recursion takes the texts that have a word there, the longest first, so that there is no padding.
All recursions run in float64, or in float32 on devices that have nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dragoman.contracts import Layout
from dragoman.layers.recurrent.time_major import TimeMajor
from dragoman.native.gradient_context import GradientContext

_NEVER = float("-inf")
# Stands for −∞ where a gradient is needed: sums of it are still finite, so that nothing becomes NaN.
_LOWEST = -1e9
# The most scores of a step of the Viterbi algorithm that are held at one time; more texts are taken in groups.
_LARGEST_STEP = 1 << 23


class Transitions(NamedTuple):
    """The scores that depend on neighbouring tags.

    Attributes:
        first: score a_k of each tag at the beginning of a text.
        following: score A_jk of tag k behind tag j.
        last: score z_k of each tag at the end of a text.
    """

    first: Float[Tensor, " K"]
    following: Float[Tensor, "K K"]
    last: Float[Tensor, " K"]

    @classmethod
    def zero(cls, like: Float[Tensor, "N K"]) -> Transitions:
        """Scores of 0, under which the tags of words are independent of each other."""
        tags = like.shape[1]
        return cls(like.new_zeros(tags), like.new_zeros(tags, tags), like.new_zeros(tags))

    def like(self, emissions: Float[Tensor, "N K"]) -> Transitions:
        """The scores in the type and on the device of emission scores."""
        return Transitions(*(score.to(emissions) for score in self))

    def mirrored(self) -> Transitions:
        """The scores for texts that are read from their end."""
        return Transitions(self.last, self.following.t(), self.first)


def _exact(emissions: Float[Tensor, "N K"], transitions: Transitions) -> tuple[Float[Tensor, "N K"], Transitions]:
    """The scores in the type in which recursions run, where the emission scores are."""
    exact = emissions.to(torch.float32 if emissions.device.type == "mps" else torch.float64)
    return exact, transitions.like(exact)


class BestSequences(NamedTuple):
    """The best sequences of tags of B texts with N words, the best first.

    Attributes:
        tags: the tag of each word in each of n sequences; without meaning in a sequence that does not exist.
        scores: score s(y) of each sequence; −∞ where a text has fewer than n sequences.
    """

    tags: Int[Tensor, "N n"]
    scores: Float[Tensor, "B n"]


def forward_equations(
    emissions: Float[Tensor, "N K"], transitions: Transitions, time: TimeMajor
) -> Float[Tensor, "N K"]:
    """The logarithms of the forward variables, by Rabiner's equations 19 and 20: ln α_1(k) = a_k + e_1(k), and
    ln α_t(k) = e_t(k) + ln Σ_j exp(ln α_{t−1}(j) + A_jk).

    exp(ln α_t(k)) is the sum of exp(score) over all beginnings of a text that end at word t with tag k.

    Args:
        emissions: emission scores in the order of time.
        transitions: scores of neighbouring tags.
        time: where each step lies in that order.
    """
    steps = torch.split(emissions, time.sizes.tolist())
    alpha = [transitions.first + steps[0]]
    for e in steps[1:]:
        alpha.append(e + torch.logsumexp(alpha[-1][: len(e), :, None] + transitions.following, 1))
    return torch.cat(alpha)


def forward_variables(
    emissions: Float[Tensor, "N K"], transitions: Transitions, time: TimeMajor
) -> Float[Tensor, "N K"]:
    """The fast path of :func:`forward_equations`: products of matrices in the place of logarithms of sums.

    At each step the variables of a text are divided by their sum (Rabiner 1989, section V.A), so that none is too large
    or too small, whatever the length. Should the variables of a tag still be less than 10^−308 of those of another and
    yet be needed, the equations are used.
    """
    highest = emissions.amax(1, keepdim=True)
    top = torch.stack([score.max() for score in transitions[:2]]).tolist()
    factors = (emissions - highest).exp_()
    following = (transitions.following - top[1]).exp_()
    shifts = highest + top[1]
    shifts[: int(time.sizes[0])] += top[0] - top[1]
    steps = torch.split(factors, time.sizes.tolist())
    alpha = torch.empty_like(factors)
    sums = torch.empty_like(shifts)
    found, divisors = (torch.split(part, time.sizes.tolist()) for part in (alpha, sums))
    torch.mul((transitions.first - top[0]).exp_(), steps[0], out=found[0])
    for t, b in enumerate(steps):
        if t:
            torch.mm(found[t - 1][: len(b)], following, out=found[t])
            found[t].mul_(b)
        torch.sum(found[t], 1, keepdim=True, out=divisors[t])
        found[t].div_(divisors[t])
    if not bool((sums > 0).all()):
        return forward_equations(emissions, transitions, time)
    scales = sums.log_().add_(shifts)
    parts = torch.split(scales, time.sizes.tolist())
    for before, after in pairwise(parts):
        after += before[: len(after)]
    return alpha.log_().add_(scales)


class _Sums(NamedTuple):
    """What the forward–backward algorithm finds, in the order of the words.

    Attributes:
        alpha: ln α_t(k), over beginnings of a text up to word t, with its emission.
        gamma: ln (exp(e_t(k)) β_t(k)), over ends of a text from word t on, with its emission.
        log_partition: ln Z of each text.
    """

    alpha: Float[Tensor, "N K"]
    gamma: Float[Tensor, "N K"]
    log_partition: Float[Tensor, " B"]


def _backward_variables(
    emissions: Float[Tensor, "N K"], layout: Layout, transitions: Transitions
) -> tuple[Float[Tensor, "N K"], Float[Tensor, " B"]]:
    """The backward variables, which are the forward variables of the texts read from their end; and ln Z."""
    time = TimeMajor.of(layout, backwards=True)
    gamma = time.restore(forward_variables(time.arrange(emissions), transitions.mirrored(), time))
    return gamma, torch.logsumexp(transitions.first + gamma.index_select(0, layout.starts), 1)


def _sums(emissions: Float[Tensor, "N K"], layout: Layout, transitions: Transitions) -> _Sums:
    time = TimeMajor.of(layout)
    alpha = time.restore(forward_variables(time.arrange(emissions), transitions, time))
    return _Sums(alpha, *_backward_variables(emissions, layout, transitions))


def _log_marginals(emissions: Float[Tensor, "N K"], layout: Layout, sums: _Sums) -> Float[Tensor, "N K"]:
    """ln p(y_t = k | x) = ln α_t(k) + ln β_t(k) − ln Z (Rabiner 1989, equation 27)."""
    return sums.alpha + sums.gamma - emissions - sums.log_partition.index_select(0, layout.rows)[:, None]


def log_partition(emissions: Float[Tensor, "N K"], layout: Layout, transitions: Transitions) -> Float[Tensor, " B"]:
    """ln Z of each text, without a gradient.

    >>> emissions = torch.zeros(5, 3)
    >>> found = log_partition(emissions, Layout.of([2, 3]), Transitions.zero(emissions))
    >>> found.exp().round()  # so many sequences there are, each with the score 0
    tensor([ 9., 27.], dtype=torch.float64)

    Args:
        emissions: emission score of each tag at each word, the words of all texts end to end.
        layout: where the words of each text lie.
        transitions: scores of neighbouring tags.
    """
    with torch.no_grad():
        exact, scores = _exact(emissions, transitions)
        return _backward_variables(exact, layout, scores)[1]


def marginals(emissions: Float[Tensor, "N K"], layout: Layout, transitions: Transitions) -> Float[Tensor, "N K"]:
    """The probability p(y_t = k | x) of each tag at each word, by the forward–backward algorithm, without a gradient.

    The arguments are those of :func:`log_partition`.

    >>> emissions = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    >>> never = Transitions(torch.zeros(2), torch.tensor([[0.0, -torch.inf], [0.0, 0.0]]), torch.zeros(2))
    >>> marginals(emissions, Layout.of([2]), never).round(decimals=3)  # tag 1 cannot follow tag 0
    tensor([[0.5760, 0.4240],
            [0.7880, 0.2120]], dtype=torch.float64)
    """
    with torch.no_grad():
        exact, scores = _exact(emissions, transitions)
        return _log_marginals(exact, layout, _sums(exact, layout, scores)).exp_()


def tag_nats(
    emissions: Float[Tensor, "N K"], layout: Layout, transitions: Transitions, tags: Int[Tensor, " N"]
) -> Float[Tensor, " N"]:
    r"""−ln p(y_t | y_1 … y_{t−1}, x) of each word's tag, given the tags before it and all words, without a gradient.

    By the chain rule they sum up to −ln p(y | x). They follow from the backward variables,

    .. math:: p(y_t | y_{t-1}, x) = \exp(A_{y_{t-1}, y_t} + e_t(y_t)) β_t(y_t) / β_{t-1}(y_{t-1})

    and are infinite where a tag is not allowed.

    >>> emissions = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    >>> zero, tags = Transitions.zero(emissions), torch.tensor([0, 1])
    >>> tag_nats(emissions, Layout.of([2]), zero, tags).float()  # with nothing between tags, each by itself
    tensor([0.3133, 0.6931])

    Args:
        emissions: emission score of each tag at each word, the words of all texts end to end.
        layout: where the words of each text lie.
        transitions: scores of neighbouring tags.
        tags: the tag of each word.
    """
    with torch.no_grad():
        exact, scores = _exact(emissions, transitions)
        gamma, total = _backward_variables(exact, layout, scores)
        own = gamma.gather(1, tags[:, None]).squeeze(1)
        emitted = exact.gather(1, tags[:, None]).squeeze(1)
        # ln β of the word before; before the first word it is ln Z.
        before = (own - emitted).roll(1)
        before[layout.starts] = total
        entered = scores.following[tags.roll(1), tags]
        entered[layout.starts] = scores.first[tags[layout.starts]]
        # Behind a tag with which a text cannot end, nothing has a probability; the infinite loss is that tag's.
        return torch.where(before == _NEVER, 0.0, before - own - entered)


def tag_log_odds(
    emissions: Float[Tensor, "B W K"], transitions: Transitions, word: int, tag: int
) -> Float[Tensor, " B"]:
    r"""ln p(y_t = k | x) / (1 − p(y_t = k | x)) of one tag k at one word t of each text, with a gradient.

    It is ln Z over the sequences with that tag at that word, less ln Z over all others.

    >>> emissions = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    >>> round(float(tag_log_odds(emissions, Transitions.zero(emissions[0]), word=0, tag=0)), 3)
    1.0

    Args:
        emissions: emission score of each tag at each word, of B texts of W words each.
        transitions: scores of neighbouring tags.
        word: number t of the word.
        tag: number k of the tag.
    """
    batch, words, tags = emissions.shape
    exact, scores = _exact(emissions.transpose(0, 1).flatten(0, 1), transitions)
    # An infinite score has no gradient; one that is so low changes nothing else.
    scores = Transitions(*(part.clamp_min(_LOWEST) for part in scores))
    time = TimeMajor.of(Layout.of([words] * batch, emissions.device))
    here = torch.zeros((words, batch, tags), dtype=torch.bool, device=emissions.device)
    here[word] = True
    chosen = torch.arange(tags, device=emissions.device) == tag
    with_tag, without = (exact.masked_fill((here & excluded).flatten(0, 1), _LOWEST) for excluded in (~chosen, chosen))
    totals = [
        torch.logsumexp(forward_equations(part, scores, time)[-batch:] + scores.last, 1) for part in (with_tag, without)
    ]
    return totals[0] - totals[1]


def sequence_scores(
    emissions: Float[Tensor, "N K"], layout: Layout, transitions: Transitions, tags: Int[Tensor, " N"]
) -> Float[Tensor, " B"]:
    """The score s(y) of one sequence of tags for each text. The arguments are those of :func:`tag_nats`.

    >>> emissions = torch.tensor([[1.0, 0.0], [0.0, 4.0], [2.0, 2.0]])
    >>> sequence_scores(emissions, Layout.of([2, 1]), Transitions.zero(emissions), torch.tensor([0, 1, 1]))
    tensor([5., 2.])
    """
    scores = emissions.gather(1, tags[:, None]).squeeze(1)
    inside = layout.positions > 0
    entered = torch.zeros_like(scores)
    entered[inside] = transitions.following[tags.roll(1)[inside], tags[inside]]
    ends = layout.starts + layout.lengths - 1
    outer = transitions.first[tags[layout.starts]] + transitions.last[tags[ends]]
    return outer.index_add(0, layout.rows, scores + entered)


class _SequenceLoss(torch.autograd.Function):
    """Σ_b w_b (ln Z_b − s(y_b)). The gradient is what the model expects minus what is there: of an emission score the
    marginal probability minus 1 at the true tag, of a transition its expected minus its true number (Lafferty et al.
    2001, section 3). So the forward pass makes all gradients, and the backward pass only scales them."""

    @staticmethod
    def forward(
        ctx: GradientContext,
        emissions: Tensor,
        first: Tensor,
        following: Tensor,
        last: Tensor,
        layout: Layout,
        tags: Tensor,
        weights: Tensor | None,
    ) -> Tensor:
        exact, scores = _exact(emissions, Transitions(first, following, last))
        sums = _sums(exact, layout, scores)
        nats = sums.log_partition - sequence_scores(exact, layout, scores, tags)
        factors = None if weights is None else weights.to(exact.dtype)
        of_words = None if factors is None else factors.index_select(0, layout.rows)
        of_emissions = _log_marginals(exact, layout, sums).exp_()
        of_emissions[torch.arange(len(tags), device=tags.device), tags] -= 1
        if of_words is not None:
            of_emissions *= of_words[:, None]
        of_pairs = _pairs(layout, scores, sums, tags, of_words)
        ends = layout.starts + layout.lengths - 1
        gradients = (of_emissions, of_emissions[layout.starts].sum(0), of_pairs, of_emissions[ends].sum(0))
        given = (emissions, first, following, last)
        ctx.save_for_backward(*(made.to(part.dtype) for made, part in zip(gradients, given, strict=True)))
        total = nats.sum() if factors is None else nats @ factors
        return total.to(torch.promote_types(emissions.dtype, torch.float32))

    @staticmethod
    def backward(ctx: GradientContext, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        return (*(gradient * upstream[0].to(gradient.dtype) for gradient in ctx.saved_tensors), None, None, None)


def _pairs(
    layout: Layout, transitions: Transitions, sums: _Sums, tags: Int[Tensor, " N"], weights: Float[Tensor, " N"] | None
) -> Float[Tensor, "K K"]:
    """The expected minus the true number of each transition, weighted."""
    inside = torch.nonzero(layout.positions).squeeze(1)
    before, after = tags[inside - 1], tags[inside]
    here = sums.alpha.new_ones(len(inside)) if weights is None else weights[inside]
    # p(y_{t−1} = j, y_t = k) = α_{t−1}(j) exp(A_jk + e_t(k)) β_t(k) / Z (Rabiner 1989, equation 37).
    left, right = sums.alpha[inside - 1], sums.gamma[inside]
    highest = left.amax(1, keepdim=True)
    total = sums.log_partition[layout.rows[inside]][:, None]
    expected = ((left - highest).exp_() * here[:, None]).t() @ (right + highest - total).exp_()
    found = expected * transitions.following.exp()
    if not bool(found.isfinite().all()):
        terms = left[:, :, None] + transitions.following + (right - total)[:, None, :]
        found = (terms.exp_() * here[:, None, None]).sum(0)
    tag_count = found.shape[0]
    return found.view(-1).index_add(0, before * tag_count + after, -here).view(tag_count, tag_count)


def sequence_loss(
    emissions: Float[Tensor, "N K"],
    layout: Layout,
    transitions: Transitions,
    tags: Int[Tensor, " N"],
    weights: Float[Tensor, " B"] | None = None,
) -> Float[Tensor, ""]:
    """Σ_b w_b · −ln p(y_b | x_b) over the texts of a batch, in nats. It can be differentiated once.

    >>> emissions = torch.zeros(5, 3, requires_grad=True)
    >>> loss = sequence_loss(emissions, Layout.of([2, 3]), Transitions.zero(emissions), torch.tensor([0, 1, 2, 0, 1]))
    >>> round(float(loss.detach()), 4)  # 5 ln 3
    5.4931

    Args:
        emissions: emission score of each tag at each word, the words of all texts end to end.
        layout: where the words of each text lie.
        transitions: scores of neighbouring tags; −∞ for what is not allowed.
        tags: the true tag of each word.
        weights: weight of each text; None for 1 each.
    """
    return _SequenceLoss.apply(emissions, *transitions, layout, tags, weights)  # type: ignore[no-untyped-call]


def best_sequences(
    emissions: Float[Tensor, "N K"], layout: Layout, transitions: Transitions, count: int = 1
) -> BestSequences:
    """The ``count`` sequences with the highest scores, by the Viterbi algorithm (Rabiner 1989, section III.B), which
    keeps the best ``count`` beginnings that end at each word with each tag; without a gradient.

    Of equally good sequences those with the smaller number at the last tag that differs come first.

    >>> emissions = torch.tensor([[1.0, 0.0], [0.0, 0.5]])
    >>> costly = Transitions(torch.zeros(2), torch.tensor([[0.0, -1.0], [0.0, 0.0]]), torch.zeros(2))
    >>> found = best_sequences(emissions, Layout.of([2]), costly, count=2)
    >>> found.tags.T, found.scores
    (tensor([[0, 0],
            [0, 1]]), tensor([[1.0000, 0.5000]], dtype=torch.float64))

    Args:
        emissions: emission score of each tag at each word, the words of all texts end to end.
        layout: where the words of each text lie.
        transitions: scores of neighbouring tags; −∞ for what is not allowed.
        count: number of sequences of each text, n.
    """
    with torch.no_grad():
        exact, scores = _exact(emissions, transitions)
        tags = torch.zeros((len(exact), count), dtype=torch.int64, device=exact.device)
        totals = exact.new_full((layout.batch, count), _NEVER)
        for rows in _groups(layout, exact.shape[1] ** 2 * count):
            part, words = layout.select(rows)
            found = _best_of_group(exact[words], part, scores, count)
            width = found.scores.shape[1]
            tags[words, :width], totals[rows, :width] = found
        return BestSequences(tags, totals)


def _groups(layout: Layout, size: int) -> Iterator[Int[Tensor, " k"]]:
    """The rows in groups whose steps are not too large, given the size of one row's step."""
    yield from torch.split(torch.arange(layout.batch, device=layout.lengths.device), max(_LARGEST_STEP // size, 1))


def _best_of_group(
    emissions: Float[Tensor, "N K"], layout: Layout, transitions: Transitions, count: int
) -> BestSequences:
    time = TimeMajor.of(layout)
    sizes = time.sizes.tolist()
    steps = torch.split(time.arrange(emissions), sizes)
    # Scores of the best beginnings, by their last tag and rank; for each step, which beginning each of them extends.
    best = (transitions.first + steps[0])[:, :, None]
    origins: list[Tensor] = []
    ended: list[tuple[Tensor, Tensor]] = []
    for t, e in enumerate(steps):
        if t:
            extended = best[: len(e), :, :, None] + transitions.following[:, None, :]
            best, origin = _highest(extended.flatten(1, 2).transpose(1, 2), count)
            best = best + e[:, :, None]
            origins.append(origin)
        ending = sizes[t + 1] if t + 1 < len(sizes) else 0
        final = (best[ending:] + transitions.last[:, None]).flatten(1)
        ended.append(_highest(final, count))
    width = max(scores.shape[1] for scores, _ in ended)
    totals = emissions.new_full((layout.batch, width), _NEVER)
    sequences = torch.zeros((len(emissions), width), dtype=torch.int64, device=emissions.device)
    found = torch.split(sequences, sizes)
    places = sequences.new_zeros((0, width))
    for t in reversed(range(len(sizes))):
        scores, at = ended[t]
        going_on = len(places)
        totals[going_on : sizes[t], : scores.shape[1]] = scores
        padded = sequences.new_zeros((len(at), width))
        padded[:, : at.shape[1]] = at
        places = torch.cat([places, padded])
        ranks = origins[t - 1].shape[2] if t else 1
        found[t].copy_(torch.div(places, ranks, rounding_mode="floor"))
        if t:
            places = origins[t - 1].flatten(1).gather(1, places)
    by_row = torch.empty_like(totals)
    by_row[time.rows] = totals
    return BestSequences(time.restore(sequences), by_row)


def _highest(scores: Float[Tensor, "*rows n"], count: int) -> tuple[Float[Tensor, "*rows k"], Int[Tensor, "*rows k"]]:
    """The highest ``count`` scores, or all if there are fewer, and where they stand; of equal ones the first."""
    if count == 1:
        highest, places = scores.max(-1, keepdim=True)
        return highest, places
    ordered, order = scores.sort(stable=True, dim=-1, descending=True)
    return ordered[..., :count], order[..., :count]
