"""Encoders and decoders in a recipe: one word each, and one clear message for what does not go together."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import RecipeError
from dragoman.recipe import dump_recipe, load_recipe, presets, recipe_from

ENCODERS = ("transformer", "rnn", "gru", "lstm", "convolution")
DECODERS = ("transformer", "rnn", "gru", "lstm")


def model(encoder: dict[str, Any], decoder: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"model": {"tie": "decoder", "encoder": encoder, "decoder": decoder, **values}}


@pytest.mark.parametrize(("encoder", "decoder"), list(itertools.product(ENCODERS, DECODERS)))
def test_any_encoder_goes_with_any_decoder(encoder: str, decoder: str, tmp_path: Path) -> None:
    recipe = recipe_from(model({"kind": encoder}, {"kind": decoder}))
    assert (recipe.model.encoder.kind, recipe.model.decoder.kind) == (encoder, decoder)
    file = tmp_path / "recipe.toml"
    file.write_text(dump_recipe(recipe))
    assert load_recipe(file) == recipe


TRANSLATORS = [name for name in presets() if load_recipe(name).model.is_translator]


# A budget chooses a Transformer, and refuses other kinds.
@pytest.mark.parametrize("preset", [name for name in TRANSLATORS if load_recipe(name).training.budget is None])
def test_one_word_changes_the_kind_of_a_preset(preset: str) -> None:
    """What was said of the old kind alone falls away; what the new one knows too stays."""
    for encoder, decoder in itertools.product(ENCODERS, DECODERS):
        changes = {"model": {"encoder": {"kind": encoder}, "decoder": {"kind": decoder}}}
        recipe = load_recipe(preset, changes=changes)
        assert (recipe.model.encoder.kind, recipe.model.decoder.kind) == (encoder, decoder)
        assert recipe.model.decoder.dropout == load_recipe(preset).model.decoder.dropout


@pytest.mark.parametrize(
    ("values", "tie"),
    [
        ({}, "all"),
        ({"model": {"decoder": {"kind": "gru", "width": 128}}}, "all"),
        ({"model": {"decoder": {"kind": "gru", "width": 192}}}, "decoder"),
        ({"tokenizer": {"shared": False}}, "decoder"),
        ({"model": {"encoder": {"kind": "none"}}}, "decoder"),
        ({"model": {"tie": "none"}}, "none"),
    ],
)
def test_what_is_tied_where_nothing_is_said(values: dict[str, Any], tie: str) -> None:
    assert recipe_from(values).model.tie == tie


def test_a_mistake_in_the_file_is_reported_though_the_kind_changes(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text("[model.encoder]\nheads = 2\nwidht = 3\n")
    with pytest.raises(RecipeError, match="widht: unknown key; did you mean `width`"):
        load_recipe(file, changes={"model": {"encoder": {"kind": "gru"}}})


@pytest.mark.parametrize("decoder", DECODERS)
def test_any_decoder_alone_is_a_language_model(decoder: str) -> None:
    recipe = recipe_from({"model": {"encoder": {"kind": "none"}, "decoder": {"kind": decoder}}})
    assert recipe.model.is_language_model
    assert recipe.model.tie == "decoder"


@pytest.mark.parametrize(
    ("values", "messages"),
    [
        (model({"kind": "ltsm"}, {}), ["model.encoder.kind: there is no kind `ltsm`", "did you mean `lstm`"]),
        (
            model({}, {"kind": "convolution"}),
            ["decoder.kind: there is no kind `convolution`", "known: transformer"],
        ),
        (model({"kind": "gru", "laers": 2}, {}), ["model.encoder.laers: unknown key; did you mean `layers`"]),
        (
            model({"kind": "gru", "heads": 2}, {}),
            ['model.encoder.heads: kind = "gru" has no such key; it is for transformer'],
        ),
        (model({"kind": "lstm", "width": 0}, {}), ["model.encoder.width", "greater than or equal to 1"]),
        (model({}, {"width": 100, "heads": 3}), ["3 heads do not divide the width 100; 2 would"]),
        (model({"positions": "rotary", "width": 20, "heads": 4}, {}), ["each of 4 heads has 5"]),
        (model({}, {"query_key_norm": True, "heads": 128}), ["heads of one number cannot be normalised"]),
        (
            model({"kind": "gru"}, {"kind": "gru", "attention": "multi_head", "width": 10, "heads": 4}),
            ["4 heads do not divide the width 10; 5 would"],
        ),
        (
            model({"kind": "lstm", "bidirectional": True}, {"kind": "lstm", "attention": "dot"}),
            [
                "decoder's states are 256 wide",
                "encoder's 512 (both directions joined)",
                "decoder.width = 512",
                "additive",
            ],
        ),
        (
            model({"kind": "gru"}, {"kind": "gru", "attention": "aditive"}),
            ["model.decoder.attention", "did you mean `additive`"],
        ),
        (
            model({}, {"attention": "dot"}),
            ['model.decoder.attention: kind = "transformer" has no such key; it is for rnn, gru, lstm'],
        ),
        (
            model({"kind": "gru"}, {"kind": "gru", "attention": "none", "input_feeding": True}),
            ['input_feeding needs an attention, and attention is "none"'],
        ),
        (model({"kind": "gru", "activation": "relu"}, {}), ["activation = 'relu' needs kind = \"rnn\""]),
        (model({"kind": "rnn", "reset": "before"}, {}), ["reset = 'before' needs kind = \"gru\""]),
        (model({"kind": "convolution", "taps": 4}, {}), ["a kernel of 4 taps has no middle; 5 has"]),
        (
            model({"kind": "gru", "embedding_width": 64}, {"kind": "gru"}, tie="all"),
            ["64 wide in the encoder and 256 in the decoder", 'tie = "decoder"'],
        ),
        (
            model({"kind": "none"}, {"kind": "gru", "attention": "additive"}),
            ['attention = "additive" needs an encoder', 'use attention = "none"'],
        ),
        (model({"kind": "none"}, {}, tie="all"), ["a language model has none"]),
        (
            {**model({"kind": "none"}, {}), "data": {"train": {"source": "a.en", "target": "a.de"}}},
            ["a language model reads no source", "give one file as `text`"],
        ),
        (
            {"data": {"train": {"text": "a.de"}}},
            ["text without a source", "language models"],
        ),
        (
            {**model({"kind": "none"}, {}), "training": {"early_stopping": {"metric": "bleu"}}},
            ['metric = "bleu" is not measured of this model'],
        ),
        ({"training": {"batch": {"partition": "random"}}}, ["is for language models"]),
        ({**model({"kind": "none"}, {}), "tokenizer": {"dropout": 0.1}}, ["for translators"]),
        ({"data": {"train": {"text": "a", "source": "b", "target": "c"}}}, ["give either both"]),
    ],
)
def test_one_clear_message(values: dict[str, Any], messages: list[str]) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_from(values)
    assert len(caught.value.problems) == 1
    for message in messages:
        assert message in str(caught.value)


def test_mistakes_of_both_halves_are_reported_at_once() -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_from(model({"kind": "gru", "layers": 0}, {"kind": "lstm", "dropout": 2.0}))
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("name", presets())
def test_every_preset_says_what_it_is(name: str) -> None:
    assert load_recipe(name).model.phrase
