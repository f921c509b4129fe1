"""Conditional random fields: every sum and every maximum over sequences equals enumeration."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from dragoman.contracts import Layout
from dragoman.layers.conditional_random_field import (
    Transitions,
    best_sequences,
    forward_equations,
    forward_variables,
    log_partition,
    marginals,
    sequence_loss,
    sequence_scores,
    tag_nats,
)
from dragoman.layers.recurrent.time_major import TimeMajor

CLOSE = {"atol": 1e-10, "rtol": 0.0}


def case(tags: int, lengths: list[int], seed: int, *, limited: bool = False) -> tuple[Tensor, Layout, Transitions]:
    """Random scores of some texts; where they are limited, some transitions are not allowed."""
    draw = torch.Generator().manual_seed(seed)
    layout = Layout.of(lengths)
    emissions = 3 * torch.randn(layout.tokens, tags, generator=draw, dtype=torch.float64)
    scores = Transitions(*(2 * torch.randn(*shape, generator=draw).double() for shape in ([tags], [tags] * 2, [tags])))
    if limited:
        scores.first[1] = scores.following[0, 1] = scores.following[2, 2] = scores.last[0] = -torch.inf
    return emissions, layout, scores


def enumerated(emissions: Tensor, scores: Transitions) -> tuple[Tensor, Tensor]:
    """All sequences of tags of one text in order, and the score of each."""
    words, tags = emissions.shape
    sequences = torch.tensor(list(itertools.product(range(tags), repeat=words)))
    totals = scores.first[sequences[:, 0]] + scores.last[sequences[:, -1]]
    for word in range(words):
        totals = totals + emissions[word, sequences[:, word]]
        if word:
            totals = totals + scores.following[sequences[:, word - 1], sequences[:, word]]
    return sequences, totals


CASES = [(2, [1, 5, 3, 5], False), (3, [4, 1, 2], True), (4, [2, 5, 1], True), (5, [3, 3], False)]


@pytest.mark.parametrize(("tags", "lengths", "limited"), CASES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_sums_and_maxima_over_all_sequences(tags: int, lengths: list[int], limited: bool, seed: int) -> None:
    emissions, layout, scores = case(tags, lengths, seed, limited=limited)
    true = torch.randint(0, tags, (layout.tokens,), generator=torch.Generator().manual_seed(seed))
    total, shares = log_partition(emissions, layout, scores), marginals(emissions, layout, scores)
    nats, own = tag_nats(emissions, layout, scores, true), sequence_scores(emissions, layout, scores, true)
    found = best_sequences(emissions, layout, scores, count=9)
    for row, (begin, length) in enumerate(zip(layout.starts.tolist(), lengths, strict=True)):
        words = slice(begin, begin + length)
        sequences, totals = enumerated(emissions[words], scores)
        log_z = torch.logsumexp(totals, 0)
        p = (totals - log_z).exp()
        assert torch.allclose(total[row], log_z, **CLOSE)
        wanted = torch.stack([(p[:, None] * (sequences == tag)).sum(0) for tag in range(tags)], 1)
        assert torch.allclose(shares[words], wanted, **CLOSE)
        place = int((sequences == true[words]).all(1).nonzero())
        assert torch.allclose(own[row], totals[place], **CLOSE)
        assert torch.allclose(nats[words].sum(), log_z - totals[place], **CLOSE)
        order = totals.argsort(descending=True)[:9]
        order = order[totals[order] > -torch.inf]
        assert torch.allclose(found.scores[row, : len(order)], totals[order], **CLOSE)
        assert found.tags[words, : len(order)].t().equal(sequences[order])
        assert (found.scores[row, len(order) :] == -torch.inf).all()


@pytest.mark.parametrize("limited", [False, True])
def test_each_tag_is_predicted_from_those_before_it(limited: bool) -> None:
    emissions, layout, scores = case(3, [4], 5, limited=limited)
    true = torch.tensor([2, 1, 2, 1])
    sequences, totals = enumerated(emissions, scores)
    nats = tag_nats(emissions, layout, scores, true)
    for word in range(4):
        begun = (sequences[:, :word] == true[:word]).all(1)
        goes_on = begun & (sequences[:, word] == true[word])
        assert torch.allclose(nats[word], totals[begun].logsumexp(0) - totals[goes_on].logsumexp(0), **CLOSE)


def test_the_gradient_is_the_numeric_one() -> None:
    emissions, layout, scores = case(3, [3, 1], 7, limited=True)
    true, weights = torch.tensor([0, 2, 1, 2]), torch.tensor([2.0, 0.5]).double()
    parts = [part.clone().requires_grad_() for part in (emissions, *scores)]

    def loss(emissions: Tensor, *scores: Tensor) -> Tensor:
        return sequence_loss(emissions, layout, Transitions(*scores), true, weights)

    assert torch.autograd.gradcheck(loss, parts, check_undefined_grad=False)
    nats = log_partition(emissions, layout, scores) - sequence_scores(emissions, layout, scores, true)
    assert torch.allclose(loss(*parts).detach(), nats @ weights, **CLOSE)


def test_the_fast_path_equals_the_equations_also_where_it_cannot_be_used() -> None:
    emissions, layout, scores = case(4, [6, 2, 9], 8, limited=True)
    for backwards in (False, True):
        time = TimeMajor.of(layout, backwards=backwards)
        arranged = time.arrange(emissions)
        assert torch.allclose(
            forward_variables(arranged, scores, time), forward_equations(arranged, scores, time), **CLOSE
        )
    # Tag 0 is better by far at the first word, and nothing may follow it.
    layout, true = Layout.of([2]), torch.tensor([1, 1])
    emissions = torch.tensor([[2000.0, 0.0], [0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    dead = Transitions(torch.zeros(2), torch.tensor([[-torch.inf, -torch.inf], [0.0, 1.0]]), torch.zeros(2))
    loss = sequence_loss(emissions, layout, dead, true)
    loss.backward()
    p = torch.sigmoid(torch.tensor(1.0, dtype=torch.float64))
    assert torch.allclose(loss.detach(), -p.log(), **CLOSE)
    assert emissions.grad is not None
    assert torch.allclose(emissions.grad, torch.tensor([[0, 0], [1 - p, p - 1]], dtype=torch.float64), **CLOSE)


def test_each_text_alone_equals_the_batch_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    emissions, layout, scores = case(4, [3, 7, 1, 7, 2], 9)
    whole = best_sequences(emissions, layout, scores, count=3)
    order = torch.tensor([4, 1, 0, 3, 2])
    other, words = layout.select(order)
    monkeypatch.setattr("dragoman.layers.conditional_random_field._LARGEST_STEP", 100)  # two texts at a time
    moved = best_sequences(emissions[words], other, scores, count=3)
    existing = whole.scores[order][other.rows] > -torch.inf
    assert torch.allclose(moved.scores, whole.scores[order], **CLOSE)
    assert torch.equal(moved.tags[existing], whole.tags[words][existing])
    assert torch.allclose(marginals(emissions[words], other, scores), marginals(emissions, layout, scores)[words])


def test_what_is_not_a_number_is_not_hidden() -> None:
    emissions, layout, scores = case(3, [2, 2], 1)
    emissions[3, 1] = torch.nan
    true = torch.zeros(4, dtype=torch.int64)
    assert log_partition(emissions, layout, scores).isnan().tolist() == [False, True]
    assert tag_nats(emissions, layout, scores, true)[2:].isnan().any()
    assert sequence_loss(emissions, layout, scores, true).isnan()
