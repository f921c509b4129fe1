"""Word alignment by attention: words as they were given, placeholders, pieces of long lines, empty lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.contracts import AnyBatch
from dragoman.contracts.expect import expect
from dragoman.errors import InputError, UnsupportedError
from dragoman.model.attention_weights import LayerWeights
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict import aligner
from dragoman.predict.aligner import aligning_attention
from dragoman.predict.pair_pieces import pair_pieces
from dragoman.predict.translator import Translator
from dragoman.recipe import recipe_from
from dragoman.text.codec import Codec, masks_for
from dragoman.text.placeholders import VARIABLES, PlaceholderSyntax
from dragoman.text.ragged import Ragged
from dragoman.text.token_words import token_words
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.word_starts import word_starts

LINES = ["the old house stands there .", "click here , please .", "one two three"] * 4
STACK = {"layers": 3, "width": 16, "feed_forward": 16, "heads": 2}
CODEC = Codec(
    Tokenizer.train(LINES, vocabulary_size=330, units=VARIABLES), placeholders=PlaceholderSyntax.of("mustache")
)


def made(decoder: dict[str, Any] = STACK, **sections: Any) -> Translator:
    """A translator with random weights in float64."""
    recipe = recipe_from({"model": {"encoder": STACK, "decoder": decoder, "tie": "decoder"}, **sections})
    model = build(recipe.model, CODEC.size, CODEC.size, seed=2).double().eval()
    return Translator(expect(model, EncoderDecoder), CODEC, CODEC, recipe)


@pytest.fixture
def monotone(monkeypatch: pytest.MonkeyPatch) -> Translator:
    """A translator whose target token t looks at source token t, or at the last one."""

    def planted(model: Any, batch: AnyBatch, layers: Sequence[Any]) -> list[LayerWeights]:
        sizes = zip(batch.sides["source"].layouts[0].lengths.tolist(), batch.target.unit_counts.tolist(), strict=True)
        rows = [np.eye(s)[np.clip(np.arange(t), 0, s - 1)][None] for s, t in sizes]
        return [LayerWeights(layers[0], rows)]

    monkeypatch.setattr(aligner, "attention_weights", planted)
    return made()


def test_links_are_of_the_words_that_were_given(monotone: Translator) -> None:
    """Also where white space was collapsed, and a placeholder with spaces inside is one sign for the model."""
    lines = ["  the \u00a0 old   house", "see {{ my name }} there", "x"]
    found = monotone.align(lines, lines)
    assert found[0].links == [(0, 0), (1, 1), (2, 2)]
    name = {(s, t) for s in (1, 2, 3, 4) for t in (1, 2, 3, 4)}
    assert {*found[1].links} == {(0, 0), *name, (5, 5)}
    assert (found[2].pharaoh, found[2].words) == ("0-0", [("x", "x")])
    assert found[0].source == ["the", "old", "house"]


def test_as_many_as_lines_and_empty_ones_have_no_links() -> None:
    translator = made()
    sources, targets = ["the house", "", " \u200b", "one", "one two"], ["das Haus", "x", "y", "", "eins zwei"]
    found = translator.align(sources, targets)
    assert [len(each.links) > 0 for each in found[1:4]] == [False] * 3
    assert found == [translator.align([s], [t])[0] for s, t in zip(sources, targets, strict=True)]
    assert found == [*translator.align_stream(zip(sources, targets, strict=True))]
    assert translator.align([], []) == []
    with pytest.raises(InputError, match="1 sources and 2 targets"):
        translator.align(["a"], ["b", "c"])


def test_a_long_line_is_aligned_piece_by_piece(monotone: Translator) -> None:
    recipe = monotone.recipe
    short = recipe.model_copy(update={"cleaning": recipe.cleaning.model_copy(update={"max_tokens": 9})})
    pieces = Translator(monotone.model, CODEC, CODEC, short)
    line = " ".join(["the old house stands there ."] * 9)
    (found,) = pieces.align([line], [line])
    assert found.links == [(word, word) for word in range(54)]


WORDS = st.lists(st.sampled_from([" a", " b", "c", ".", " d.", "。"]), max_size=30)


@given(WORDS, WORDS, st.integers(1, 6), st.integers(1, 6))
def test_pieces_of_a_pair_are_short_and_in_order(source: list[str], target: list[str], most: int, least: int) -> None:
    pieces = [*pair_pieces(source, target, limits=(most, least))]
    for side, length, limit in ((0, len(source), most), (1, len(target), least)):
        ends = [0, *(place for piece in pieces for place in piece[side]), length]
        assert ends == sorted(ends)
        assert all(0 < piece[side][1] - piece[side][0] <= limit for piece in pieces)
    if min(len(source), len(target)) >= 1:
        assert pieces
    if source == target and most == least:
        assert sum(piece[0][1] - piece[0][0] for piece in pieces) == len(source)


@given(st.lists(st.text(alphabet="abché .", min_size=1).filter(str.strip), min_size=1, max_size=5))
def test_words_of_tokens_begin_where_words_begin(lines: list[str]) -> None:
    texts = [" ".join(line.split()) for line in lines]
    ids = CODEC.encode_batch(texts, masks_for(texts, CODEC, CODEC))
    vocabulary = CODEC.tokenizer.vocabulary
    starts = word_starts(vocabulary, Ragged.of(ids)).to_lists()
    for row, places, text in zip(ids, starts, texts, strict=True):
        words = token_words([vocabulary.symbols[id] for id in row])
        assert [place for place, word in enumerate(words) if word not in words[:place]] == places
        assert words[-1] + 1 == len(text.split())


LSTM = {"kind": "lstm", "width": 16}


@pytest.mark.parametrize(
    ("decoder", "guide", "name", "heads"),
    [
        (STACK, {}, "decoder layer 3, to the source", 2),
        (STACK, {"weight": 1.0}, "decoder layer 2, to the source", 1),
        (STACK, {"weight": 1.0, "layer": 3, "heads": 2}, "decoder layer 3, to the source", 2),
        (STACK | {"layers": 1}, {}, "decoder layer 1, to the source", 2),
        (LSTM, {}, "decoder, to the source", 1),
        (LSTM, {"weight": 0.1}, "decoder, to the source", 1),
    ],
)
def test_the_attention_that_aligns(decoder: dict[str, Any], guide: dict[str, Any], name: str, heads: int) -> None:
    translator = made(decoder, training={"guided_alignment": guide})
    attention = aligning_attention(translator.model, translator.recipe)
    assert (attention.layer.name, attention.heads) == (name, heads)


def test_a_model_without_attention_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="cannot align words"):
        made(LSTM | {"attention": "none"}).align(["a"], ["b"])
