"""Connectionist temporal classification: the probability of a text, summed over all its alignments with the input.

At each position of the input, a layer gives a probability to every symbol and to the blank. An alignment has a symbol
or the blank at each position; its text is what remains when each run of one symbol is made a single one, and then
blanks are left out (Graves et al. 2006, "Connectionist temporal classification", section 3).

Here ``S`` is the number of positions, ``T`` the number of symbols of a target, and ``U = 2T + 1`` the number of states
of a target with blanks between its symbols and around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from dragoman.contracts import Layout, Packed
from dragoman.layers.output_gradient import OutputGradient
from dragoman.native.gradient_context import GradientContext

# For how many positions logits are held at one time in float32 or float64.
_CHUNK = 512
# How many probabilities are held at one time; a batch with more is computed in groups of rows.
_LARGEST_SOFTMAX = 1 << 24
# Stands for log 0: sums of it are still finite, so that nothing becomes NaN.
_NEVER = -1e30


def ctc_equations(log_p: Float[Tensor, "S V"], target: Int[Tensor, " T"], blank: int) -> Float[Tensor, ""]:
    """−ln p(l | x) of one text, by the forward variables α_t(s) (Graves et al. 2006, equations 5 to 8).

    >>> log_p = torch.log(torch.tensor([[0.4, 0.6], [0.5, 0.5]]))  # two positions, the blank 0 and one symbol
    >>> round(float(ctc_equations(log_p, torch.tensor([1]), blank=0).neg().exp()), 2)  # 0.6·0.5 + 0.6·0.5 + 0.4·0.5
    0.8
    """
    y = log_p.exp()
    modified = [blank, *(symbol for label in target.tolist() for symbol in (label, blank))]
    zero = y.new_zeros(())
    alpha = [y[0, symbol] if s < 2 else zero for s, symbol in enumerate(modified)]
    for y_t in y[1:]:
        before = [zero, zero, *alpha]
        skips = [s > 1 and symbol not in (blank, modified[s - 2]) for s, symbol in enumerate(modified)]
        alpha = [
            (before[s + 2] + before[s + 1] + (before[s] if skips[s] else zero)) * y_t[symbol]
            for s, symbol in enumerate(modified)
        ]
    return -torch.stack(alpha[-2:]).sum().log()


def fits(lengths: Int[Tensor, " B"], target: Packed) -> Bool[Tensor, " B"]:
    """Whether each row has any alignment: a position for every symbol, and one for a blank between equal neighbours.

    >>> fits(torch.tensor([2, 2]), Packed.of([[5, 6], [5, 5]]))
    tensor([ True, False])

    Args:
        lengths: number of positions of each row.
        target: the symbols of each row's text, without end symbols.
    """
    rows, values = target.layout.rows, target.values
    doubled = (values[1:] == values[:-1]) & (rows[1:] == rows[:-1])
    return lengths >= target.layout.lengths.index_add(0, rows[1:], doubled.long())


@dataclass(frozen=True, slots=True)
class _Lines:
    """Some rows of a batch, with the target of each.

    Attributes:
        states: hidden states of the rows' positions.
        layout: where each row's positions lie.
        symbols: the blank, and then the T labels of each row; the blank again behind shorter targets.
        counts: number of labels of each row.
    """

    states: Float[Tensor, "N D"]
    layout: Layout
    symbols: Int[Tensor, "B k"]
    counts: Int[Tensor, " B"]

    @property
    def own(self) -> Int[Tensor, "N k"]:
        """For each position, the symbols of its row."""
        return self.symbols.index_select(0, self.layout.rows)

    @property
    def skips(self) -> Float[Tensor, "B U"]:
        """0 at labels that may follow the label before them without a blank, since the two differ; log 0 elsewhere."""
        return _at_labels((self.symbols != self.symbols.roll(1, 1))[:, 1:])

    @property
    def skips_backwards(self) -> Float[Tensor, "B U"]:
        """The same as :attr:`skips` for the labels in reverse order, where what fills shorter targets comes first."""
        return _at_labels((self.symbols != self.symbols.roll(-1, 1))[:, 1:].flip(1))


def _at_labels(allowed: Bool[Tensor, "B T"]) -> Float[Tensor, "B U"]:
    skips = torch.full((len(allowed), 2 * allowed.shape[1] + 1), _NEVER, device=allowed.device)
    skips[:, 1::2].masked_fill_(allowed, 0)
    return skips


def _groups(
    states: Float[Tensor, "N D"], layout: Layout, target: Packed, blank: int, vocabulary: int
) -> Iterator[tuple[slice, slice, _Lines]]:
    """The rows in groups whose softmax is not too large, each with its slices of rows and of positions."""
    labels = target.layout.pad(target.values).masked_fill(~target.layout.mask, blank)
    symbols = F.pad(labels, (1, 0), value=blank)
    if layout.tokens * vocabulary <= _LARGEST_SOFTMAX:
        yield slice(None), slice(None), _Lines(states, layout, symbols, target.layout.lengths)
        return
    lengths = layout.lengths.tolist()
    begin = place = 0
    while begin < len(lengths):
        end, size = begin + 1, lengths[begin]
        while end < len(lengths) and (size + lengths[end]) * vocabulary <= _LARGEST_SOFTMAX:
            size, end = size + lengths[end], end + 1
        rows, places = slice(begin, end), slice(place, place + size)
        part = Layout.of(lengths[rows], states.device)
        yield rows, places, _Lines(states[places], part, symbols[rows], target.layout.lengths[rows])
        begin, place = end, place + size


def _own_log_p(
    lines: _Lines, weight: Float[Tensor, "V D"], bias: Float[Tensor, " V"], softmax: Float[Tensor, "N V"] | None
) -> Float[Tensor, "N k"]:
    """ln p of each row's own symbols at its positions, log 0 for what fills shorter targets; the probabilities of all
    symbols are written into ``softmax``."""
    exact = torch.promote_types(weight.dtype, torch.float32)
    shape = min(_CHUNK, lines.layout.tokens), len(weight)
    raw, scratch = lines.states.new_empty(shape), lines.states.new_empty(shape, dtype=exact)
    parts = []
    for begin in range(0, lines.layout.tokens, _CHUNK):
        chunk = slice(begin, begin + _CHUNK)
        rows = lines.layout.rows[chunk]
        logits = torch.addmm(bias, lines.states[chunk], weight.t(), out=raw[: len(rows)]).to(exact)
        p = scratch[: len(rows)] if softmax is None or softmax.dtype != exact else softmax[chunk]
        torch.softmax(logits, 1, out=p)
        if softmax is not None and softmax.dtype != exact:
            softmax[chunk] = p
        # The normalizer is computed from the most probable symbol, whose probability cannot underflow.
        log_normalizer = logits.amax(1, keepdim=True) - p.amax(1, keepdim=True).log_()
        own = logits.gather(1, lines.symbols.index_select(0, rows))
        parts.append(own.sub_(log_normalizer).clamp_min_(_NEVER))
    filled = torch.arange(lines.symbols.shape[1], device=lines.counts.device) > lines.counts[:, None]
    return torch.cat(parts).masked_fill_(filled.index_select(0, lines.layout.rows), _NEVER)


def _with_blanks(own_log_p: Float[Tensor, "N k"]) -> Float[Tensor, "N U"]:
    """The columns of the labels, with the column of the blank before, between and behind them."""
    places, columns = own_log_p.shape
    log_p = own_log_p.new_empty((places, 2 * columns - 1))
    log_p[:, 0::2] = own_log_p[:, :1]
    log_p[:, 1::2] = own_log_p[:, 1:]
    return log_p


def _log_forward(
    log_p: Float[Tensor, "S B U"], skips: Float[Tensor, "B U"], first: Int[Tensor, " B"]
) -> Float[Tensor, "S+1 B U+2"]:
    """ln α_t(s), behind two columns that nothing reaches and one row for the time before the first position.

    Args:
        log_p: ln of the probability of each state's symbol at each position.
        skips: 0 at states that can be reached from the last but one, at the others the number that stands for log 0.
        first: number of the first state of each row.
    """
    places, rows, width = log_p.shape
    alpha = log_p.new_empty((places + 1, rows, width + 2))
    alpha[0] = alpha[:, :, :2] = _NEVER
    # The first two states are reached from a state before them.
    alpha[0].scatter_(1, first[:, None] + 1, 0)
    skipped = log_p.new_empty((rows, width))
    own, before, last_but_one = (alpha[:, :, k : k + width].unbind(0) for k in (2, 1, 0))
    for t, log_p_t in enumerate(log_p.unbind(0)):
        torch.add(last_but_one[t], skips, out=skipped)
        torch.logaddexp(own[t], before[t], out=own[t + 1])
        torch.logaddexp(own[t + 1], skipped, out=own[t + 1])
        own[t + 1].add_(log_p_t)
    return alpha


def _log_total(
    alpha: Float[Tensor, "t R W"], lengths: Int[Tensor, " B"], counts: Int[Tensor, " B"]
) -> Float[Tensor, " B"]:
    """ln p(l | x) = ln (α_S(|l'|) + α_S(|l'| − 1)) of the first B rows."""
    rows = torch.arange(len(lengths), device=lengths.device)
    last = 2 * counts + 2
    return torch.logaddexp(alpha[lengths, rows, last], alpha[lengths, rows, last - 1])


def _never(log_p: Float[Tensor, " B"]) -> Bool[Tensor, " B"]:
    return log_p <= _NEVER / 2


def _occupancy(log_p: Float[Tensor, "N U"], lines: _Lines) -> tuple[Float[Tensor, "N k"], Float[Tensor, " B"]]:
    """The probability of each of a row's symbols at each position, given the whole text; and ln p(l | x) of each row.

    The backward variables are the forward variables of the reversed text and input, so both are found in one pass.
    """
    layout, batch, width = lines.layout, lines.layout.batch, log_p.shape[1]
    mirrored = layout.lengths[layout.rows] - 1 - layout.positions
    forwards, backwards = layout.rows, layout.rows + batch
    both = log_p.new_zeros((layout.longest, 2 * batch, width))
    both.view(-1, width).index_copy_(0, layout.positions * 2 * batch + forwards, log_p)
    both.view(-1, width).index_copy_(0, mirrored * 2 * batch + backwards, log_p.flip(1))
    # In reverse order, shorter targets begin after their padding.
    missing = 2 * (width // 2 - lines.counts)
    skips = torch.cat([lines.skips, lines.skips_backwards]).to(log_p.dtype)
    alpha = _log_forward(both, skips, torch.cat([torch.zeros_like(missing), missing]))
    flat = alpha.view(-1, width + 2)
    joint = flat.index_select(0, (layout.positions + 1) * 2 * batch + forwards)[:, 2:]
    joint = joint + flat.index_select(0, (mirrored + 1) * 2 * batch + backwards)[:, 2:].flip(1)
    # Σ_s α_t(s) β_t(s) / y_t(s) = p(l | x) at every position t (equation 14), so that a softmax divides by it.
    states = torch.softmax(joint.sub_(log_p), 1)
    occupancy = torch.cat([states[:, 0::2].sum(1, keepdim=True), states[:, 1::2]], 1)
    return occupancy, _log_total(alpha, layout.lengths, lines.counts)


def ctc_nats(
    states: Float[Tensor, "N D"],
    layout: Layout,
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"],
    target: Packed,
    blank: int,
) -> Float[Tensor, " B"]:
    """−ln p(l | x) of each row, infinite where it has no alignment; without a gradient, for measuring.

    The arguments are those of :func:`ctc_loss`. The recursion runs in float64.

    >>> states, layout = torch.log(torch.tensor([[0.4, 0.6], [0.5, 0.5]])), Layout.of([2])
    >>> ctc_nats(states, layout, torch.eye(2), torch.zeros(2), Packed.of([[1]]), blank=0).neg().exp().float()
    tensor([0.8000])
    """
    parts = []
    with torch.no_grad():
        for _, _, lines in _groups(states, layout, target, blank, weight.shape[0]):
            log_p = _with_blanks(_own_log_p(lines, weight, bias, None)).double()
            by_time = lines.layout.pad(log_p).transpose(0, 1)
            alpha = _log_forward(by_time, lines.skips.double(), torch.zeros_like(lines.counts))
            total = _log_total(alpha, lines.layout.lengths, lines.counts)
            parts.append(torch.where(_never(total), float("inf"), -total))
    return torch.cat(parts)


class _FusedLoss(torch.autograd.Function):
    """The fast path of :func:`ctc_equations`, from hidden states.

    The gradient with respect to the logits is the softmax minus the occupancy (Graves et al. 2006, equation 16). So the
    forward pass makes the gradients of states, weight and bias at once, and the backward pass only scales them.
    """

    @staticmethod
    def forward(
        ctx: GradientContext,
        states: Tensor,
        weight: Tensor,
        bias: Tensor,
        layout: Layout,
        target: Packed,
        blank: int,
        weights: Tensor | None,
    ) -> Tensor:
        total = torch.zeros((), dtype=torch.promote_types(states.dtype, torch.float32), device=states.device)
        of_places = None if weights is None else weights.index_select(0, layout.rows)
        gradient = OutputGradient(states, weight, bias, of_places)
        for rows, places, lines in _groups(states, layout, target, blank, weight.shape[0]):
            of_logits = states.new_empty((lines.layout.tokens, weight.shape[0]))
            log_p = _with_blanks(_own_log_p(lines, weight, bias, of_logits))
            occupancy, log_total = _occupancy(log_p, lines)
            # Adding at flat indices is fast for every type; scattering bfloat16 is not.
            own = torch.arange(0, of_logits.numel(), len(weight), device=states.device)[:, None] + lines.own
            of_logits.view(-1).index_add_(0, own.flatten(), occupancy.neg_().to(of_logits.dtype).flatten())
            never = _never(log_total)
            if bool(never.any()):
                of_logits.masked_fill_(never[lines.layout.rows][:, None], 0)
            counted = log_total.masked_fill(never, 0)
            total -= counted.sum() if weights is None else counted @ weights[rows].to(counted.dtype)
            gradient.add(places, of_logits)
        ctx.save_for_backward(gradient.of_states, gradient.of_weight, gradient.of_bias)
        return total

    @staticmethod
    def backward(ctx: GradientContext, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        return (*(gradient * upstream[0].to(gradient.dtype) for gradient in ctx.saved_tensors), None, None, None, None)


def ctc_loss(
    states: Float[Tensor, "N D"],
    layout: Layout,
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"],
    target: Packed,
    blank: int,
    weights: Float[Tensor, " B"] | None = None,
) -> Float[Tensor, ""]:
    """Σ_b w_b · −ln p(l_b | x_b) over the rows that have an alignment; the others add nothing to loss or gradient.

    It can be differentiated once. Its gradient is computed even where none is needed: use :func:`ctc_nats` to measure.
    Log-probabilities and the recursion are in float32, or in float64 if the states are.

    >>> states, layout = torch.log(torch.tensor([[0.4, 0.6], [0.5, 0.5]])), Layout.of([2])
    >>> weight = torch.eye(2, requires_grad=True)
    >>> loss = ctc_loss(states, layout, weight, torch.zeros(2), Packed.of([[1]]), blank=0)
    >>> round(float(loss.detach()), 4)  # −ln 0.8
    0.2231

    Args:
        states: hidden states of all positions, end to end.
        layout: where each row's positions lie.
        weight: weights of the output layer, from states to symbols.
        bias: biases of the output layer; −∞ for a symbol that may stand at no position.
        target: the symbols of each row's text, without end symbols; a row may be empty.
        blank: id of the blank, which writes nothing.
        weights: weight w_b of each row; None for 1 each.
    """
    return _FusedLoss.apply(states, weight, bias, layout, target, blank, weights)  # type: ignore[no-untyped-call]
