"""Word alignment by a translator's attention to the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from dragoman.alignment.attention_links import attention_links, word_weights
from dragoman.alignment.links import Link
from dragoman.contracts import Packed
from dragoman.data.bucketing import in_order
from dragoman.errors import UnsupportedError
from dragoman.model.attention_weights import AttentionLayer, Side, attention_layers, attention_weights
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.pair_pieces import Span, pair_pieces
from dragoman.predict.word_alignment import WordAlignment
from dragoman.recipe import Recipe
from dragoman.text.codec import Codec, masks_for
from dragoman.text.normalization import is_visible
from dragoman.text.placeholder_mask import Mask
from dragoman.text.token_words import given_words, token_words

_NO_LIMIT = 2**31

Normalize = Callable[[Sequence[str]], list[str]]


class AligningAttention(NamedTuple):
    """The attention that words are aligned by.

    Attributes:
        layer: the layer.
        heads: number of its heads whose mean is taken, the first ones.
    """

    layer: AttentionLayer
    heads: int

    def weights(self, heads: Float[np.ndarray, "H T S"]) -> Float[np.ndarray, "T S"]:
        """The weights of each target token, at the step that writes it, over the source tokens."""
        mean: Float[np.ndarray, "T S"] = heads[: self.heads].mean(0)
        return mean


def aligning_attention(model: EncoderDecoder, recipe: Recipe) -> AligningAttention:
    """The attention that words are aligned by: the heads that were guided in training if there are any; otherwise the
    mean of all heads of the last layer.

    Raises:
        UnsupportedError: if the model's decoder does not attend to the source.
    """
    crosses = [layer for layer in attention_layers(model) if layer.side is Side.CROSS]
    if not crosses:
        raise UnsupportedError(
            "this translator cannot align words",
            cause="its decoder has no attention to the source.",
            remedy="train a Transformer, or a recurrent decoder with an attention.",
        )
    guide, (_, heads) = recipe.training.guided_alignment, recipe.model.decoder.attending
    if guide.weight:
        return AligningAttention(crosses[guide.guided_layer(len(crosses)) - 1], guide.heads)
    return AligningAttention(crosses[-1], heads)


class _Side(NamedTuple):
    """The tokens of one side of a pair, and the words that they belong to.

    Attributes:
        ids: ids of the tokens.
        words: number of the word that each token belongs to, from 0.
        given: the words of the given line that each of these words stands for.
    """

    ids: list[int]
    words: list[int]
    given: list[range]

    def piece(self, span: Span) -> _Side:
        """Some of the tokens, whose words are numbered from 0 again."""
        words = self.words[slice(*span)]
        first, last = words[0], words[-1]
        return _Side(self.ids[slice(*span)], [word - first for word in words], self.given[first : last + 1])


class _Pair(NamedTuple):
    """A piece of a pair of lines, with the number of the lines."""

    line: int
    source: _Side
    target: _Side


class Aligner:
    """Aligns the words of pairs of lines.

    Args:
        model: a translator's model.
        source: codec of the source.
        target: codec of the target.
        recipe: recipe of the model.
        normalizers: functions that bring sources and targets into their normal forms.

    Raises:
        UnsupportedError: if the model's decoder does not attend to the source.
    """

    def __init__(
        self,
        model: EncoderDecoder,
        source: Codec,
        target: Codec,
        recipe: Recipe,
        normalizers: tuple[Normalize, Normalize],
    ) -> None:
        self.attention = aligning_attention(model, recipe)
        self._model = model
        self._source, self._target = source, target
        self._normalizers = normalizers
        self._batch_tokens = recipe.search.batch_tokens
        longest = (recipe.model.text_encoder.longest, recipe.model.token_decoder.longest)
        most, least = recipe.cleaning.max_tokens, 1
        source_limit, target_limit = (max(min(most, each or _NO_LIMIT) - 1, least) for each in longest)
        self._limits = source_limit, target_limit

    def align(self, sources: Sequence[str], targets: Sequence[str]) -> list[WordAlignment]:
        """The alignment of each pair. What stands beside a pair changes nothing in its alignment but rounding.

        Args:
            sources: lines of the source language.
            targets: their translations.
        """
        pairs = list(self._pairs(sources, targets))
        links: list[set[Link]] = [set() for _ in sources]
        for pair, weights in self._weights(pairs):
            words = word_weights(weights[:-1, :-1], pair.target.words, pair.source.words)
            for source, target in attention_links(words):
                given = pair.source.given[source], pair.target.given[target]
                links[pair.line].update(product(*given))
        return [
            WordAlignment(source.split(), target.split(), sorted(found))
            for source, target, found in zip(sources, targets, links, strict=True)
        ]

    def _pairs(self, sources: Sequence[str], targets: Sequence[str]) -> Iterator[_Pair]:
        """The pieces of all lines that have visible characters on both sides."""
        to_source, to_target = self._normalizers
        normal = to_source(sources), to_target(targets)
        lines = [n for n, both in enumerate(zip(*normal, strict=True)) if all(map(is_visible, both))]
        masks = masks_for([normal[0][line] for line in lines], self._source, self._target)
        source_ids, target_ids = (
            codec.encode_batch([side[line] for line in lines], masks)
            for codec, side in zip((self._source, self._target), normal, strict=True)
        )
        for line, mask, read, written in zip(lines, masks, source_ids, target_ids, strict=True):
            source = _side(sources[line], mask, read, self._source, to_source)
            target = _side(targets[line], mask, written, self._target, to_target)
            symbols = _symbols(self._source, read), _symbols(self._target, written)
            for one, other in pair_pieces(*symbols, limits=self._limits):
                yield _Pair(line, source.piece(one), target.piece(other))

    def _weights(self, pairs: Sequence[_Pair]) -> Iterator[tuple[_Pair, Float[np.ndarray, "T S"]]]:
        """The weights of each piece, both of whose sides end with the end symbol."""
        if not pairs:
            return
        sources = [[*pair.source.ids, self._source.special.end] for pair in pairs]
        targets = [[*pair.target.ids, self._target.special.end] for pair in pairs]
        lengths = [np.array([len(row) for row in side], dtype=np.int64) for side in (sources, targets)]
        for places in in_order(*lengths, tokens=self._batch_tokens):
            source, target = (
                Packed.of([side[place] for place in places], self._model.device) for side in (sources, targets)
            )
            (found,) = attention_weights(self._model, self._model.batch_of(source, target), [self.attention.layer])
            for place, heads in zip(places.tolist(), found.rows, strict=True):
                yield pairs[place], self.attention.weights(heads)


def _symbols(codec: Codec, ids: Sequence[int]) -> list[str]:
    return [codec.tokenizer.vocabulary.symbols[id] for id in ids]


def _side(line: str, mask: Mask, ids: list[int], codec: Codec, normalize: Normalize) -> _Side:
    """One side of a pair. If a tokenizer of another library normalised the text into another number of words, these are
    matched by their share."""
    words = token_words(_symbols(codec, ids))
    given, count = given_words(line, mask, lambda text: normalize([text])[0]), words[-1] + 1
    if len(given) != count:
        given = [given[number * len(given) // count] for number in range(count)]
    return _Side(ids, words, given)
