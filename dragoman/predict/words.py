"""The words of texts, each of which something is predicted of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int

from dragoman.contracts import Packed
from dragoman.contracts.expect import expect
from dragoman.data.bucketing import in_order
from dragoman.errors import InputError
from dragoman.fields.field import Field
from dragoman.fields.place import TablePlace
from dragoman.predict.inputs import Given, Log, SourceBatch, Texts, longest_text
from dragoman.recipe import Recipe
from dragoman.text.codec import Codec
from dragoman.text.normalization import UNICODE_FORMS
from dragoman.text.word_starts import word_starts


class Words(Texts):
    """Texts, of whose every word something is predicted; words are what white space stands between."""

    counted = "words"

    def counts(self, given: Given) -> list[int]:
        """The number of words of each text."""
        return [len(text.split()) for text in expect(given, list)]

    def blank(self, given: Given) -> list[int]:
        """None: a text without words has no output."""
        del given
        return []

    def batches(
        self, field: Field, recipe: Recipe, given: Given, log: Log, table: TablePlace | None
    ) -> Iterator[SourceBatch]:
        """Texts of similar length together; one that is too long for the model is read in pieces, cut at words."""
        del table
        codec, most = expect(field, Codec), longest_text(recipe)
        pieces: list[_Piece] = []
        word = long = 0
        for ids, first in _encoded(codec, recipe, expect(given, list)):
            found = list(_pieces(ids, first, word, most))
            long += len(found) > 1
            pieces += found
            word += len(first)
        if long:
            log(f"{long:,} texts have more than {most:,} tokens; they are read in pieces")
        lengths = np.array([len(piece.ids) for piece in pieces], dtype=np.int64)
        for places in reversed(in_order(lengths, lengths, tokens=recipe.search.batch_tokens) if len(pieces) else []):
            chosen = [pieces[place] for place in places]
            source = Packed.of([[*piece.ids, codec.special.end] for piece in chosen])
            starts = source.layout.starts.tolist()
            rows = [start + place for start, piece in zip(starts, chosen, strict=True) for place in piece.first]
            words = [piece.word + number for piece in chosen for number in range(len(piece.first))]
            yield SourceBatch(np.array(words, dtype=np.int64), source, torch.tensor(rows))


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some words of a text that are read together.

    Attributes:
        ids: ids of their tokens.
        first: the place in ``ids`` where each word begins.
        word: the number of the first of them, among the words of all texts.
    """

    ids: list[int]
    first: list[int]
    word: int


def _encoded(codec: Codec, recipe: Recipe, texts: Sequence[str]) -> Iterator[tuple[list[int], list[int]]]:
    """The ids of each text, and where in them its words begin."""
    form = UNICODE_FORMS[recipe.cleaning.unicode_form]
    # A word stays one word, whatever its characters are in that form.
    words = [["".join(form(word).split()) or word for word in text.split()] for text in texts]
    ids = codec.encode_ragged([" ".join(of_text) for of_text in words], {})
    first = word_starts(codec.tokenizer.vocabulary, ids)
    wrong = np.flatnonzero(first.lengths != np.array(list(map(len, words)), dtype=np.int64))
    if len(wrong):
        raise InputError(
            f"text {wrong[0] + 1:,} has {len(words[wrong[0]]):,} words, and the vocabulary tells "
            f"{first.lengths[wrong[0]]:,} apart",
            cause="a tokenizer that was learnt elsewhere and changes spaces.",
            remedy="train a model whose vocabulary is learnt from its own texts.",
        )
    return zip(ids.to_lists(), first.to_lists(), strict=True)


def _pieces(ids: list[int], first: list[int], word: int, most: int) -> Iterator[_Piece]:
    """Groups of as many words as have at most ``most`` tokens together; a longer word is cut to its beginning."""
    begins: Int[np.ndarray, " w"] = np.array(first, dtype=np.int64)
    ends = np.append(begins[1:], len(ids))
    at = 0
    while at < len(first):
        end = max(int(np.searchsorted(ends, begins[at] + most, side="right")), at + 1)
        tokens = ids[begins[at] : ends[end - 1]][:most]
        yield _Piece(tokens, (begins[at:end] - begins[at]).tolist(), word + at)
        at = end
