"""Recipes of the whole grid: what goes in and comes out, what is tied, and one clear message for each mistake."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import RecipeError
from dragoman.recipe import Recipe, dump_recipe, load_recipe, presets, recipe_from

TEXT = ("transformer", "rnn", "gru", "lstm", "convolution")
PICTURE = ("lenet", "residual")
WRITERS = ("transformer", "rnn", "gru", "lstm")
SIZE = {"height": 16, "width": 16}


def recipe(encoder: dict[str, Any] | str, decoder: dict[str, Any] | str, **sections: Any) -> Recipe:
    model = {
        "encoder": {"kind": encoder} if isinstance(encoder, str) else encoder,
        "decoder": {"kind": decoder} if isinstance(decoder, str) else decoder,
        **sections.pop("model", {}),
    }
    return recipe_from({"pictures": SIZE, **sections, "model": model})


CELLS = [
    *(
        (encoder, decoder, "text", says)
        for encoder in TEXT
        for decoder, says in (("label", "label"), ("number", "number"))
    ),
    *((encoder, decoder, "picture", decoder) for encoder in PICTURE for decoder in ("label", "number")),
    *((encoder, decoder, "picture", "text") for encoder in PICTURE for decoder in WRITERS),
    ("residual", "ctc", "picture", "text"),
    *((encoder, decoder, "row", decoder) for encoder in ("linear", "mlp") for decoder in ("label", "number")),
    *((encoder, decoder, "text", "text") for encoder in TEXT for decoder in WRITERS),
    *(("none", decoder, "nothing", "text") for decoder in WRITERS),
]


@pytest.mark.parametrize(("encoder", "decoder", "reads", "says"), CELLS)
def test_what_goes_in_and_comes_out(encoder: str, decoder: str, reads: str, says: str, tmp_path: Path) -> None:
    """And the recipe that is written is the one that is read."""
    found = recipe(encoder, decoder)
    assert (found.model.input_kind, found.model.output_kind) == (reads, says)
    assert found.model.is_translator == ((reads, says) == ("text", "text"))
    assert found.model.is_language_model == (reads == "nothing")
    assert found.model.phrase
    (tmp_path / "recipe.toml").write_text(dump_recipe(found), encoding="utf-8")
    assert load_recipe(tmp_path / "recipe.toml") == found


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_fully_connected_encoders_read_pictures_if_they_are_told_to(kind: str) -> None:
    found = recipe({"kind": kind, "reads": "picture"}, "label")
    assert (found.model.input_kind, found.model.output_kind) == ("picture", "label")


def test_a_linear_encoder_has_no_hidden_layers_whatever_is_said() -> None:
    assert recipe({"kind": "linear", "hidden": [7]}, "label").model.encoder.layers == ()  # type: ignore[union-attr]
    assert recipe({"kind": "mlp", "hidden": [7]}, "label").model.encoder.layers == (7,)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("encoder", "decoder", "tie"),
    [
        *((encoder, decoder, "none") for encoder in TEXT for decoder in ("label", "number")),
        *((encoder, "label", "none") for encoder in ("lenet", "residual", "linear", "mlp")),
        ("residual", "ctc", "none"),
        *((encoder, decoder, "decoder") for encoder in PICTURE for decoder in WRITERS),
        ("none", "lstm", "decoder"),
        ("transformer", "transformer", "all"),
    ],
)
def test_what_is_tied_where_nothing_is_said(encoder: str, decoder: str, tie: str) -> None:
    assert recipe(encoder, decoder).model.tie == tie


def test_the_loss_of_a_random_field_is_not_smoothed_where_nothing_is_said() -> None:
    made = recipe("gru", "crf")
    assert made.training.label_smoothing == 0
    assert recipe_from(tomllib.loads(dump_recipe(made))) == made
    assert recipe("gru", "tags").training.label_smoothing > 0


def test_separate_vocabularies_change_nothing_where_there_is_no_target_embedding() -> None:
    for decoder in ("label", "number"):
        assert recipe("gru", decoder, tokenizer={"shared": False}).model.tie == "none"
    assert recipe("residual", "ctc", tokenizer={"shared": False}).model.tie == "none"


def test_the_former_name_of_ctc_is_read() -> None:
    former = recipe("residual", "alignment", tokenizer={"shared": False})
    assert former == recipe("residual", "ctc", tokenizer={"shared": False})
    assert '"alignment"' not in dump_recipe(former)


PRESETS = {
    "reader": ("picture", "text"),
    "picture-label": ("picture", "label"),
    "row-label": ("row", "label"),
    "row-number": ("row", "number"),
    "text-label": ("text", "label"),
    "text-number": ("text", "number"),
    "text-tags": ("text", "tags"),
}


@pytest.mark.parametrize("preset", list(PRESETS))
def test_presets(preset: str) -> None:
    assert preset in presets()
    found = load_recipe(preset)
    assert (found.model.input_kind, found.model.output_kind) == PRESETS[preset]


@pytest.mark.parametrize(
    ("preset", "changes"),
    [
        ("picture-label", {"model": {"encoder": {"kind": "mlp", "reads": "picture"}}}),
        ("picture-label", {"model": {"encoder": {"kind": "linear", "reads": "picture"}}}),
        ("picture-label", {"model": {"encoder": {"kind": "residual"}}}),
        ("row-number", {"model": {"encoder": {"kind": "linear"}}}),
        ("text-label", {"model": {"encoder": {"kind": "gru"}}}),
        ("reader", {"model": {"decoder": {"kind": "lstm"}}}),
        ("text-tags", {"model": {"decoder": {"kind": "crf"}}}),
    ],
)
def test_one_word_changes_the_kind_of_a_preset(preset: str, changes: dict[str, Any]) -> None:
    before, after = load_recipe(preset), load_recipe(preset, changes=changes)
    assert (after.model.input_kind, after.model.output_kind) == (before.model.input_kind, before.model.output_kind)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "alignments of a text": (
        {"model": {"encoder": {"kind": "gru"}, "decoder": {"kind": "ctc"}}},
        r'"ctc" puts a symbol at each place across a picture.*"gru".*use encoder.kind = "residual"',
    ),
    "alignments of a picture that becomes one state": (
        {"pictures": SIZE, "model": {"encoder": {"kind": "lenet"}, "decoder": {"kind": "ctc"}}},
        r'"lenet" has no such places',
    ),
    "text of a row": (
        {"model": {"encoder": {"kind": "linear"}, "decoder": {"kind": "lstm"}}},
        r'"lstm" writes text, and encoder.kind = "linear" is for labels and numbers',
    ),
    "alignments of a row": (
        {"model": {"encoder": {"kind": "mlp"}, "decoder": {"kind": "ctc"}}},
        r'"ctc" writes text, and encoder.kind = "mlp" is for labels and numbers',
    ),
    "labels of nothing": (
        {"model": {"encoder": {"kind": "none"}, "decoder": {"kind": "label"}}},
        r'"label" needs something to speak of, and encoder.kind is "none"',
    ),
    "alignments of nothing": (
        {"model": {"encoder": {"kind": "none"}, "decoder": {"kind": "ctc"}}},
        r'"ctc" needs something to speak of',
    ),
    "tied labels": (
        {"model": {"encoder": {"kind": "gru"}, "decoder": {"kind": "label"}, "tie": "decoder"}},
        r'tie = "decoder" needs a target embedding, and decoder.kind = "label" has none; use "none"',
    ),
    "all tied to a picture": (
        {"model": {"encoder": {"kind": "residual"}, "decoder": {"kind": "gru"}, "tie": "all"}},
        r'tie = "all" needs a source embedding, and encoder.kind = "residual" reads no text',
    ),
    "dot products of other widths": (
        {
            "model": {
                "encoder": {"kind": "residual", "width": 64},
                "decoder": {"kind": "gru", "width": 32, "attention": "dot"},
            }
        },
        r"states are 32 wide and the encoder's 64; use decoder.width = 64",
    ),
    "pictures without a width for LeNet": (
        {"model": {"encoder": {"kind": "lenet"}, "decoder": {"kind": "label"}}},
        r'"lenet" reads pictures of one size; give pictures.width',
    ),
    "pictures without a width for a perceptron": (
        {"model": {"encoder": {"kind": "mlp", "reads": "picture"}, "decoder": {"kind": "label"}}},
        r'"mlp" reads pictures of one size; give pictures.width',
    ),
    "pictures too small for LeNet": (
        {
            "pictures": {"height": 28, "width": 11},
            "model": {"encoder": {"kind": "lenet"}, "decoder": {"kind": "label"}},
        },
        r"leaves nothing of pictures of 28 × 11 pixels; use 12 × 12 or more",
    ),
    "one channel too many for LeNet": (
        {
            "pictures": SIZE,
            "model": {"encoder": {"kind": "lenet", "channels": [1, 2, 3]}, "decoder": {"kind": "label"}},
        },
        r"channels",
    ),
    "two channels of colour": ({"pictures": {"channels": 2}}, r"pictures.channels"),
    "a label without a text": (
        {"data": {"train": {"path": "t.csv", "label": "en"}}, "model": {"decoder": {"kind": "label"}}},
        r'label = "en" says what a `text` is, and there is no `text`',
    ),
    "a text without a label": (
        {"data": {"train": {"text": "t.txt"}}, "model": {"encoder": {"kind": "gru"}, "decoder": {"kind": "label"}}},
        r"t\.txt has no label",
    ),
    "a label for a number": (
        {
            "data": {"train": {"text": "t.txt", "label": "en"}},
            "model": {"encoder": {"kind": "gru"}, "decoder": {"kind": "number"}},
        },
        r'label = "en" is for models that read text and say labels',
    ),
    "a text for a translator": (
        {"data": {"train": {"text": "t.txt"}}},
        r"t\.txt is text without a source, which is for language models .* and for readers of pictures",
    ),
    "lines of text for pictures": (
        {
            "data": {"train": {"source": "a", "target": "b"}},
            "model": {"encoder": {"kind": "residual"}, "decoder": {"kind": "ctc"}},
        },
        r"a and b are lines of text, and this model reads a picture; give a table as `path`",
    ),
    "lines of text for rows": (
        {
            "data": {"validation": {"source": "a", "target": "b"}},
            "model": {"encoder": {"kind": "linear"}, "decoder": {"kind": "number"}},
        },
        r"data\.validation: a and b are lines of text, and this model reads a row",
    ),
    "pairs for a language model": (
        {"data": {"train": {"path": "t.csv"}}, "model": {"encoder": {"kind": "none"}}},
        r"t\.csv holds pairs, and a language model reads no source",
    ),
    "dropout of segments in a label's text": (
        {"tokenizer": {"dropout": 0.1}, "model": {"encoder": {"kind": "gru"}, "decoder": {"kind": "label"}}},
        r"tokenizer.dropout and tokenizer.sampling are for translators",
    ),
    "windows of a table": (
        {
            "training": {"batch": {"partition": "random"}},
            "model": {"encoder": {"kind": "linear"}, "decoder": {"kind": "label"}},
        },
        r'partition = "random" is for language models',
    ),
    "even kernels": (
        {"model": {"encoder": {"kind": "convolution", "taps": 4}, "decoder": {"kind": "label"}}},
        r"4 taps",
    ),
    "an unknown loss": (
        {"model": {"encoder": {"kind": "mlp"}, "decoder": {"kind": "number", "loss": "cubic"}}},
        r"loss",
    ),
    "smoothing of sequences": (
        {
            "training": {"label_smoothing": 0.1},
            "model": {"encoder": {"kind": "gru"}, "decoder": {"kind": "crf"}},
        },
        r'label_smoothing = 0.1 spreads probability over the tags of each word, .*"crf".*use 0.0',
    ),
    **{
        f"R-Drop of a decoder {kind}": (
            {"training": {"r_drop": 5.0}, "model": {"encoder": {"kind": encoder}, "decoder": {"kind": kind}}},
            rf'r_drop = 5 compares two predictions .*"{kind}".*"transformer", "rnn", "gru", "lstm", "label" or "tags"',
        )
        for kind, encoder in (("ctc", "residual"), ("number", "gru"), ("crf", "gru"))
    },
    **{
        f"R-Drop where nothing is dropped, {encoder}": (
            {
                "training": {"r_drop": 5.0},
                "model": {"encoder": {"kind": encoder, "dropout": rate}, "decoder": {"kind": "label"}},
            },
            r"all dropout rates of the model are 0; give a rate, or leave it out",
        )
        for encoder, rate in (("gru", 0.0), ("linear", 0.5))
    },
    "an unknown kind": ({"model": {"encoder": {"kind": "vgg"}}}, r"vgg.*residual"),
    "more noise than there is": ({"rendering": {"noisy": 1.5}}, r"rendering.noisy"),
}


@pytest.mark.parametrize("mistake", list(REFUSED))
def test_each_mistake_has_one_message(mistake: str) -> None:
    values, message = REFUSED[mistake]
    with pytest.raises(RecipeError, match=message) as found:
        recipe_from(values)
    assert len(found.value.problems) == 1


METRICS = {
    "text": ("bleu", "chrf"),
    "reading": ("cer", "wer"),
    "label": ("accuracy", "macro_f1"),
    "number": ("rmse", "mae"),
}
WATCHED = {
    "text": ("gru", "gru"),
    "reading": ("residual", "ctc"),
    "label": ("gru", "label"),
    "number": ("linear", "number"),
}


@pytest.mark.parametrize(("kind", "of"), list(itertools.product(WATCHED, METRICS)))
def test_only_what_is_measured_can_be_watched(kind: str, of: str) -> None:
    for metric in METRICS[of]:
        training = {"early_stopping": {"metric": metric}}
        if kind == of:
            recipe(*WATCHED[kind], training=training)
            continue
        with pytest.raises(RecipeError, match=rf'"{metric}" is not measured of this model; known: loss, '):
            recipe(*WATCHED[kind], training=training)


def test_a_loss_can_always_be_watched() -> None:
    for encoder, decoder in WATCHED.values():
        assert recipe(encoder, decoder, training={"early_stopping": {"metric": "loss"}})


def test_texts_with_labels_are_called_by_their_label() -> None:
    corpora = [{"text": "a/lines.txt", "label": "en"}, {"text": "b/lines.txt", "label": "de"}]
    found = recipe("gru", "label", data={"train": corpora})
    assert [corpus.title for corpus in found.data.train] == ["en", "de"]


def test_a_reader_learns_from_text_and_is_tested_on_pictures() -> None:
    found = recipe("residual", "ctc", data={"train": {"text": "t.txt"}, "test": {"path": "scans.csv"}})
    assert found.data.train[0].text is not None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"encoder": {"kind": "lenet"}}}, 'encoder.kind = "lenet" reads no text; use encoder.kind = "transf'),
        ({"cleaning": {"collapse_white_space": False}}, "leaves it open where a word ends"),
        ({"training": {"early_stopping": {"metric": "macro_f1"}}}, "known: loss, accuracy, span_f1"),
    ],
)
def test_tags_need_the_words_of_a_text(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load_recipe("text-tags", changes=changes)
