"""The best alignment of a text with the positions of an input, by the Viterbi algorithm.

In connectionist temporal classification an alignment writes a symbol or the blank at each position; the text is what
remains when repeated symbols are joined and blanks are removed (Graves et al. 2006, section 3.1). Among all alignments
that write a given text, the most probable one is found by the recursion of the forward variables with a maximum in
place of the sum: over the states of the text with blanks between its symbols and around them.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from dragoman.contracts import Alignments, Layout, Packed
from dragoman.contracts.alignments import NO_SYMBOL


def best_alignments(log_p: Float[Tensor, "N V"], layout: Layout, target: Packed, blank: int) -> Alignments:
    """The most probable alignment of each text.

    >>> log_p = torch.log(torch.tensor([[0.1, 0.9], [0.7, 0.3], [0.2, 0.8]]))  # three positions; the blank is 0
    >>> found = best_alignments(log_p, Layout.of([3]), Packed.of([[1, 1]]), blank=0)
    >>> found.places, found.log_p.exp().round(decimals=3)
    (tensor([ 0, -1,  1]), tensor([0.5040], dtype=torch.float64))

    Args:
        log_p: log-probability of each symbol at each position, the rows' positions end to end.
        layout: where each row's positions lie.
        target: the symbols of each row's text, without end symbols; a row may be empty.
        blank: id of the blank, which writes nothing.
    """
    symbols = _with_blanks(target, blank)
    of_states = log_p.double().gather(1, symbols.index_select(0, layout.rows))
    score, steps = _forward(layout.pad(of_states), symbols, layout.lengths)
    last = 2 * target.layout.lengths
    ends = torch.stack([last, (last - 1).clamp_min(0)], 1)
    best, which = score.gather(1, ends).max(1)
    states = layout.unpad(_backward(steps, ends.gather(1, which[:, None])[:, 0], layout.lengths))
    written = (states % 2 == 1) & ~torch.isinf(best).index_select(0, layout.rows)
    of_positions = of_states.gather(1, states[:, None])[:, 0]
    return Alignments(torch.where(written, states // 2, NO_SYMBOL), of_positions, best)


def _with_blanks(target: Packed, blank: int) -> Int[Tensor, "B U"]:
    """The symbol of each state: blanks, and between them the symbols of the text; blanks behind shorter texts."""
    labels = target.layout.pad(target.values).masked_fill(~target.layout.mask, blank)
    symbols = labels.new_full((len(labels), 2 * labels.shape[1] + 1), blank)
    symbols[:, 1::2] = labels
    return symbols


def _forward(
    log_p: Float[Tensor, "B L U"], symbols: Int[Tensor, "B U"], lengths: Int[Tensor, " B"]
) -> tuple[Float[Tensor, "B U"], UInt8[Tensor, "B L U"]]:
    """The best log-probability of ending in each state at the last position of each row; and by how many states the
    best alignment that is in a state at a position went on to get there."""
    batch, longest, width = log_p.shape
    never = float("-inf")
    may_skip = torch.zeros_like(symbols, dtype=torch.bool)
    may_skip[:, 2:] = symbols[:, 2:] != symbols[:, :-2]
    score = log_p.new_full((batch, width), never)
    score[:, :2] = log_p[:, 0, :2]
    steps = torch.zeros(log_p.shape, dtype=torch.uint8, device=log_p.device)
    for t in range(1, longest):
        before = F.pad(score, (2, 0), value=never)
        ways = torch.stack([score, before[:, 1:-1], before[:, :-2].masked_fill(~may_skip, never)])
        # The place of the best way is the number of states that it goes on by.
        best, steps[:, t] = ways.max(0)
        score = torch.where((t < lengths)[:, None], best + log_p[:, t], score)
    return score, steps


def _backward(steps: UInt8[Tensor, "B L U"], last: Int[Tensor, " B"], lengths: Int[Tensor, " B"]) -> Int[Tensor, "B L"]:
    """The state at each position of the alignments that end in the states ``last``; 0 behind the end of a row."""
    batch, longest, _ = steps.shape
    states = last.new_zeros((batch, longest))
    rows = torch.arange(batch, device=last.device)
    state = last
    for t in range(longest - 1, -1, -1):
        inside = t < lengths
        states[:, t] = torch.where(inside, state, 0)
        state = torch.where(inside, state - steps[rows, t, state].long(), state).clamp_min(0)
    return states
