from __future__ import annotations

from typing import Any

import pytest
import torch

from dragoman.contracts import PictureSize, RowSize, SourceSize, TargetSize, TextSize
from dragoman.model.build import Model, build
from dragoman.model.describe import LayerRow, convolution_totals, describe
from dragoman.model.example_input import EXAMPLE_WIDTH
from dragoman.model.weights import parameter_count
from dragoman.recipe import load_recipe, recipe_from
from dragoman.recipe.architecture import ModelRecipe, TransformerRecipe
from dragoman.recipe.example_sizes import example_title, stand_in_sizes

DIGIT = PictureSize(1, 28, 28)
LINE = PictureSize(1, 32, None)
CONTEXT = {"context": 1, "width": 24, "taps": 3}


def built(
    encoder: dict[str, Any], decoder: dict[str, Any], source: SourceSize, target: TargetSize = 10
) -> tuple[Model, list[LayerRow]]:
    recipe = ModelRecipe.model_validate({"encoder": encoder, "decoder": decoder})
    model = build(recipe, source, target, seed=1)
    return model, describe(model, source)


def row_of(rows: list[LayerRow], name: str) -> LayerRow:
    return next(row for row in rows if row.name == name)


def translator(tie: str = "all", **settings: Any) -> tuple[Model, list[LayerRow]]:
    stack = TransformerRecipe(**settings)
    recipe = ModelRecipe.model_validate({"encoder": stack, "decoder": stack, "tie": tie})
    model = build(recipe, TextSize(50), TextSize(50), seed=1)
    return model, describe(model, TextSize(50))


@pytest.mark.parametrize("tie", ["all", "decoder", "none"])
def test_top_rows_add_up_to_the_whole(tie: str) -> None:
    model, rows = translator(tie, layers=3, width=16, feed_forward=24, heads=4)
    assert sum(row.parameters for row in rows if row.depth == 0) == parameter_count(model)
    encoder = rows[: [row.name for row in rows].index("decoder")]
    assert sum(row.parameters for row in encoder if row.depth == 1) == encoder[0].parameters


def test_shapes_and_stacks() -> None:
    settings: dict[str, Any] = {"positions": "learned", "max_positions": 300}
    _, found = translator(layers=3, width=16, feed_forward=24, heads=4, **settings)
    rows = {row.name: row for row in found}
    assert rows["encoder"].shape == "S × 16"
    assert rows["decoder"].shape == "T × 16"
    assert rows["output"].shape == "T × 50"
    assert rows["0 to 2"].kind == "3 × DecoderBlock"
    assert rows["positions"].parameters == 300 * 16
    assert all(row.fully_connected is None for row in found)


def test_a_single_row_by_hand() -> None:
    _, rows = translator(layers=1, width=8, feed_forward=12, heads=2)
    feed_forward = row_of(rows, "feed_forward")
    assert feed_forward.parameters == 8 * 12 + 12 + 12 * 8 + 8
    assert feed_forward.shape == "S × 8"


def test_lenet_by_hand() -> None:
    encoder = {"kind": "lenet", "channels": [6, 16], "hidden": [120, 84]}
    model, rows = built(encoder, {"kind": "label"}, DIGIT)
    found = [(row.name, row.shape, row.parameters, row.fully_connected) for row in rows if row.depth < 2]
    assert found == [
        ("encoder", "84", 156 + 2_416 + 58_284, None),
        ("convolution_1", "6 × 28 × 28", 1 * 6 * 5 * 5 + 6, 1 * 28 * 28 * 6 * 28 * 28),
        ("pooling", "6 × 14 × 14", 0, None),
        ("convolution_2", "16 × 10 × 10", 6 * 16 * 5 * 5 + 16, 6 * 14 * 14 * 16 * 10 * 10),
        ("pooling", "16 × 5 × 5", 0, None),
        ("hidden", "84", 400 * 120 + 120 + 120 * 84 + 84, None),
        ("decoder", "10", 84 * 10 + 10, None),
    ]
    assert parameter_count(model) == 61_706, "LeNet-5 as most write it today"
    assert convolution_totals(rows) == (156 + 2_416, 1 * 28**2 * 6 * 28**2 + 6 * 14**2 * 16 * 10**2)


def test_shapes_of_pictures_of_any_width_are_those_of_one_picture() -> None:
    _, rows = built(
        {"kind": "residual", "channels": [4, 6, 6], "halvings": 2, **CONTEXT}, {"kind": "ctc"}, LINE, TextSize(40)
    )
    width = EXAMPLE_WIDTH
    stem, first, second = (row_of(rows, name) for name in ("stem", "convolution_1", "convolution_2"))
    assert (stem.shape, stem.parameters) == ("4 × 16 × W/2", 1 * 4 * 9)
    assert stem.fully_connected == (1 * 32 * width) * (4 * 16 * width // 2)
    assert (first.shape, first.parameters) == ("6 × 8 × W/4", 4 * 6 * 9)
    assert first.fully_connected == (4 * 16 * width // 2) * (6 * 8 * width // 4)
    assert second.fully_connected == (6 * 8 * width // 4) ** 2
    shortcut = row_of(rows, "shortcut")
    assert (shortcut.parameters, shortcut.fully_connected) == (4 * 6, first.fully_connected)
    assert row_of(rows, "encoder").shape == "W/4 × 24"
    assert row_of(rows, "output").shape == "W/4 × 40"
    assert [row.shape for row in rows if row.kind == "ResidualBlock"] == ["6 × 8 × W/4", "6 × 4 × W/4"]


def test_pictures_of_one_width_have_no_width_to_name() -> None:
    size = PictureSize(3, 16, 50)
    _, rows = built({"kind": "residual", "channels": [4, 6], "halvings": 1, **CONTEXT}, {"kind": "number"}, size)
    assert row_of(rows, "encoder").shape == "25 × 24"
    assert row_of(rows, "stem").shape == "4 × 8 × 25"
    assert row_of(rows, "stem").fully_connected == (3 * 16 * 50) * (4 * 8 * 25)


def test_without_a_halving_the_width_stays() -> None:
    _, rows = built(
        {"kind": "residual", "channels": [4], "halvings": 0, **CONTEXT}, {"kind": "ctc"}, LINE, TextSize(40)
    )
    assert row_of(rows, "stem").shape == "4 × 16 × W"
    assert row_of(rows, "encoder").shape == "W × 24"


def test_equal_blocks_stand_together_and_all_count() -> None:
    """Behind the fourth halving the height is 1 and stays."""
    channels = {"channels": [2] * 7, "halvings": 1}
    model, rows = built({"kind": "residual", **channels, **CONTEXT}, {"kind": "label"}, PictureSize(1, 4, None))
    weights = sum(p.numel() for p in model.parameters() if p.ndim == 4)
    assert convolution_totals(rows)[0] == weights
    each = [row for row in rows if row.fully_connected is not None]
    assert sum(row.times for row in each) == 1 + 6 * 3


@pytest.mark.parametrize(
    "decoder",
    [{"kind": "lstm", "width": 12, "attention": "additive"}, {"kind": "transformer", "width": 12, "heads": 2}],
)
def test_decoders_that_write_token_by_token_look_at_pictures(decoder: dict[str, Any]) -> None:
    model, rows = built({"kind": "residual", "channels": [4, 6], **CONTEXT}, decoder, LINE, TextSize(40))
    assert rows[-1].shape == "T × 40"
    assert row_of(rows, "decoder").shape == "T × 12"
    assert sum(row.parameters for row in rows if row.depth == 0) == parameter_count(model)


def test_linear_regression_of_rows() -> None:
    model, rows = built({"kind": "linear"}, {"kind": "number"}, RowSize(5, (3, 4)))
    assert row_of(rows, "numbers").shape == str(5 + 2 + 3)
    decoder = row_of(rows, "decoder")
    assert (decoder.shape, decoder.parameters) == ("1", 10 + 1)
    assert parameter_count(model) == 11


def test_a_multilayer_perceptron_of_pictures() -> None:
    _, rows = built({"kind": "mlp", "reads": "picture", "hidden": [32, 16]}, {"kind": "label"}, DIGIT)
    assert row_of(rows, "numbers").shape == "784"
    hidden = row_of(rows, "hidden")
    assert (hidden.shape, hidden.parameters) == ("16", 784 * 32 + 32 + 32 * 16 + 16)


def test_texts_to_labels() -> None:
    _, rows = built({"kind": "gru", "width": 12}, {"kind": "label"}, TextSize(50), target=3)
    assert row_of(rows, "encoder").shape.startswith("S × ")
    assert row_of(rows, "decoder").shape == "3"


@pytest.mark.parametrize(
    ("preset", "title"),
    [
        ("tiny", "one sentence of S source and T target tokens"),
        ("language-model", "one sentence of T target tokens"),
        ("reader", "one picture of 1 × 32 × W, and T target tokens"),
        ("picture-label", "one picture of 1 × 28 × 28, and 10 classes?"),
        ("row-label", "one row of 8 numeric columns?, and 10 classes?"),
        ("row-number", "one row of 8 numeric columns?, and one number"),
        ("text-label", "one sentence of S source tokens, and 10 classes?"),
        ("text-number", "one sentence of S source tokens, and one number"),
        ("text-tags", "one sentence of S source tokens, and for each word one of 10 classes?"),
    ],
)
def test_every_preset_has_a_title(preset: str, title: str) -> None:
    recipe = load_recipe(preset)
    source, target = stand_in_sizes(recipe)
    assert example_title(recipe.model, source, target, "?") == title


def test_titles_say_what_is_known() -> None:
    recipe = recipe_from({"model": {"encoder": {"kind": "linear"}, "decoder": {"kind": "label"}}}).model
    title = example_title(recipe, RowSize(5, (3, 4)), 3)
    assert title == "one row of 5 numeric and 2 categorical columns, and 3 classes"


def test_a_model_is_left_as_it_was() -> None:
    recipe = ModelRecipe.model_validate(
        {"encoder": {"kind": "residual", "channels": [4, 6], **CONTEXT}, "decoder": {"kind": "label"}}
    )
    model = build(recipe, LINE, 10, seed=1).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    describe(model, LINE)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
