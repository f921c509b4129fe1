"""A decoder of text by connectionist temporal classification: the probability of a text is the sum over all its
alignments with the positions of the memory.

``S`` is the number of positions of the longest sentence, and ``S1`` is ``S + 1``: after none, one, …, all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from dragoman.contracts import Alignments, Layout, Memory, Packed, SpecialSymbols
from dragoman.layers.connectionist_temporal_classification import ctc_loss, ctc_nats
from dragoman.layers.ctc_alignment import best_alignments


@dataclass(frozen=True, slots=True)
class PlaceProbabilities:
    """The probability of each symbol at each position, held once for each sentence.

    Attributes:
        symbols: the probabilities; those too small for a normal floating-point number are 0.
        layout: where each sentence's positions lie.
        blanks: ln of the product of the blank's probabilities over the first 0, 1, …, S positions. Behind the end of a
            shorter sentence, the blank has probability 1.
    """

    symbols: Float[Tensor, "N V"]
    layout: Layout
    blanks: Float[Tensor, "B S1"]

    @classmethod
    def of(cls, logits: Float[Tensor, "N V"], layout: Layout, blank: int) -> PlaceProbabilities:
        """The probabilities for these unnormalised scores; ``blank`` is the id of the blank."""
        exact = logits.to(torch.promote_types(logits.dtype, torch.float32))
        # Denormal numbers would slow the products down.
        symbols = F.threshold(torch.softmax(exact, 1), torch.finfo(exact.dtype).tiny, 0.0, inplace=True)
        blanks = layout.pad((exact[:, blank] - torch.logsumexp(exact, 1)).double())
        return cls(symbols, layout, F.pad(blanks.cumsum(1), (1, 0)))

    def of_symbol(self, sentences: Int[Tensor, " R"], symbols: Int[Tensor, " R"]) -> Float[Tensor, "R S"]:
        """The probability of one symbol per row at each position of the row's sentence; 0 behind a shorter sentence."""
        layout = self.layout
        offsets = torch.arange(layout.longest, device=layout.starts.device)
        lengths = layout.lengths.index_select(0, sentences)[:, None]
        places = layout.starts.index_select(0, sentences)[:, None] + torch.minimum(offsets, lengths - 1)
        found = self.symbols.view(-1)[places * self.symbols.shape[1] + symbols[:, None]].double()
        return found.masked_fill_(offsets >= lengths, 0)


@dataclass(frozen=True, slots=True)
class CTCState:
    """The probabilities that the decoder holds for each hypothesis g (Graves 2012, section 7.5.3), as natural
    logarithms.

    Attributes:
        places: probabilities of symbols at the positions of the sentences, shared by a sentence's hypotheses.
        sentences: number of the sentence of each hypothesis, on the CPU.
        last: the last symbol of g, or the start symbol.
        in_symbol: γ_n(g, t): the probability that the first t positions write g and the last of them is not the blank.
        in_blank: γ_b(g, t): the probability that the first t positions write g and the last of them is the blank.
        prefix: ψ(g): the probability that the text begins with g.
    """

    places: PlaceProbabilities
    sentences: Int[Tensor, " R"]
    last: Int[Tensor, " R"]
    in_symbol: Float[Tensor, "R S1"]
    in_blank: Float[Tensor, "R S1"]
    prefix: Float[Tensor, " R"]

    def select(self, rows: Int[Tensor, " K"]) -> CTCState:
        """The state of hypotheses ``rows``; the probabilities of symbols are never copied."""
        there = rows.to(self.prefix.device)
        parts = (part.index_select(0, there) for part in (self.last, self.in_symbol, self.in_blank, self.prefix))
        return CTCState(self.places, self.sentences.index_select(0, rows), *parts)

    @property
    def written(self) -> Float[Tensor, "R S1"]:
        """γ(g, t): the probability that the first t positions write g, as a natural logarithm."""
        return torch.logaddexp(self.in_symbol, self.in_blank)


class CTCDecoder(nn.Module):
    """A symbol or the blank at each position of the memory, independently of the other positions (Graves et al. 2006).

    A search still writes symbol by symbol: the probability of the next symbol c after the prefix g is ψ(g·c) / ψ(g),
    where ψ(g) is the probability of all texts that begin with g, each with all its alignments (Graves 2012, "Supervised
    Sequence Labelling with Recurrent Neural Networks", section 7.5.3; Watanabe et al. 2017, "Hybrid CTC/Attention
    Architecture", section IV). Padding serves as the blank.

    >>> states, layout = torch.randn(2, 9, 8), Layout.of([9, 9])
    >>> memory = Memory(layout.unpad(states), layout, states.mean(1))
    >>> decoder = CTCDecoder(nn.Linear(8, 20), SpecialSymbols(padding=0, unknown=1, start=2, end=3))
    >>> decoder.token_losses(Packed.of([[5, 6, 3], [7, 3]]), memory).shape
    torch.Size([2])

    Args:
        output: linear layer from hidden states to the vocabulary, with a bias.
        special: the special symbols of the vocabulary.

    Attributes:
        blank: id of the blank, which is the padding symbol.
        not_at_a_place: ids of the special symbols that may stand at no position; a text ends with the positions.

    Raises:
        ValueError: if the vocabulary has no padding.
    """

    def __init__(self, output: nn.Linear, special: SpecialSymbols) -> None:
        super().__init__()
        if special.padding is None:
            raise ValueError(f"padding serves as the blank, and there is none: {special}")
        self.output = output
        self.special = special
        self.blank = special.padding
        self.not_at_a_place = tuple(symbol for symbol in special.all if symbol != special.padding)

    @property
    def _bias(self) -> Float[Tensor, " V"]:
        """The bias of the output layer, with −∞ for symbols that may stand at no position."""
        bias = self.output.bias
        return bias.index_fill(0, torch.tensor(self.not_at_a_place, device=bias.device), float("-inf"))

    def loss(self, target: Packed, memory: Memory, weights: Float[Tensor, " B"] | None = None) -> Float[Tensor, ""]:
        """Σ_b w_b · −ln P(text b), in nats.

        A row without an alignment adds nothing: it has fewer positions than its text needs, or an unknown symbol.
        """
        texts = without_end(target)
        return ctc_loss(memory.states, memory.layout, self.output.weight, self._bias, texts, self.blank, weights)

    def token_losses(self, target: Packed, memory: Memory) -> Float[Tensor, " B"]:
        """−ln P(text) of each row in nats, infinite where there is no alignment. It has no gradient."""
        with torch.no_grad():
            return ctc_nats(
                memory.states, memory.layout, self.output.weight, self._bias, without_end(target), self.blank
            )

    def align(self, target: Packed, memory: Memory) -> Alignments:
        """The most probable alignment of each text, which ends with the end symbol; without a gradient."""
        with torch.no_grad():
            log_p = self.log_probabilities(memory)
            return best_alignments(log_p, memory.layout, without_end(target), self.blank)

    def log_probabilities(self, memory: Memory) -> Float[Tensor, "N V"]:
        """The natural logarithm of the probability of every symbol and of the blank at each position."""
        logits = F.linear(memory.states, self.output.weight, self._bias)
        return torch.log_softmax(logits.to(torch.promote_types(logits.dtype, torch.float32)), 1)

    def outputs(self, target: Packed, memory: Memory) -> Float[Tensor, "N V"]:
        """The unnormalised scores of every symbol at each position, whatever the target."""
        del target
        return self.output(memory.states)

    def start(self, memory: Memory) -> CTCState:
        """The state before the first token: one hypothesis per row of the memory, which writes nothing yet.

        Steps from here have no gradient; the decoder learns from :meth:`loss` alone.
        """
        with torch.no_grad():
            logits = F.linear(memory.states, self.output.weight, self._bias)
            places = PlaceProbabilities.of(logits, memory.layout, self.blank)
        rows = memory.layout.batch
        return CTCState(
            places,
            torch.arange(rows),
            memory.layout.lengths.new_full((rows,), self.special.start),
            torch.full_like(places.blanks, float("-inf")),
            places.blanks,
            places.blanks.new_zeros(rows),
        )

    def step(self, tokens: Int[Tensor, " R"], state: CTCState) -> tuple[Float[Tensor, "R V"], CTCState]:
        """The log-probabilities of each next token after ``tokens``, and the state after them.

        All hypotheses read the start symbol first, and together.
        """
        sentences, tokens = state.sentences.to(state.prefix.device), tokens.to(state.prefix.device)
        p_token = state.places.of_symbol(sentences, tokens)
        if not bool((tokens == self.special.start).all()):
            state = _extended(state, sentences, tokens, p_token)
        # Nothing can follow a prefix that is impossible.
        prefix = state.prefix.clamp_min(torch.finfo(torch.float64).min)[:, None]
        written = state.written - prefix
        scores = _next_symbols(state, written[:, :-1].exp())
        # A symbol is written twice in a row only if a blank stands between.
        again = ((state.in_blank[:, :-1] - prefix).exp() * p_token).sum(1, keepdim=True)
        scores.scatter_(1, state.last[:, None], again.to(scores.dtype))
        scores.log_()
        scores[:, self.blank] = float("-inf")
        scores[:, self.special.end] = written[:, -1]
        return scores, state


def _next_symbols(state: CTCState, chances: Float[Tensor, "R S"]) -> Float[Tensor, "R V"]:
    """Σ_t γ(g, t − 1) / ψ(g) · p_t(c) for each symbol c, by one matrix product for all hypotheses of a sentence."""
    symbols, layout = state.places.symbols, state.places.layout
    weights = F.threshold(chances.to(symbols.dtype), torch.finfo(symbols.dtype).tiny, 0.0)
    scores = symbols.new_empty((len(weights), symbols.shape[1]))
    starts, lengths = layout.starts.tolist(), layout.lengths.tolist()
    kept, counts = torch.unique_consecutive(state.sentences, return_counts=True)
    row = 0
    for sentence, count in zip(kept.tolist(), counts.tolist(), strict=True):
        begin, places, rows = starts[sentence], lengths[sentence], slice(row, row + count)
        torch.mm(weights[rows, :places], symbols[begin : begin + places], out=scores[rows])
        row += count
    return scores


def _extended(
    state: CTCState, sentences: Int[Tensor, " R"], tokens: Int[Tensor, " R"], p_token: Float[Tensor, "R S"]
) -> CTCState:
    """The state of g·c (Watanabe et al. 2017, algorithm 2), for all positions at once.

    γ_n(t) = (γ_n(t − 1) + φ_t) p_t is a sum of products, γ_n(t) = Σ_s φ_s p_s ⋯ p_t = P_t Σ_s φ_s / P_{s−1} with the
    products P_t = p_1 ⋯ p_t. These span too many orders of magnitude for anything but logarithms in float64.
    """
    # A probability below the smallest normal number counts as that number.
    log_p = p_token.clamp_min(torch.finfo(state.places.symbols.dtype).tiny).log_()
    before = torch.where((tokens == state.last)[:, None], state.in_blank, state.written)[:, :-1]
    # Nothing is written behind the end of a shorter sentence, where the smallest number would stand for no chance.
    lengths = state.places.layout.lengths.index_select(0, sentences)
    behind = torch.arange(before.shape[1], device=before.device) >= lengths[:, None]
    before = before.masked_fill(behind, float("-inf"))
    products = log_p.cumsum(1)
    in_symbol = products + torch.logcumsumexp(before - (products - log_p), 1)
    in_symbol = F.pad(in_symbol, (1, 0), value=float("-inf"))
    blanks = state.places.blanks.index_select(0, sentences)
    in_blank = blanks[:, 1:] + torch.logcumsumexp(in_symbol[:, :-1] - blanks[:, :-1], 1)
    in_blank = F.pad(in_blank, (1, 0), value=float("-inf"))
    prefix = torch.logsumexp(before + log_p, 1)
    return replace(state, last=tokens, in_symbol=in_symbol, in_blank=in_blank, prefix=prefix)


def without_end(target: Packed) -> Packed:
    """The rows without the end symbol with which each ends; a row of nothing else becomes empty.

    >>> without_end(Packed.of([[5, 6, 3], [3]])).rows()
    [[5, 6], []]
    """
    layout = target.layout
    kept = layout.positions < layout.lengths[layout.rows] - 1
    lengths = layout.lengths - 1
    starts = lengths.cumsum(0) - lengths
    inner = Layout(lengths, starts, layout.rows[kept], layout.positions[kept], layout.longest - 1)
    return Packed(target.values[kept], inner)
