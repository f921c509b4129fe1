"""Texts: those that a model reads, those whose words it tags, and those that a language model predicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Int

from dragoman.contracts import Layout, Packed
from dragoman.contracts.expect import expect
from dragoman.data.examples import Examples
from dragoman.fields.place import TablePlace
from dragoman.model.folder import LoadedModel
from dragoman.predict.given import texts_of
from dragoman.predict.inputs import longest_text
from dragoman.recipe import Recipe
from dragoman.reference.characters import shares_of_characters
from dragoman.reference.features import Features
from dragoman.reference.inputs.read_inputs import InputKind, ReadInputs
from dragoman.text.codec import Codec, masks_by_row
from dragoman.text.normalization import UNICODE_FORMS, normalize
from dragoman.text.placeholder_mask import Mask
from dragoman.text.ragged import Ragged
from dragoman.text.word_starts import word_starts

_NO_MASKS: Mapping[int, Mask] = MappingProxyType({})
_TOGETHER = 4096
"""Most tokens that go through a model together."""
LENGTH = "length in characters, as a logarithm"


class Texts(InputKind):
    """Texts that an encoder reads.

    A text is read as prediction reads it: normalised, its placeholders hidden, and only up to the most tokens that the
    model takes at once. A translator reads the rest of a longer text in further pieces, which are not measured here;
    the features of characters and tokens are of the whole text.
    """

    def of_examples(self, loaded: LoadedModel, examples: Examples) -> ReadInputs:
        """The sources, as text, so that they are read like any other."""
        return self.read(loaded, examples.source_texts())

    def of_given(self, loaded: LoadedModel, given: Iterable[object], table: TablePlace | None) -> ReadInputs:
        """Strings."""
        del table
        return self.read(loaded, texts_of(given))  # type: ignore[arg-type]  # it refuses all else

    def read(self, loaded: LoadedModel, texts: Sequence[str]) -> ReadInputs:
        """Encode texts and count what they consist of."""
        source = expect(loaded.source, Codec)
        return _masked(loaded.recipe, texts, source, source)


class TranslatedTexts(Texts):
    """Texts that are translated, so that the placeholders are hidden that both vocabularies have units for."""

    def read(self, loaded: LoadedModel, texts: Sequence[str]) -> ReadInputs:
        """Encode texts and count what they consist of."""
        return _masked(loaded.recipe, texts, *loaded.codecs)


class OwnTexts(Texts):
    """Texts that a language model predicts: they are what is read and what is said. Each is read by itself, also by a
    model that was trained on running text."""

    def of_examples(self, loaded: LoadedModel, examples: Examples) -> ReadInputs:
        """The targets, as there are no sources."""
        return self.read(loaded, examples.target_texts())

    def read(self, loaded: LoadedModel, texts: Sequence[str]) -> ReadInputs:
        """Encode texts and count what they consist of."""
        recipe, codec = loaded.recipe, expect(loaded.target, Codec)
        normalized = normalized_texts(texts, recipe, no_break_spaces=recipe.cleaning.no_break_spaces)
        ids = codec.encode_ragged(normalized, masks_by_row(normalized, codec, codec))
        features = _features(normalized, ids, codec, recipe.data.target_language)
        return _read(texts, ids.cut(longest_output(recipe)), codec, features)


class TaggedTexts(Texts):
    """Texts whose words are tagged; words are what white space stands between."""

    def read(self, loaded: LoadedModel, texts: Sequence[str]) -> ReadInputs:
        """Encode texts, count what they consist of, and find where their words begin."""
        recipe, codec = loaded.recipe, expect(loaded.source, Codec)
        form = UNICODE_FORMS[recipe.cleaning.unicode_form]
        # A word stays one word, whatever its characters are in that form.
        normalized = [" ".join("".join(form(word).split()) or word for word in text.split()) for text in texts]
        ids = codec.encode_ragged(normalized, {})
        features = _features(normalized, ids, codec, recipe.data.source_language)
        read = ids.cut(longest_text(recipe))
        return _read(texts, read, codec, features, words=word_starts(codec.tokenizer.vocabulary, read))


def longest_output(recipe: Recipe) -> int:
    """Tokens of the longest text whose probability is computed, without the end symbol."""
    most = recipe.cleaning.max_tokens
    return min(most, recipe.model.longest_output or most) - 1


def normalized_texts(texts: Sequence[str], recipe: Recipe, *, no_break_spaces: bool = False) -> list[str]:
    """Texts in the normal form that the model learnt from."""
    cleaning = recipe.cleaning
    form, collapse = UNICODE_FORMS[cleaning.unicode_form], cleaning.collapse_white_space
    return [normalize(text, form, collapse_white_space=collapse, no_break_spaces=no_break_spaces) for text in texts]


def _masked(recipe: Recipe, texts: Sequence[str], source: Codec, target: Codec) -> ReadInputs:
    normalized = normalized_texts(texts, recipe)
    masks = masks_by_row(normalized, source, target)
    ids = source.encode_ragged(normalized, masks)
    features = _features(normalized, ids, source, recipe.data.source_language)
    return _read(texts, ids.cut(longest_text(recipe)), source, features, masks=masks)


def _read(
    texts: Sequence[str],
    ids: Ragged,
    codec: Codec,
    features: Features,
    *,
    words: Ragged | None = None,
    masks: Mapping[int, Mask] = _NO_MASKS,
) -> ReadInputs:
    ended = ids.ended(codec.special.end)
    return ReadInputs(features, ended.lengths, _TOGETHER, EncodedTexts(ended), tuple(texts), words, masks)


class EncodedTexts:
    """Ids of texts, handed out in batches.

    Args:
        ids: the ids of each text, ended by the end symbol.
    """

    def __init__(self, ids: Ragged) -> None:
        self.ids = ids

    def __call__(self, rows: Int[np.ndarray, " B"]) -> Packed:
        """Texts ``rows``, in that order."""
        chosen = self.ids.select(rows)
        return Packed(torch.from_numpy(chosen.values.astype(np.int64)), Layout.of(torch.from_numpy(chosen.lengths)))


def _features(texts: Sequence[str], ids: Ragged, codec: Codec, language: str) -> Features:
    characters = np.array([len(text) for text in texts], dtype=np.float64)
    tokens = ids.lengths
    vocabulary = codec.tokenizer.vocabulary
    # Where no bytes spell what has no symbol of its own, it is unknown.
    unknown = vocabulary.special.unknown
    poorly_known = np.array([*vocabulary.byte_ids, *([] if unknown is None else [unknown])], dtype=np.int64)
    rows = np.repeat(np.arange(len(texts)), tokens)
    spelt = np.bincount(rows[np.isin(ids.values, poorly_known)], minlength=len(texts))
    return {
        LENGTH: np.log1p(characters),
        "length in tokens, as a logarithm": np.log1p(tokens),
        "characters a token": characters / np.maximum(tokens, 1),
        "share spelt in bytes": spelt / np.maximum(tokens, 1),
        **shares_of_characters(texts, language),
    }
