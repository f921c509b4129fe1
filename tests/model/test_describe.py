from __future__ import annotations

import pytest

from dragoman.model.build import build
from dragoman.model.describe import describe, parameter_count
from dragoman.recipe.architecture import ModelRecipe, TransformerRecipe


@pytest.mark.parametrize("tie", ["all", "decoder", "none"])
def test_top_rows_add_up_to_the_whole(tie: str) -> None:
    stack = TransformerRecipe(layers=3, width=16, feed_forward=24, heads=4)
    model = build(ModelRecipe(encoder=stack, decoder=stack, tie=tie), 50, 50, seed=1)
    rows = describe(model)
    assert sum(row.parameters for row in rows if row.depth == 0) == parameter_count(model)
    encoder = rows[: [row.name for row in rows].index("decoder")]
    assert sum(row.parameters for row in encoder if row.depth == 1) == encoder[0].parameters


def test_shapes_and_stacks() -> None:
    stack = TransformerRecipe(layers=3, width=16, feed_forward=24, heads=4, positions="learned", max_positions=300)
    rows = {row.name: row for row in describe(build(ModelRecipe(encoder=stack, decoder=stack), 50, 60, seed=1))}
    assert rows["encoder"].shape == "S × 16"
    assert rows["decoder"].shape == "T × 16"
    assert rows["0 to 2"].kind == "3 × DecoderBlock"
    assert rows["positions"].parameters == 300 * 16


def test_a_single_row_by_hand() -> None:
    stack = TransformerRecipe(layers=1, width=8, feed_forward=12, heads=2)
    rows = describe(build(ModelRecipe(encoder=stack, decoder=stack), 30, 30, seed=1))
    feed_forward = next(row for row in rows if row.name == "feed_forward")
    assert feed_forward.parameters == 8 * 12 + 12 + 12 * 8 + 8
    assert feed_forward.shape == "S × 8"
