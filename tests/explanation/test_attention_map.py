"""Maps of attention: tokens, summaries in numbers and words, tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dragoman.explanation.attention_map import AttentionMap, attention_frame, attention_maps, head_summaries
from dragoman.model.attention_weights import AttentionLayer, LayerWeights, Side

EVEN = np.full((4, 4), 0.25)


def moved(by: int, length: int = 4) -> np.ndarray:
    """The weights of a head that looks ``by`` tokens away; where there is none, at the nearest."""
    return np.eye(length)[np.clip(np.arange(length) + by, 0, length - 1)]


def map_of(side: Side, *heads: np.ndarray) -> AttentionMap:
    (length, width), tokens = heads[0].shape, [f"t{n}" for n in range(9)]
    return AttentionMap("a layer", tokens[:length], tokens[:width], np.stack(heads), side)


@pytest.mark.parametrize(
    ("side", "weights", "words"),
    [
        (Side.ENCODER, moved(0), "mostly looks at the token itself"),
        (Side.ENCODER, moved(-1), "mostly looks at the previous token"),
        (Side.ENCODER, moved(1), "mostly looks at the next token"),
        (Side.ENCODER, moved(-9), "mostly looks at the first token"),
        (Side.ENCODER, moved(9), "mostly looks at the last token"),
        (Side.ENCODER, EVEN, "looks at about 4.0 tokens at a time"),
        (Side.DECODER, moved(-1), "mostly looks at the previous token"),
        (Side.CROSS, np.eye(6)[[0, 2, 3, 5]], "mostly looks at the token at the same relative place"),
    ],
)
def test_a_head_in_words(side: Side, weights: np.ndarray, words: str) -> None:
    assert map_of(side, weights).summaries()[0].words == words


def test_numbers_of_a_head() -> None:
    causal = np.array([[1.0, 0, 0], [0.5, 0.5, 0], [0.2, 0.3, 0.5]])
    (head,) = map_of(Side.DECODER, causal).summaries()
    # The first query sees one key alone, so it says nothing about the head.
    assert head.shares == pytest.approx({"itself": 0.5, "previous": 0.4, "first": 0.35})
    of_last = -sum(p * math.log(p) for p in (0.2, 0.3, 0.5))
    assert head.entropy == pytest.approx((math.log(2) + of_last) / 3)


def test_a_summary_over_sentences_counts_every_query_once() -> None:
    one, other = map_of(Side.ENCODER, moved(0, 2)), map_of(Side.ENCODER, EVEN)
    (head,) = head_summaries([one, other])
    assert head.shares["itself"] == pytest.approx((2 * 1.0 + 4 * 0.25) / 6)
    alone = AttentionMap("a layer", ["x"], ["x"], np.ones((1, 1, 1)), Side.ENCODER)
    assert alone.summaries()[0].shares == {}
    assert alone.summaries()[0].words == "looks at about 1.0 tokens at a time"


def test_maps_of_a_sentence_and_their_table() -> None:
    weights = np.array([[[0.9, 0.1], [0.3, 0.7]], [[0.5, 0.5], [1.0, 0.0]]])
    layers = [
        LayerWeights(AttentionLayer("decoder.blocks.0.self_attention", Side.DECODER, 1), [weights]),
        LayerWeights(AttentionLayer("decoder.blocks.0.cross_attention", Side.CROSS, 1), [weights]),
    ]
    own, cross = attention_maps(layers, 0, source=["▁a", "</s>"], read=["<s>", "▁x"], written=["▁x", "</s>"])
    assert (own.queries, own.keys) == (["<s>", "▁x"], ["<s>", "▁x"])
    assert (cross.name, cross.queries) == ("decoder layer 1, to the source", ["▁x", "</s>"])
    frame = attention_frame([own, cross])
    assert len(frame) == 16
    found = frame[(frame.layer == cross.name) & (frame["head"] == 2) & (frame["query"] == 1) & (frame["key"] == 0)]
    assert found[["query_token", "key_token", "weight"]].values.tolist() == [["</s>", "▁a", 1.0]]
    assert cross.to_dict()["heads"] == weights.tolist()
    assert max(map(len, cross.as_text().splitlines())) <= 80
