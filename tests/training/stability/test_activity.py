"""What is seen of units equals what is computed by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import every_model as kinds
import pytest
import torch
from torch import Tensor, nn

from dragoman.layers.attention import scaled_dot_product
from dragoman.layers.attention.additive import additive_score_equations
from dragoman.model.build import Model
from dragoman.native.library import allowed, without_kernels
from dragoman.training.stability.activity import watch

ATTENTIONS = [
    "transformer",
    "relu rnn dot",
    "gru additive",
    "gru reset before",
    "lstm multi-head",
    "lstm additive fed",
    "gru dot fed",
    "rnn multi-head fed",
]


def rms(x: Tensor) -> float:
    return x.square().mean().sqrt().item()


def calls(model: Model, name: str, data: Any) -> list[tuple[Any, ...]]:
    """What a module is called with in evaluation mode, and what it returns, in the end."""
    found: list[tuple[Any, ...]] = []
    handle = model.get_submodule(name).register_forward_hook(lambda _, inputs, output: found.append((*inputs, output)))
    training = model.training
    with torch.no_grad():
        model.eval().token_losses(data)
    model.train(training)
    handle.remove()
    return found


def test_root_mean_squares_of_outputs() -> None:
    model, data = kinds.model("lstm multi-head"), kinds.batch("lstm multi-head")
    found = watch(model, [data]).read().activation
    for name in ("encoder.embedding", "decoder.bridge.linear", "decoder.attention.output", "decoder"):
        assert found[name] == pytest.approx(rms(calls(model, name, data)[0][-1]), rel=1e-5)
    cell = calls(model, "encoder.layers.layers.1.backward_cell", data)[0][-1][0]
    assert found["encoder.layers.layers.1.backward_cell"] == pytest.approx(rms(cell), rel=1e-5)
    memory = calls(model, "encoder", data)[0][-1]
    assert found["encoder"] == pytest.approx(rms(memory.states), rel=1e-5)


def test_root_mean_squares_are_over_all_batches_and_steps() -> None:
    model = kinds.model("gru dot fed")
    parts = [kinds.batch("gru dot fed", slice(0, 1)), kinds.batch("gru dot fed", slice(1, 4))]
    found = watch(model, parts).read().activation
    vectors = torch.cat([calls(model, "decoder", part)[0][-1] for part in parts])
    assert found["decoder"] == pytest.approx(rms(vectors), rel=1e-5)
    assert found["decoder.join.linear"] > 0
    assert found["decoder.layers.layers.0.cell"] > 0


@pytest.mark.parametrize("block", [0, 1])
def test_exactly_the_planted_units_are_dead(block: int) -> None:
    model, data = kinds.model("transformer"), kinds.batch("transformer")
    layer = model.get_submodule(f"decoder.blocks.{block}.feed_forward")
    layer.bias_1.data[:12] = -10
    layer.bias_1.data[12:] = 10
    assert watch(model, [data]).read().dead[f"decoder.blocks.{block}.feed_forward"] == 0.5


def test_a_unit_is_dead_only_if_it_is_for_every_token_of_every_batch() -> None:
    """Each unit of the second half responds to one token only, in one batch only."""
    model = kinds.model("transformer")
    layer = model.get_submodule("encoder.blocks.0.feed_forward")
    layer.weight_1.data.zero_()
    layer.bias_1.data.fill_(-1)
    batches = [kinds.batch("transformer", slice(n, n + 1)) for n in range(4)]
    seen = calls(model, "encoder.blocks.0.feed_forward", batches[2])[0][0][0]
    layer.weight_1.data[12:] = 2 * seen / seen.square().sum()
    assert watch(model, [batches[2]]).read().dead["encoder.blocks.0.feed_forward"] == 0.5
    assert watch(model, batches).read().dead["encoder.blocks.0.feed_forward"] == 0.5


def test_a_dead_channel_counts_once_and_places_are_numbered() -> None:
    model, data = kinds.model("lenet to label"), kinds.batch("lenet to label")
    for name in ("convolution_1", "convolution_2"):
        layer = model.get_submodule(f"encoder.{name}")
        layer.weight.data.zero_()
        layer.bias.data.fill_(1)
    model.get_submodule("encoder.convolution_2").bias.data[0] = -10
    dead = watch(model, [data]).read().dead
    assert dead["encoder.0"] == 0
    assert dead["encoder.1"] == 0.25
    assert set(dead) == {"encoder.0", "encoder.1", "encoder.hidden"}


def test_dead_units_of_a_rectified_recurrent_network() -> None:
    model, data = kinds.model("relu rnn dot"), kinds.batch("relu rnn dot")
    for cell in (
        model.get_submodule("encoder.layers.layers.0.cell"),
        model.get_submodule("decoder.layers.layers.0.cell"),
    ):
        for weight in (cell.weight_input, cell.weight_hidden):
            weight.data.zero_()
        cell.bias.data.fill_(1)
        cell.bias.data[:4] = -1
    dead = watch(model, [data]).read().dead
    assert dead == {"encoder.layers.layers.0.cell": 0.25, "decoder.layers.layers.0.cell": 0.25}


@pytest.mark.parametrize(("activation", "low", "high"), [("tanh", 2.64, 2.66), ("sigmoid", 4.59, 4.60)])
def test_exactly_the_values_in_the_flat_ends_are_saturated(activation: str, low: float, high: float) -> None:
    """tanh(2.65) = 0.99 and sigmoid(4.595) = 0.99; the first layer of 12, the second of 8."""
    cell = {"kind": "mlp", "hidden": [12, 8], "activation": activation}, {"kind": "label"}
    model, data = kinds.model_of(*cell), kinds.batch_of(*cell)
    hidden = model.get_submodule("encoder.hidden")
    for weight in hidden.weights:
        weight.data.zero_()
    hidden.biases[0].data[:] = torch.tensor([low, -low, high, -high, high, 0.0] * 2)
    hidden.biases[1].data[:] = torch.tensor([low, high] * 4)
    assert watch(model, [data]).read().saturated == {"encoder.hidden.0": 0.5, "encoder.hidden.1": 0.5}


def test_open_and_shut_gates_are_not_saturated() -> None:
    model, data = kinds.model("gru additive"), kinds.batch("gru additive")
    for cell in (
        model.get_submodule("encoder.layers.layers.0.cell"),
        model.get_submodule("decoder.layers.layers.0.cell"),
    ):
        cell.bias.data[:32] = 100
        cell.bias.data[32:] = 0
        cell.weight_input.data.zero_()
    saturated = watch(model, [data]).read().saturated
    assert saturated["encoder.layers.layers.0.cell"] == saturated["decoder.layers.layers.0.cell"] == 0
    assert set(saturated) == {
        "encoder.layers.layers.0.cell",
        "decoder.layers.layers.0.cell",
        "decoder.bridge",
        "decoder.attention",
        "decoder.join",
    }


def self_attention_by_hand(attention: nn.Module, x: Tensor, layout: Any) -> float:
    largest = -math.inf
    for row in attention.inputs(x).split(layout.lengths.tolist()):
        queries, keys, _ = (part.unflatten(1, (attention.heads, -1)).transpose(0, 1) for part in row.chunk(3, 1))
        scores = queries @ keys.transpose(1, 2) / math.sqrt(queries.shape[2])
        seen = [scores[:, t, : t + 1 if attention.causal else len(row)].max().item() for t in range(len(row))]
        largest = max(largest, *seen)
    return largest


@pytest.mark.parametrize("name", ["encoder.blocks.0.attention", "decoder.blocks.1.self_attention"])
def test_the_largest_logit_of_self_attention(name: str) -> None:
    model, data = kinds.model("transformer"), kinds.batch("transformer")
    x, layout, _ = calls(model, name, data)[0]
    with torch.no_grad():
        expected = self_attention_by_hand(model.get_submodule(name), x, layout)
    assert watch(model, [data]).read().attention_logit[name] == pytest.approx(expected, rel=1e-5)


def test_the_largest_logit_of_cross_attention() -> None:
    model, data = kinds.model("transformer"), kinds.batch("transformer")
    name = "decoder.blocks.0.cross_attention"
    attention = model.get_submodule(name)
    x, layout, memory, _ = calls(model, name, data)[0]
    largest = -math.inf
    with torch.no_grad():
        keys = attention.memory_inputs(memory.states).chunk(2, 1)[0].split(memory.layout.lengths.tolist())
        for q, k in zip(attention.queries(x).split(layout.lengths.tolist()), keys, strict=True):
            heads = [part.unflatten(1, (4, -1)).transpose(0, 1) for part in (q, k)]
            largest = max(largest, (heads[0] @ heads[1].transpose(1, 2) / 2).max().item())
    assert watch(model, [data]).read().attention_logit[name] == pytest.approx(largest, rel=1e-5)


def dot(attention: nn.Module, queries: Tensor, states: Tensor) -> Tensor:
    return attention.scale * queries @ states.t()


def additive(attention: nn.Module, queries: Tensor, states: Tensor) -> Tensor:
    keys = states @ attention.weight_key.t() + attention.bias
    return additive_score_equations((queries @ attention.weight_query.t())[None], keys[None], attention.vector)


@pytest.mark.parametrize(
    ("cell", "score"), [("relu rnn dot", dot), ("gru reset before", dot), ("gru additive", additive)]
)
def test_the_largest_logit_of_a_recurrent_decoders_attention(
    cell: str, score: Callable[[nn.Module, Tensor, Tensor], Tensor]
) -> None:
    model, data = kinds.model(cell), kinds.batch(cell)
    attention = model.get_submodule("decoder.attention")
    queries, layout, memory, _ = calls(model, "decoder.attention", data)[0]
    rows = zip(queries.split(layout.lengths.tolist()), memory.states.split(memory.layout.lengths.tolist()), strict=True)
    with torch.no_grad():
        expected = max(score(attention, q, m).max().item() for q, m in rows)
    assert watch(model, [data]).read().attention_logit == {"decoder.attention": pytest.approx(expected, rel=1e-5)}


@pytest.mark.parametrize("cell", ATTENTIONS)
def test_rows_beside_each_other_change_nothing(cell: str) -> None:
    """Padding has no say: the largest logit of a batch is that of its rows one by one."""
    model = kinds.model(cell)
    together = watch(model, [kinds.batch(cell)]).read()
    alone = watch(model, [kinds.batch(cell, slice(n, n + 1)) for n in range(4)]).read()
    assert together.attention_logit == pytest.approx(alone.attention_logit, rel=1e-4)
    assert together.activation == pytest.approx(alone.activation, rel=1e-4)
    assert together.dead == alone.dead


def test_a_padded_querys_score_is_never_the_largest() -> None:
    """Every real query makes each score smaller than none would."""
    cell = kinds.recurrent("rnn"), kinds.recurrent("rnn", activation="relu", attention="additive")
    model, data = kinds.model_of(*cell), kinds.batch_of(*cell)
    attention = model.get_submodule("decoder.attention")
    attention.weight_query.data.fill_(0.5)
    attention.vector.data.fill_(-1)
    single = [kinds.batch_of(*cell, slice(n, n + 1)) for n in range(4)]
    together, alone = watch(model, [data]).read(), watch(model, single).read()
    assert together.attention_logit == pytest.approx(alone.attention_logit, rel=1e-5)


@pytest.mark.parametrize("cell", ["transformer", "relu rnn dot", "gru dot fed"])
def test_the_fused_kernel_of_a_device_is_seen_as_well(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, data = kinds.model(cell), kinds.batch(cell)
    written_out = watch(model, [data]).read()
    monkeypatch.setattr(scaled_dot_product, "_LARGEST_SCORE_MATRIX", 0)
    fused = watch(model, [data]).read()
    assert fused.attention_logit == pytest.approx(written_out.attention_logit, rel=1e-5)
    assert fused.activation == pytest.approx(written_out.activation, rel=1e-4)


def test_a_score_that_is_no_number_is_not_hidden_by_others() -> None:
    model, data = kinds.model("gru dot fed"), kinds.batch("gru dot fed")
    model.get_submodule("encoder.embedding").weight.data[8] = math.nan
    found = watch(
        model, [kinds.batch("gru dot fed", slice(1, 2)), data, kinds.batch("gru dot fed", slice(0, 1))]
    ).read()
    assert math.isnan(found.attention_logit["decoder.attention"])
    assert math.isnan(found.activation["encoder"])


def test_kernels_are_back_whatever_happens() -> None:
    assert allowed()
    with pytest.raises(KeyError), without_kernels():
        assert not allowed()
        raise KeyError
    assert allowed()
