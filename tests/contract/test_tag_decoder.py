"""What the decoder to tags must do."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from dragoman.contracts import Decoder, Layout, Memory, Tags
from dragoman.decoders.tags import TagDecoder

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


def test_each_text_alone_equals_the_batch() -> None:
    made, whole = decoder(), memory()
    rows = torch.split(made.scores(TARGET, whole), [2, 1, 3])
    for row in range(3):
        layout, places = LAYOUT.select(torch.tensor([row]))
        states = whole.states[places]
        alone = made.scores(TARGET.select(torch.tensor([row])), Memory(states, layout, states[:1]))
        assert torch.allclose(alone, rows[row], atol=1e-6)


def test_tags_go_where_their_texts_go() -> None:
    moved = TARGET.to("cpu").select(torch.tensor([2, 0]))
    assert moved.values.tolist() == [2, 1, 0, 0, 2]
    assert moved.places(Layout.of([4, 5])).tolist() == [0, 1, 2, 4, 7]
    assert (moved.units, moved.unit_counts.tolist()) == (5, [3, 2])


def test_losses_in_bfloat16_are_float32() -> None:
    made = decoder(0.1)
    exact = made.loss(TARGET, memory())
    rough = made.to(torch.bfloat16).loss(TARGET, memory(torch.bfloat16))
    assert rough.dtype == made.token_losses(TARGET, memory(torch.bfloat16)).dtype == torch.float32
    assert torch.allclose(rough, exact, rtol=0.03)
