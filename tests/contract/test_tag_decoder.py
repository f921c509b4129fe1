"""What the decoders to tags must do."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F

from dragoman.contracts import Decoder, Layout, Memory, TaggingDecoder, Tags
from dragoman.decoders.tags import TagDecoder
from dragoman.decoders.tags_conditional_random_field import RandomFieldDecoder
from dragoman.decoders.word_scores import WordScores
from dragoman.text.tag_scheme import span_transitions

TARGET = Tags.of([[0, 2], [1], [2, 1, 0]], first=[[0, 3], [1], [0, 1, 2]])
LAYOUT = Layout.of([5, 2, 4])


def memory(dtype: torch.dtype = torch.float32) -> Memory:
    states = torch.randn(11, 6, generator=torch.Generator().manual_seed(0)).to(dtype)
    return Memory(states, LAYOUT, LAYOUT.mean(states))


def decoder(smoothing: float = 0.0) -> TagDecoder:
    torch.manual_seed(0)
    made = TagDecoder(6, 3, smoothing)
    torch.nn.init.normal_(made.bias)
    return made


def random_field(*, limited: bool = False) -> RandomFieldDecoder:
    torch.manual_seed(0)
    made = RandomFieldDecoder(6, 3, span_transitions(["B-X", "I-X", "O"]) if limited else None)
    for parameter in (made.bias, *made.transitions.parameters()):
        torch.nn.init.normal_(parameter)
    return made


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_loss_is_the_cross_entropy_at_the_first_token_of_each_word(smoothing: float) -> None:
    made = decoder(smoothing)
    assert isinstance(made, Decoder)
    places = torch.tensor([0, 3, 6, 7, 8, 9])
    log_p = torch.log_softmax(made(memory())[places], 1)
    wanted = (1 - smoothing) * F.one_hot(TARGET.values, 3) + smoothing / 3
    assert torch.allclose(made.loss(TARGET, memory()), -(wanted * log_p).sum())
    measured = made.token_losses(TARGET, memory())
    assert not measured.requires_grad
    assert torch.allclose(measured, -log_p[torch.arange(6), TARGET.values], atol=1e-6)


@pytest.mark.parametrize("made", [decoder(), random_field()], ids=["softmax", "random field"])
def test_each_text_alone_equals_the_batch(made: WordScores) -> None:
    assert isinstance(made, TaggingDecoder)
    whole = memory()
    rows = torch.split(made.scores(TARGET, whole), [2, 1, 3])
    for row in range(3):
        layout, places = LAYOUT.select(torch.tensor([row]))
        states = whole.states[places]
        alone = made.scores(TARGET.select(torch.tensor([row])), Memory(states, layout, states[:1]))
        assert torch.allclose(alone, rows[row], atol=1e-6)
    scores, words = made.scores(TARGET, whole), TARGET.layout
    (tags, log_p), shares = made.best(scores, words, 3), made.probabilities(scores, words)
    assert (tags.shape, log_p.shape, shares.shape) == ((6, 3), (3, 3), (6, 3))
    assert torch.allclose(shares.sum(1), torch.ones(6, dtype=shares.dtype))
    for rank in range(3):
        nats = torch.zeros(3, dtype=log_p.dtype).index_add(
            0, words.rows, made.nats(scores, words, tags[:, rank]).to(log_p)
        )
        assert torch.allclose(nats, -log_p[:, rank], atol=1e-5)


def test_tags_go_where_their_texts_go() -> None:
    moved = TARGET.to("cpu").select(torch.tensor([2, 0]))
    assert moved.values.tolist() == [2, 1, 0, 0, 2]
    assert moved.places(Layout.of([4, 5])).tolist() == [0, 1, 2, 4, 7]
    assert (moved.units, moved.unit_counts.tolist()) == (5, [3, 2])


def test_a_random_field_without_transitions_is_softmax_regression() -> None:
    made, field = decoder(), random_field()
    for parameter in field.transitions.parameters():
        torch.nn.init.zeros_(parameter)
    field.load_state_dict(made.state_dict(), strict=False)
    for measured in ("loss", "token_losses"):
        one, other = (getattr(decoder, measured)(TARGET, memory()) for decoder in (made, field))
        assert torch.allclose(one, other, atol=1e-6)
    scores, words = made.scores(TARGET, memory()), TARGET.layout
    for one, other in zip(made.best(scores, words, 5), field.best(scores, words, 5), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_a_limited_random_field_gives_nothing_to_what_is_not_allowed() -> None:
    field, states = random_field(limited=True), memory()
    tags = Tags.of([[0, 2], [1], [2, 1, 0]], first=[[0, 3], [1], [0, 1, 2]])
    losses = field.token_losses(tags, states)
    assert losses.isinf().tolist() == [False, False, True, False, True, False]  # I at the beginning, and behind O
    possible = Tags.of([[0, 1], [2], [2, 0, 1]], first=[[0, 3], [1], [0, 1, 2]])
    field.loss(possible, states).backward()
    gradient = field.transitions.following.grad
    assert gradient is not None
    assert gradient[2, 1] == 0
    assert torch.allclose(field.loss(possible, states), field.token_losses(possible, states).sum(), atol=1e-5)
    chosen = field.best(field.scores(tags, states) + torch.tensor([0.0, 50.0, 0.0]), tags.layout)[0]
    assert chosen[:, 0].tolist()[:2] == [0, 1]  # B first, though I is better by itself


@pytest.mark.parametrize("made", [decoder(0.1), random_field()], ids=["softmax", "random field"])
def test_losses_in_bfloat16_are_float32(made: WordScores) -> None:
    exact = made.loss(TARGET, memory())
    made = copy.deepcopy(made).to(torch.bfloat16)
    rough = made.loss(TARGET, memory(torch.bfloat16))
    assert rough.dtype == made.token_losses(TARGET, memory(torch.bfloat16)).dtype == torch.float32
    assert torch.allclose(rough, exact, rtol=0.03)


def ring(count: int, seed: int) -> tuple[Memory, Tags]:
    """Texts whose tags go round in a ring of 4, seldom otherwise, with words that stand for two tags each."""
    draw = torch.Generator().manual_seed(seed)
    lengths = torch.randint(4, 10, (count,), generator=draw).tolist()
    rows, words = [], []
    for length in lengths:
        steps = torch.where(torch.rand(length, generator=draw) < 0.9, 1, torch.randint(0, 4, (length,), generator=draw))
        tags = (torch.randint(0, 4, (), generator=draw) + steps.cumsum(0)) % 4
        partners = (tags + 1 + torch.randint(0, 2, (length,), generator=draw)) % 4
        rows.append(tags.tolist())
        words += (4 * torch.minimum(tags, partners) + torch.maximum(tags, partners)).tolist()
    layout = Layout.of(lengths)
    states = torch.nn.functional.one_hot(torch.tensor(words), 16).float()
    return Memory(states, layout, layout.mean(states)), Tags.of(rows, [list(range(length)) for length in lengths])


def test_a_random_field_learns_what_only_neighbours_tell() -> None:
    training, test = ring(60, seed=1), ring(60, seed=2)
    right = []
    for made in (TagDecoder(16, 4), RandomFieldDecoder(16, 4)):
        for _ in range(40):
            made.zero_grad()
            made.loss(training[1], training[0]).backward()
            for parameter in made.parameters():
                assert parameter.grad is not None
                parameter.data -= 0.01 * parameter.grad
        best, _ = made.best(made.scores(test[1], test[0]), test[1].layout)
        right.append(float((best[:, 0] == test[1].values).float().mean()))
    assert right[1] > right[0] + 0.1
    assert right[1] > 0.9
