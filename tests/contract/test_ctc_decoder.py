"""The decoder by alignment: its steps are the exact conditional distribution, and every search can use them."""

from __future__ import annotations

from itertools import groupby, product

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from dragoman.contracts import (
    DEFAULT_SYMBOLS,
    Beam,
    DecoderState,
    Ending,
    Layout,
    Memory,
    Packed,
    StepFunction,
    WritingDecoder,
)
from dragoman.decoders.ctc import CTCDecoder, without_end
from dragoman.errors import UnsupportedError
from dragoman.search.beam import beam_search
from dragoman.search.greedy import greedy_search
from dragoman.search.rules import SearchRules

END, NEVER_WRITTEN, START = DEFAULT_SYMBOLS.end, DEFAULT_SYMBOLS.never_written, DEFAULT_SYMBOLS.start

V, D = 9, 6
PLACES = [7, 4, 9, 5]
TARGETS = [[4, 5, 5, END], [8, END], [6, 6, 6, 7, END], [END]]


def decoder(dtype: torch.dtype = torch.float64, symbols: int = V) -> CTCDecoder:
    torch.manual_seed(1)
    return CTCDecoder(nn.Linear(D, symbols), DEFAULT_SYMBOLS).to(dtype)


def memory(places: list[int] = PLACES, dtype: torch.dtype = torch.float64, scale: float = 1.0) -> Memory:
    torch.manual_seed(2)
    states = torch.randn(sum(places), D, dtype=torch.float64).to(dtype) * scale
    return Memory(states, Layout.of(places), states[: len(places)])


def row_of(memory: Memory, row: int) -> Memory:
    states = memory.states.split(memory.layout.lengths.tolist())[row]
    return Memory(states, Layout.of([len(states)]), memory.final[row : row + 1])


def stepped(model: CTCDecoder, memory: Memory, targets: list[list[int]]) -> list[Tensor]:
    """The log-probability of each target token, by steps."""
    longest = max(len(row) for row in targets)
    padded = torch.tensor([row + [END + 1] * (longest - len(row)) for row in targets])
    tokens, state, parts = torch.full((len(targets),), START), model.start(memory), []
    for position in range(longest):
        scores, state = model.step(tokens, state)
        parts.append(scores.gather(1, padded[:, position : position + 1])[:, 0])
        tokens = padded[:, position].masked_fill(padded[:, position] == END, END + 1)
    return [values[: len(row)] for values, row in zip(torch.stack(parts, 1), targets, strict=True)]


def texts_of(model: CTCDecoder, memory: Memory) -> dict[tuple[int, ...], float]:
    """The probability of every text, summed over all alignments of the one row."""
    bias = model.output.bias.index_fill(0, torch.tensor([1, 2, 3]), float("-inf"))
    log_p = torch.log_softmax(F.linear(memory.states, model.output.weight, bias), 1).detach()
    places = len(log_p)
    sums: dict[tuple[int, ...], float] = {}
    for path in product([0, *range(4, log_p.shape[1])], repeat=places):
        text = tuple(symbol for symbol, _ in groupby(path) if symbol)
        sums[text] = sums.get(text, 0.0) + float(log_p[torch.arange(places), list(path)].sum().exp())
    return sums


def test_it_is_a_writing_decoder() -> None:
    model = decoder()
    assert isinstance(model, WritingDecoder)
    assert isinstance(model.step, StepFunction)
    assert isinstance(model.start(memory()), DecoderState)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64], ids=str)
def test_shapes_and_types(dtype: torch.dtype) -> None:
    """Log-probabilities are never rounded to bfloat16."""
    model, seen = decoder(dtype), memory(dtype=dtype)
    exact = torch.promote_types(dtype, torch.float32)
    scores, _ = model.step(torch.full((4,), START), model.start(seen))
    assert scores.shape == (4, V)
    assert scores.dtype == exact
    assert model.loss(Packed.of(TARGETS), seen).dtype == exact
    assert model.token_losses(Packed.of(TARGETS), seen).shape == (4,)


def test_steps_are_the_conditional_probabilities_of_all_texts() -> None:
    model, seen = decoder(symbols=6), memory([4])
    texts = texts_of(model, seen)
    assert sum(texts.values()) == pytest.approx(1)
    for prefix in [(), (4,), (5,), (4, 4), (5, 4), (4, 5, 4)]:
        tokens, state = START, model.start(seen)
        for token in prefix:
            _, state = model.step(torch.tensor([tokens]), state)
            tokens = token
        scores, _ = model.step(torch.tensor([tokens]), state)
        begun = sum(p for text, p in texts.items() if text[: len(prefix)] == prefix)
        assert float(scores[0, END].exp()) == pytest.approx(texts[prefix] / begun)
        for symbol in (4, 5):
            longer = (*prefix, symbol)
            expected = sum(p for text, p in texts.items() if text[: len(longer)] == longer) / begun
            assert float(scores[0, symbol].exp()) == pytest.approx(expected)
        assert scores[0, list(NEVER_WRITTEN)].isneginf().all()


def test_scores_are_normalised() -> None:
    model = decoder()
    tokens, state = torch.full((4,), START), model.start(memory())
    for _ in range(3):
        scores, state = model.step(tokens, state)
        assert torch.allclose(scores.logsumexp(1), torch.zeros(4, dtype=torch.float64), atol=1e-12)
        tokens = scores[:, END + 1 :].argmax(1) + END + 1


def test_loss_equals_steps() -> None:
    model, seen, target = decoder(), memory(), Packed.of(TARGETS)
    by_steps = torch.stack([row.sum() for row in stepped(model, seen, TARGETS)])
    assert torch.allclose(model.token_losses(target, seen), -by_steps, atol=1e-10)
    assert torch.allclose(model.loss(target, seen), -by_steps.sum(), atol=1e-10)


@pytest.mark.parametrize("scale", [0.1, 3.0])
def test_long_lines_do_not_underflow(scale: float) -> None:
    places, targets = [400, 310], [[4 + k % 5 for k in range(100)] + [END], [7, 7, 4] * 40 + [END]]
    model, seen = decoder(torch.float32), memory(places, torch.float32, scale)
    by_steps = torch.stack([row.double().sum() for row in stepped(model, seen, targets)])
    assert torch.allclose(model.token_losses(Packed.of(targets), seen), -by_steps, atol=1e-4, rtol=0)


@given(st.integers(1, 6), st.lists(st.integers(END + 1, V - 1), max_size=7), st.floats(0.1, 30))
def test_any_text_has_the_probability_of_its_steps(places: int, text: list[int], scale: float) -> None:
    """Zero too, where there are too few places for it."""
    model, seen, target = decoder(), memory([places], scale=scale), [*text, END]
    nats = model.token_losses(Packed.of([target]), seen)
    by_steps = -stepped(model, seen, [target])[0].sum()
    assert not nats.isnan()
    assert torch.allclose(by_steps, nats[0], rtol=1e-9)


def test_batch_of_one_equals_batch_of_n() -> None:
    """Also shows that padding changes nothing: alone, a row has none."""
    model, seen = decoder(), memory()
    together = stepped(model, seen, TARGETS)
    measured = model.token_losses(Packed.of(TARGETS), seen)
    for row, target in enumerate(TARGETS):
        alone = row_of(seen, row)
        assert torch.allclose(stepped(model, alone, [target])[0], together[row], atol=1e-12)
        assert torch.allclose(model.token_losses(Packed.of([target]), alone)[0], measured[row], atol=1e-12)


def test_selected_state_goes_on_as_if_it_had_been_alone() -> None:
    """Repeated, reordered and dropped rows, also in groups of unequal size; the big table is never copied."""
    model, seen = decoder(), memory()
    _, state = model.step(torch.full((4,), START), model.start(seen))
    for rows in ([0, 0, 1, 1, 2, 2, 3, 3], [3, 1], [2, 2, 2], [1, 3, 3, 0], [0, 1, 0]):
        chosen = state.select(torch.tensor(rows)).select(torch.arange(len(rows)))
        assert chosen.places.symbols is state.places.symbols
        tokens = torch.tensor([4 + place % 5 for place in range(len(rows))])
        scores, after = model.step(tokens, chosen)
        again, _ = model.step(tokens, after)
        for place, row in enumerate(rows):
            _, alone = model.step(torch.tensor([START]), model.start(row_of(seen, row)))
            one = tokens[place : place + 1]
            expected, alone = model.step(one, alone)
            assert torch.allclose(scores[place], expected[0], atol=1e-12)
            assert torch.allclose(again[place], model.step(one, alone)[0][0], atol=1e-12)


def test_step_leaves_the_old_state_usable() -> None:
    model = decoder()
    _, state = model.step(torch.full((4,), START), model.start(memory()))
    first, _ = model.step(torch.tensor([5, 6, 7, 8]), state)
    again, _ = model.step(torch.tensor([5, 6, 7, 8]), state)
    assert first.equal(again)


def test_what_is_no_number_is_refused_by_a_search() -> None:
    model, seen = decoder(), memory()
    with torch.no_grad():
        model.output.bias[5] = float("nan")
    with pytest.raises(UnsupportedError, match="not numbers"):
        greedy_search(model.step, model.start(seen), SearchRules(START, END, [9] * 4, forbidden=NEVER_WRITTEN))


def test_end_symbols_are_taken_off() -> None:
    inner = without_end(Packed.of(TARGETS))
    assert inner.rows() == [row[:-1] for row in TARGETS]
    assert inner.layout.longest == 4
    assert inner.layout.starts.tolist() == [0, 3, 4, 8]


def test_numeric_gradient_and_symbols_without_a_place_are_left_alone() -> None:
    model, seen, target = decoder(), memory([4, 3]), Packed.of([[4, 4, END], [8, END]])

    class Loss(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.decoder = model

        def forward(self, states: Tensor) -> Tensor:
            return self.decoder.loss(target, Memory(states, seen.layout, seen.final))

    def loss(states: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        parameters = {"decoder.output.weight": weight, "decoder.output.bias": bias}
        return torch.func.functional_call(Loss(), parameters, (states,))

    inputs = [t.detach().clone().requires_grad_() for t in (seen.states, model.output.weight, model.output.bias)]
    assert torch.autograd.gradcheck(loss, inputs, fast_mode=True)
    model.loss(target, seen).backward()
    for gradient in (model.output.weight.grad, model.output.bias.grad):
        assert gradient is not None
        assert (gradient[1:4] == 0).all()
        assert (gradient[[0, 4, 8]] != 0).all()


def test_it_learns_what_it_reads() -> None:
    """A few steps of training, and greedy search writes the targets."""
    model, seen, target = decoder(torch.float32), memory(dtype=torch.float32), Packed.of(TARGETS)
    states = nn.Parameter(seen.states.clone())
    optimizer = torch.optim.Adam([states, *model.parameters()], lr=0.1)
    for _ in range(60):
        optimizer.zero_grad()
        model.loss(target, Memory(states, seen.layout, seen.final)).backward()
        optimizer.step()
    state = model.start(Memory(states.detach(), seen.layout, seen.final))
    found = greedy_search(model.step, state, SearchRules(START, END, [9] * 4, forbidden=NEVER_WRITTEN))
    assert [h.tokens for h in found] == [row[:-1] for row in TARGETS]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64], ids=str)
def test_greedy_search_scores_what_it_writes(dtype: torch.dtype) -> None:
    model, seen = decoder(dtype), memory(dtype=dtype)
    found = greedy_search(model.step, model.start(seen), SearchRules(START, END, [12] * 4, forbidden=NEVER_WRITTEN))
    assert all(hypothesis.ending is Ending.COMPLETE for hypothesis in found)
    nats = model.token_losses(Packed.of([[*h.tokens, END] for h in found]), seen)
    assert [h.log_probability for h in found] == pytest.approx((-nats).tolist(), abs=1e-5)


def test_a_beam_as_wide_as_everything_finds_the_best_texts() -> None:
    """Of two sentences with unequal numbers of places, each by enumeration of all its texts."""
    model, seen = decoder(symbols=7), memory([4, 3])
    found = beam_search(
        model.step,
        model.start(seen),
        Beam(150, 0.0),
        SearchRules(START, END, [5, 5], 20, NEVER_WRITTEN),
    )
    for row, hypotheses in enumerate(found):
        texts = texts_of(model, row_of(seen, row))
        best = sorted(texts, key=lambda text: -texts[text])[:20]
        assert [tuple(h.tokens) for h in hypotheses] == best
        assert [h.log_probability for h in hypotheses] == pytest.approx(
            [float(torch.tensor(texts[text], dtype=torch.float64).log()) for text in best]
        )


def test_a_narrow_beam_of_many_sentences_scores_what_it_writes() -> None:
    model, seen = decoder(torch.float32), memory(dtype=torch.float32)
    found = beam_search(
        model.step,
        model.start(seen),
        Beam(3, 0.0),
        SearchRules(START, END, [9, 2, 9, 9], 2, NEVER_WRITTEN),
    )
    for row, hypotheses in enumerate(found):
        for hypothesis in hypotheses:
            if hypothesis.ending is Ending.COMPLETE:
                target = Packed.of([[*hypothesis.tokens, END]])
                nats = float(model.token_losses(target, row_of(seen, row))[0])
                assert hypothesis.log_probability == pytest.approx(-nats, abs=1e-4)
