from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.contracts import TextSize
from dragoman.diagnosis.stability.places import (
    activation_by_block,
    block_of,
    gradient_by_block,
    in_network_order,
    short_label,
    stack_of,
    stacks,
)
from dragoman.model.build import build
from dragoman.recipe import load_recipe

TRANSFORMER = [
    "encoder.embedding.embedding",
    *(f"encoder.blocks.{block}.{part}" for block in range(11) for part in ("attention.inputs", "feed_forward")),
    "encoder.norm",
    *(f"decoder.blocks.{block}.feed_forward" for block in range(2)),
    "decoder.norm",
    "decoder.output",
]


@given(st.permutations(TRANSFORMER))
def test_the_order_of_blocks_is_that_of_the_network_however_they_come(names: list[str]) -> None:
    blocks = list(dict.fromkeys(map(block_of, in_network_order(names))))
    expected = list(dict.fromkeys(map(block_of, TRANSFORMER)))
    # What stands in no stack comes before or after it, as it came.
    assert [block for block in blocks if stack_of(block)] == [block for block in expected if stack_of(block)]
    assert blocks[0] == "encoder.embedding.embedding"
    assert blocks.index("encoder.blocks.10") < blocks.index("encoder.norm") < blocks.index("decoder.blocks.0")


@pytest.mark.parametrize("preset", ["tiny", "recurrent", "convolution", "language-model"])
def test_layers_of_real_models_come_in_the_order_of_their_modules(preset: str) -> None:
    model = build(load_recipe(preset).model, TextSize(300), TextSize(300), 1)
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name, _ in model.named_parameters()))
    blocks = list(dict.fromkeys(map(block_of, layers)))
    found = list(gradient_by_block(dict.fromkeys(reversed(layers), 1.0)))
    assert sorted(found) == sorted(blocks)
    assert [b for b in found if stack_of(b)] == [b for b in blocks if stack_of(b)]
    assert found[0].endswith("embedding")


def test_the_gradient_of_a_block_is_that_of_all_its_layers() -> None:
    found = gradient_by_block({"encoder.blocks.0.b": 4.0, "encoder.norm": 1.0, "encoder.blocks.0.a.c": 3.0})
    assert list(found) == ["encoder.blocks.0", "encoder.norm"]
    assert found["encoder.blocks.0"] == pytest.approx(5.0)


def test_the_activation_of_a_block_is_its_own_where_it_was_measured() -> None:
    sizes = {"encoder": 9.0, "encoder.blocks.0": 2.0, "encoder.blocks.0.a": 7.0, "encoder.blocks.1.a": 3.0}
    assert activation_by_block(sizes | {"encoder.blocks.1.b": 1.0}) == {
        "encoder.blocks.0": 2.0,
        "encoder.blocks.1": 3.0,
    }


def test_the_convolutions_of_a_picture_come_before_its_hidden_layers() -> None:
    names = ["encoder.convolution_1", "encoder.convolution_2", "encoder.hidden.layers.0", "decoder"]
    assert in_network_order(reversed(names)) == names


def test_a_single_block_is_no_stack() -> None:
    assert stacks({"encoder.blocks.0": 1.0, "decoder.blocks.0": 1.0, "decoder.blocks.1": 2.0, "decoder.norm": 3.0}) == {
        "decoder.blocks": {"decoder.blocks.0": 1.0, "decoder.blocks.1": 2.0}
    }


def test_labels_do_not_repeat_themselves() -> None:
    assert short_label("encoder.layers.layers.0.forward_cell") == "encoder.layers.0.forward_cell"
    assert short_label("encoder.embedding.embedding") == "encoder.embedding"
