"""What every language model must do, whatever it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from dragoman.contracts import Packed, TextBatch, TextSize
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, load_model, save_model
from dragoman.model.language_model import LanguageModel
from dragoman.recipe import recipe_from
from dragoman.recipe.architecture import ModelRecipe
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

V = 23
TEXTS = [[5, 6, 7, 3], [8, 9, 3], [10, 3], [11, 12, 13, 14, 15, 3]]
DECODERS: dict[str, dict[str, Any]] = {
    "transformer": {"layers": 2, "width": 16, "feed_forward": 24, "heads": 4},
    "learned positions": {"layers": 1, "width": 16, "heads": 2, "positions": "learned", "norm": "post"},
    "all switches": {
        **{"layers": 2, "width": 16, "heads": 4, "activation": "squared_relu", "positions": "rotary"},
        **{"query_key_norm": True, "embedding_shortcut": True},
    },
    "rnn": {"kind": "rnn", "width": 16},
    "relu rnn": {"kind": "rnn", "width": 16, "activation": "relu"},
    "gru": {"kind": "gru", "width": 16, "layers": 2},
    "gru reset before": {"kind": "gru", "width": 12, "embedding_width": 16, "reset": "before"},
    "lstm": {"kind": "lstm", "width": 16, "layers": 2, "residual": True},
}


def recipe(decoder: dict[str, Any], **values: Any) -> ModelRecipe:
    return ModelRecipe.model_validate({"encoder": {"kind": "none"}, "decoder": decoder, **values})


@pytest.fixture(params=list(DECODERS))
def decoder(request: pytest.FixtureRequest) -> dict[str, Any]:
    return DECODERS[request.param]


@pytest.fixture
def model(decoder: dict[str, Any]) -> LanguageModel:
    made = build(recipe(decoder), TextSize(V), TextSize(V), seed=1)
    assert isinstance(made, LanguageModel)
    return made.eval()


def batch(rows: slice = slice(None)) -> TextBatch:
    target = Packed.of(TEXTS[rows])
    return TextBatch(target.shifted(2), target, False, torch.arange(len(TEXTS[rows])))


def logits(model: LanguageModel, data: TextBatch) -> torch.Tensor:
    return model.decoder.output(model(data)[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64], ids=str)
def test_shapes_and_dtype(model: LanguageModel, dtype: torch.dtype) -> None:
    model.to(dtype)
    found = logits(model, batch())
    assert found.shape == (sum(map(len, TEXTS)), V)
    assert found.dtype == dtype
    scores, state = model.step(torch.tensor([2, 2, 2]), model.start(3))
    assert scores.shape == (3, V)
    one, _ = model.step(torch.tensor([4]), state.select(torch.tensor([1])))
    assert one.shape == (1, V)
    assert torch.isfinite(one).all()


def test_every_weight_moves_in_a_step(model: LanguageModel) -> None:
    model.train()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    loss, _ = model.loss(batch())
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=1.0).step()
    for name, parameter in model.named_parameters():
        assert not parameter.equal(before[name]), f"{name} did not move"


def test_forward_equals_step(model: LanguageModel) -> None:
    model.double()
    whole = logits(model, batch()).split([len(text) for text in TEXTS])
    for text, rows in zip(TEXTS, whole, strict=True):
        state = model.start(1)
        for symbol, expected in zip([2, *text[:-1]], rows, strict=True):
            scores, state = model.step(torch.tensor([symbol]), state)
            assert torch.allclose(scores[0], expected, atol=1e-10)


def test_batch_of_one_equals_batch_of_n(model: LanguageModel) -> None:
    model.double()
    together = logits(model, batch()).split([len(text) for text in TEXTS])
    for index, rows in enumerate(together):
        assert torch.allclose(rows, logits(model, batch(slice(index, index + 1))), atol=1e-10)


def test_selected_state_goes_on_as_if_it_had_been_alone(model: LanguageModel) -> None:
    model.double()
    _, state = model.step(torch.tensor([5, 6, 7]), model.start(3))
    scores, _ = model.step(torch.tensor([8, 9, 10]), state.select(torch.tensor([2, 0, 0])))
    for place, (first, second) in enumerate([(7, 8), (5, 9), (5, 10)]):
        _, alone = model.step(torch.tensor([first]), model.start(1))
        expected, _ = model.step(torch.tensor([second]), alone)
        assert torch.allclose(scores[place], expected[0], atol=1e-10)


def test_the_future_does_not_change_the_past(model: LanguageModel) -> None:
    one, other = (
        TextBatch(Packed.of([text]).shifted(2), Packed.of([text]), False, torch.zeros(1, dtype=torch.int64))
        for text in ([6, 5, 9, 3], [6, 5, 4, 4])
    )
    assert torch.allclose(logits(model, one)[:3], logits(model, other)[:3], atol=1e-6)


def test_a_text_in_two_batches_equals_one(model: LanguageModel) -> None:
    """A recurrent state is carried over; a Transformer carries nothing, so its second batch begins anew."""
    model.double()
    text = torch.tensor([[5, 6, 7, 8, 9, 10], [10, 11, 12, 13, 14, 15]])
    before = torch.cat([torch.full((2, 1), 2), text[:, :-1]], 1)

    def part(columns: slice, follows: bool) -> TextBatch:
        inputs, target = (Packed.of(side[:, columns].tolist()) for side in (before, text))
        return TextBatch(inputs, target, follows, torch.arange(2))

    whole, _ = model.loss(part(slice(None), False))
    first, carried = model.loss(part(slice(0, 3), False))
    second, _ = model.loss(part(slice(3, 6), True), carried)
    anew, _ = model.loss(part(slice(3, 6), False), carried)
    assert not any(state.requires_grad for state in carried)
    if carried:
        assert torch.allclose(first + second, whole, atol=1e-9)
        assert not torch.allclose(second, anew)
    else:
        assert second.equal(anew)


def test_save_and_load(decoder: dict[str, Any], tmp_path: Path) -> None:
    tokenizer = Tokenizer.train(["a b c"] * 3, vocabulary_size=300)
    whole = recipe_from({"model": recipe(decoder).model_dump()})
    model = build(whole.model, TextSize(tokenizer.size), TextSize(tokenizer.size), seed=5).to(torch.bfloat16).eval()
    codec = Codec(tokenizer)
    save_model(tmp_path / "model", LoadedModel(model, whole, codec, codec), {"card.md": "# A model"})
    loaded = load_model(tmp_path / "model")
    assert loaded.recipe == whole
    assert logits(loaded.model, batch()).equal(logits(model.float(), batch()))


def test_the_measured_loss_is_the_loss_without_smoothing(model: LanguageModel) -> None:
    model.double()
    loss, _ = model.loss(batch())
    model.decoder.output.smoothing = 0.3
    assert model.token_losses(batch()).sum().item() == pytest.approx(loss.item())


def test_numeric_gradient_of_the_whole_model(decoder: dict[str, Any]) -> None:
    narrow = {"embedding_width": 3} if "kind" in decoder else {"heads": 2, "feed_forward": 3}
    few = {"max_positions": 4} if decoder.get("positions") == "learned" else {}
    small = {**decoder, "width": 4, **narrow, **few}
    model = build(recipe(small, tie="none"), TextSize(7), TextSize(7), seed=3).double().eval()
    data = TextBatch(Packed.of([[2, 5], [2, 4, 6]]), Packed.of([[5, 3], [4, 6, 3]]), False, torch.arange(2))
    names = [name for name, _ in model.named_parameters()]

    def loss(*values: torch.Tensor) -> torch.Tensor:
        weights = dict(zip(names, values, strict=True))
        states, _ = torch.func.functional_call(model, weights, (data,))
        scores = states @ weights["decoder.output.weight"].t()
        return -torch.log_softmax(scores, -1)[torch.arange(5), data.target.values].sum()

    assert torch.autograd.gradcheck(
        loss, tuple(p.detach().clone().requires_grad_() for p in model.parameters()), fast_mode=True
    )
