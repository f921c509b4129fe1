"""What every encoder and decoder must do, whatever it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from dragoman.contracts import DEFAULT_SYMBOLS, Batch, Packed, TextSize
from dragoman.errors import InputError
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel, load_model, save_model
from dragoman.model.hidden_matrices import hidden_matrices
from dragoman.recipe import Recipe
from dragoman.recipe.architecture import ModelRecipe, TransformerRecipe
from dragoman.recipe.training import OptimizerRecipe
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer
from dragoman.training.optimizer import build_optimizer
from dragoman.training.parameters import FlatParameters

START = DEFAULT_SYMBOLS.start

V = 23
SOURCES = [[5, 6, 7, 3], [8, 9, 3], [10, 3], [11, 12, 13, 14, 15, 3]]
TARGETS = [[6, 5, 3], [9, 8, 7, 6, 3], [20, 3], [7, 7, 3]]


def recipe(tie: str = "all", **values: Any) -> ModelRecipe:
    stack = TransformerRecipe(layers=2, width=16, feed_forward=24, heads=4, **values)
    return ModelRecipe(encoder=stack, decoder=stack, tie=tie)


def mixed(encoder: dict[str, Any], decoder: dict[str, Any], tie: str = "decoder") -> ModelRecipe:
    return ModelRecipe.model_validate({"encoder": encoder, "decoder": decoder, "tie": tie})


TRANSFORMER = {"layers": 2, "width": 16, "feed_forward": 24, "heads": 4}
ENCODERS: dict[str, dict[str, Any]] = {
    "transformer": TRANSFORMER,
    "rnn": {"kind": "rnn", "width": 16},
    "relu rnn": {"kind": "rnn", "width": 16, "activation": "relu"},
    "gru": {"kind": "gru", "width": 16},
    "gru reset before": {"kind": "gru", "width": 16, "reset": "before", "bidirectional": True},
    "deep residual lstm": {"kind": "lstm", "width": 16, "layers": 3, "residual": True},
    "bidirectional lstm": {"kind": "lstm", "width": 8, "layers": 2, "bidirectional": True, "embedding_width": 12},
    "convolution": {"kind": "convolution", "width": 16, "layers": 2},
}
DECODERS: dict[str, dict[str, Any]] = {
    "transformer": TRANSFORMER,
    "rnn without attention": {"kind": "rnn", "width": 16, "attention": "none"},
    "gru without attention": {"kind": "gru", "width": 16, "attention": "none", "layers": 2, "residual": True},
    "lstm without attention": {"kind": "lstm", "width": 10, "embedding_width": 16, "attention": "none"},
    "gru dot": {"kind": "gru", "width": 16, "attention": "dot"},
    "gru reset before additive": {"kind": "gru", "width": 12, "reset": "before", "embedding_width": 16},
    "lstm scaled dot": {"kind": "lstm", "width": 16, "attention": "scaled_dot", "layers": 2},
    "lstm additive": {"kind": "lstm", "width": 16, "attention": "additive"},
    "lstm multi-head": {"kind": "lstm", "width": 16, "attention": "multi_head", "heads": 2},
    "lstm additive fed": {"kind": "lstm", "width": 16, "layers": 2, "input_feeding": True},
    "gru dot fed": {"kind": "gru", "width": 16, "attention": "dot", "input_feeding": True, "embedding_width": 8},
    "rnn multi-head fed": {"kind": "rnn", "width": 16, "attention": "multi_head", "input_feeding": True},
}

SWITCHES: dict[str, Any] = {"query_key_norm": True, "positions": "rotary", "embedding_shortcut": True}
MOST_POSITIONS = 15
VARIANTS = {
    "pre-norm": recipe(),
    "post-norm": recipe(norm="post"),
    "learned positions": recipe(positions="learned", max_positions=MOST_POSITIONS),
    "all switches": mixed(
        {**TRANSFORMER, **SWITCHES, "activation": "gelu"},
        {**TRANSFORMER, **SWITCHES, "activation": "squared_relu"},
        "all",
    ),
    "tied decoder": recipe(tie="decoder"),
    "untied": recipe(tie="none"),
    "deep encoder": ModelRecipe(
        encoder=TransformerRecipe(layers=3, width=16, feed_forward=8, heads=2),
        decoder=TransformerRecipe(layers=1, width=16, feed_forward=8, heads=2),
    ),
    "recurrent, all tied": mixed(ENCODERS["gru"], DECODERS["lstm additive"], tie="all"),
    **{f"{name} to transformer": mixed(encoder, DECODERS["transformer"]) for name, encoder in ENCODERS.items()},
    **{f"{name} to gru": mixed(encoder, DECODERS["gru without attention"]) for name, encoder in ENCODERS.items()},
    **{f"gru to {name}": mixed(ENCODERS["gru"], decoder) for name, decoder in DECODERS.items()},
    "transformer to lstm": mixed(ENCODERS["transformer"], DECODERS["lstm additive"]),
    "convolution to lstm": mixed(ENCODERS["convolution"], DECODERS["lstm multi-head"]),
    "both directions to lstm fed": mixed(ENCODERS["bidirectional lstm"], DECODERS["lstm additive fed"]),
}


@pytest.fixture(params=list(VARIANTS))
def variant(request: pytest.FixtureRequest) -> ModelRecipe:
    return VARIANTS[request.param]


@pytest.fixture
def model(variant: ModelRecipe) -> EncoderDecoder:
    return build(variant, TextSize(V), TextSize(V), seed=1).eval()


def batch(rows: slice = slice(None)) -> Batch:
    sources, targets = SOURCES[rows], TARGETS[rows]
    return Batch(Packed.of(sources), Packed.of(targets), torch.arange(len(sources)))


def logits(model: EncoderDecoder, data: Batch) -> torch.Tensor:
    return model.decoder.output(model(data))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64], ids=str)
def test_shapes_and_dtype(model: EncoderDecoder, dtype: torch.dtype) -> None:
    model.to(dtype)
    data = batch()
    memory = model.encode(data.source)
    assert len(memory.states) == data.source.layout.tokens
    assert memory.final.dtype == dtype
    assert memory.states.dtype == dtype
    assert logits(model, data).shape == (data.target.layout.tokens, V)
    scores, state = model.step(torch.tensor([2, 2, 2, 2]), model.start(memory))
    assert scores.shape == (4, V)
    assert scores.dtype == dtype
    assert torch.isfinite(scores).all()
    one, _ = model.step(torch.tensor([2]), state.select(torch.tensor([1])))
    assert one.shape == (1, V)


def test_muon_trains_it(model: EncoderDecoder) -> None:
    """All matrices but those with a row for each symbol or position are of hidden layers, and the loss falls."""
    hidden = {matrix.name: matrix.parts for matrix in hidden_matrices(model)}
    for name, parameter in model.named_parameters():
        if parameter.ndim >= 2:
            assert (name in hidden) == (len(parameter) not in (V, MOST_POSITIONS, 1024)), name
            assert len(parameter) % hidden.get(name, 1) == 0
    parameters = FlatParameters(model, torch.float32, torch.device("cpu"))
    optimizer = build_optimizer(OptimizerRecipe(kind="muon", learning_rate=1e-3), parameters, model)
    losses = []
    for _ in range(6):
        parameters.zero_gradient()
        loss, _ = model.loss(batch())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_every_weight_moves_in_a_step(model: EncoderDecoder) -> None:
    model.train()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    model.loss(batch())[0].backward()
    optimizer.step()
    for name, parameter in model.named_parameters():
        assert not parameter.equal(before[name]), f"{name} did not move"


def test_blocks_whose_last_matrices_are_zero_begin_as_the_identity() -> None:
    """All other weights are those of the model without the switch. The decoder learns first, then the encoder's last
    matrices, whose states the decoder has begun to read, and then everything."""
    plain, zero = (
        build(recipe(output_projections=start), TextSize(V), TextSize(V), seed=1) for start in ("xavier", "zero")
    )
    for (name, weight), other in zip(zero.named_parameters(), plain.parameters(), strict=True):
        last = name.endswith(("attention.output.weight", "feed_forward.weight_2"))
        assert weight.equal(torch.zeros_like(other) if last else other), name
    shallow = build(recipe(), TextSize(V), TextSize(V), seed=1).eval()
    shallow.encoder.blocks, shallow.decoder.blocks = nn.ModuleList(), nn.ModuleList()
    assert logits(zero.eval(), batch()).equal(logits(shallow, batch()))
    before = {name: p.detach().clone() for name, p in zero.named_parameters()}
    optimizer = torch.optim.SGD(zero.parameters(), lr=1.0)
    for _ in range(3):
        zero.zero_grad()
        zero.loss(batch())[0].backward()
        optimizer.step()
    for name, parameter in zero.named_parameters():
        assert not parameter.equal(before[name]), f"{name} did not move"


def test_save_and_load(variant: ModelRecipe, tmp_path: Path) -> None:
    """Also in bfloat16, which is stored in float32 and so loses nothing."""
    tokenizer = Tokenizer.train(["a b c"] * 3, vocabulary_size=300)
    model = build(variant, TextSize(tokenizer.size), TextSize(tokenizer.size), seed=5).to(torch.bfloat16).eval()
    recipe = Recipe(model=variant)
    save_model(
        tmp_path / "model", LoadedModel(model, recipe, Codec(tokenizer), Codec(tokenizer)), {"card.md": "# A model"}
    )
    loaded = load_model(tmp_path / "model")
    assert loaded.recipe == recipe
    assert loaded.source.tokenizer.vocabulary == tokenizer.vocabulary
    assert not loaded.model.training
    assert logits(loaded.model, batch()).equal(logits(model.float(), batch()))
    assert len(list(loaded.model.parameters())) == len(list(model.parameters())), "what was tied is tied again"


def test_forward_equals_step(model: EncoderDecoder) -> None:
    model.double()
    data = batch()
    whole = data.target.layout.pad(logits(model, data))
    inputs = data.target.layout.pad(data.target.shifted(START).values)
    state = model.start(model.encode(data.source))
    for position in range(data.target.layout.longest):
        scores, state = model.step(inputs[:, position], state)
        real = data.target.layout.mask[:, position]
        assert torch.allclose(scores[real], whole[real, position], atol=1e-10)


def test_batch_of_one_equals_batch_of_n(model: EncoderDecoder) -> None:
    """Also shows that padding changes nothing: alone, a row has none."""
    model.double()
    together = logits(model, batch()).split([len(t) for t in TARGETS])
    for index, rows in enumerate(together):
        alone = logits(model, batch(slice(index, index + 1)))
        assert torch.allclose(rows, alone, atol=1e-10)


def test_selected_state_goes_on_as_if_it_had_been_alone(model: EncoderDecoder) -> None:
    """Repeated, reordered and dropped rows, also in groups of unequal size."""
    model.double()
    state = model.start(model.encode(batch().source))
    _, state = model.step(torch.tensor([2, 2, 2, 2]), state)
    for rows in ([0, 0, 1, 1, 2, 2, 3, 3], [3, 1], [2, 2, 2], [1, 3, 3, 0], [0, 1, 2, 3]):
        chosen = state.select(torch.tensor(rows)).select(torch.arange(len(rows)))
        tokens = torch.arange(5, 5 + len(rows))
        scores, _ = model.step(tokens, chosen)
        for place, row in enumerate(rows):
            alone = model.start(model.encode(Packed.of([SOURCES[row]])))
            _, alone = model.step(torch.tensor([2]), alone)
            expected, _ = model.step(tokens[place : place + 1], alone)
            assert torch.allclose(scores[place], expected[0], atol=1e-10)


def test_step_leaves_the_old_state_usable(model: EncoderDecoder) -> None:
    state = model.start(model.encode(batch().source))
    _, state = model.step(torch.tensor([2, 2, 2, 2]), state)
    first, _ = model.step(torch.tensor([5, 6, 7, 8]), state)
    again, _ = model.step(torch.tensor([5, 6, 7, 8]), state)
    assert first.equal(again)


def test_the_future_does_not_change_the_past(model: EncoderDecoder) -> None:
    source = Packed.of([SOURCES[0]])
    one, other = (
        Batch(source, Packed.of([t]), torch.zeros(1, dtype=torch.int64)) for t in ([6, 5, 9, 3], [6, 5, 4, 4])
    )
    assert torch.allclose(logits(model, one)[:3], logits(model, other)[:3], atol=1e-6)


def test_evaluation_is_repeatable_and_training_is_random() -> None:
    model = build(recipe(dropout=0.5), TextSize(V), TextSize(V), seed=1).eval()
    assert logits(model, batch()).equal(logits(model, batch()))
    model.train()
    assert not logits(model, batch()).equal(logits(model, batch()))


def test_same_seed_same_weights_and_the_global_generator_is_left_alone() -> None:
    before = torch.get_rng_state()
    one, other, third = (build(recipe(), TextSize(V), TextSize(V), seed) for seed in (1, 1, 2))
    assert all(a.equal(b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert not all(a.equal(b) for a, b in zip(one.parameters(), third.parameters(), strict=True))
    assert torch.get_rng_state().equal(before)


def test_numeric_gradient_of_the_whole_model() -> None:
    stack = TransformerRecipe(layers=1, width=4, feed_forward=3, heads=2)
    model = build(ModelRecipe(encoder=stack, decoder=stack), TextSize(7), TextSize(7), seed=3).double().eval()
    data = Batch(Packed.of([[5, 3], [4, 6, 3]]), Packed.of([[4, 3], [5, 3]]), torch.arange(2))
    names = [name for name, _ in model.named_parameters()]

    def loss(*values: torch.Tensor) -> torch.Tensor:
        weights = dict(zip(names, values, strict=True))
        states = torch.func.functional_call(model, weights, (data,))
        table = weights["encoder.embedding.embedding.weight"]
        return -torch.log_softmax(states @ table.t(), -1)[torch.arange(4), data.target.values].sum()

    assert torch.autograd.gradcheck(
        loss, tuple(p.detach().clone().requires_grad_() for p in model.parameters()), fast_mode=True
    )


def test_a_row_beyond_the_learned_positions_is_refused() -> None:
    model = build(recipe(positions="learned", max_positions=4), TextSize(V), TextSize(V), seed=1)
    with pytest.raises(InputError, match=r"6 tokens.*end at 4"):
        model.encode(batch().source)


@pytest.mark.parametrize("tie", ["all", "decoder", "none"])
def test_tying(tie: str) -> None:
    model = build(recipe(tie=tie), TextSize(V), TextSize(V), seed=1)
    source, target = model.encoder.embedding.weight, model.decoder.embedding.weight
    assert (source is target) == (tie == "all")
    assert (model.decoder.output.weight is target) == (tie != "none")
