"""The second pass: tokenizers, and casing where it is asked for, from the training pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dragoman.contracts.expect import expect
from dragoman.data.cells import lines_of
from dragoman.data.training_part import TrainingPart
from dragoman.errors import InputError
from dragoman.recipe.data import TokenizerRecipe
from dragoman.storage.run_paths import model_in
from dragoman.storage.verified import VerifiedFolder
from dragoman.text.codec import Codec
from dragoman.text.codec_files import load_codecs
from dragoman.text.placeholder_mask import hide_lines, masks_of
from dragoman.text.segmenter import Segmenter
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.truecasing import Truecaser


def learn_codecs(part: TrainingPart, recipe: TokenizerRecipe, seed: int) -> tuple[Codec, Codec]:
    """The codecs of source and target, learnt from the training pairs or, of very many, from an even sample.

    Args:
        part: the training pairs.
        recipe: how text becomes ids.
        seed: draws the sample.

    Raises:
        InputError: if the recipe takes the vocabulary of a model that is not there.
    """
    if part.parent is not None and part.parent.vocabularies:
        known = {"source": expect(part.parent.source, Codec), "target": expect(part.parent.target, Codec)}
        return _extended_codecs(known, _sample(part, recipe.sample_pairs, seed))
    if recipe.model is not None:
        return codecs_of_model(recipe.model)
    sample = _sample(part, recipe.sample_pairs, seed)
    texts = {side: _Texts(sample, side, paired=True) for side in _SIDES}
    casing = {
        side: Truecaser.train(texts[side], language) if recipe.truecase else None
        for side, language in zip(_SIDES, part.languages, strict=True)
    }
    for side in _SIDES:
        texts[side].case = _casing(casing[side])

    if recipe.shared:
        both = _tokenizer(_Both(texts["source"], texts["target"]), recipe, part.units)
        learnt = dict.fromkeys(_SIDES, both)
    else:
        learnt = {side: _tokenizer(texts[side], recipe, part.units) for side in _SIDES}
    source, target = (Codec(learnt[side], casing[side], part.placeholders) for side in _SIDES)
    return source, target


_SIDES = ("source", "target")


def learn_codec(part: TrainingPart, side: str, recipe: TokenizerRecipe, seed: int) -> Codec:
    """The codec of examples of which one side is text.

    Args:
        part: the training examples.
        side: ``source`` or ``target``.
        recipe: how text becomes ids.
        seed: draws the sample.

    Raises:
        InputError: if the recipe takes the vocabulary of a model that is not there.
    """
    if part.parent is not None and part.parent.vocabularies:
        known = expect(part.parent.source if side == "source" else part.parent.target, Codec)
        texts = _known_texts(known, _sample(part, recipe.sample_pairs, seed), side)
        return _with_tokenizer(known, known.tokenizer.extended(texts, sorted(part.units)), part)
    if recipe.model is not None:
        return codecs_of_model(recipe.model)[_SIDES.index(side)]
    texts = _Texts(_sample(part, recipe.sample_pairs, seed), side)
    casing = Truecaser.train(texts, part.languages[_SIDES.index(side)]) if recipe.truecase else None
    texts.case = _casing(casing)
    return Codec(_tokenizer(texts, recipe, part.units), casing, part.placeholders)


def _extended_codecs(known: Mapping[str, Codec], part: TrainingPart) -> tuple[Codec, Codec]:
    """The codecs of a parent, with symbols for what the training pairs have and the parent lacks; where it has one
    tokenizer for both sides, so have they."""
    texts = {side: _known_texts(codec, part, side, paired=True) for side, codec in known.items()}
    units = sorted(part.units)
    if known["source"].tokenizer is known["target"].tokenizer:
        both = known["source"].tokenizer.extended(_Both(texts["source"], texts["target"]), units)
        extended = dict.fromkeys(_SIDES, both)
    else:
        extended = {side: codec.tokenizer.extended(texts[side], units) for side, codec in known.items()}
    source, target = (_with_tokenizer(known[side], extended[side], part) for side in _SIDES)
    return source, target


def _with_tokenizer(known: Codec, tokenizer: Segmenter, part: TrainingPart) -> Codec:
    return Codec(tokenizer, known.truecaser, known.placeholders.joined(part.placeholders))


def _known_texts(known: Codec, part: TrainingPart, side: str, *, paired: bool = False) -> _Texts:
    """One side of the training examples as a parent's tokenizer sees it."""
    return _Texts(replace(part, units=part.units | known.units), side, paired, _casing(known.truecaser))


def _tokenizer(texts: Iterable[str], recipe: TokenizerRecipe, units: frozenset[str]) -> Tokenizer:
    return Tokenizer.train(
        texts,
        kind=recipe.kind,
        vocabulary_size=recipe.vocabulary_size,
        single_digits=recipe.single_digits,
        units=sorted(units),
    )


def codecs_of_model(folder: Path) -> tuple[Codec, Codec]:
    """The codecs of source and target of a trained model, or of the best model of a run.

    Raises:
        InputError: if there is no model.
    """
    place = model_in(folder)
    if place is None:
        raise InputError(
            "`tokenizer.model` names no trained model",
            file=folder,
            remedy="give a folder written by `dragoman train`, such as RUN/best.",
        )
    return load_codecs(VerifiedFolder.open(place))


def _casing(truecaser: Truecaser | None) -> Callable[[str], str]:
    return str if truecaser is None else truecaser.truecase


def _sample(part: TrainingPart, most: int, seed: int) -> TrainingPart:
    rows = np.flatnonzero(part.chosen)
    if len(rows) <= most:
        return part
    sample = np.zeros(len(part.chosen), dtype=bool)
    sample[np.random.default_rng([seed, 1]).choice(rows, most, replace=False)] = True
    return replace(part, chosen=sample)


@dataclass(slots=True)
class _Texts:
    """One side of some examples, placeholders hidden; can be gone through several times."""

    part: TrainingPart
    side: str
    paired: bool = False
    case: Callable[[str], str] = str

    def __iter__(self) -> Iterator[str]:
        for batch in self.part:
            texts = lines_of(batch.sources if self.side == "source" else batch.targets)
            # A pair has the placeholders of its source; what has no source in text has its own.
            witness = lines_of(batch.sources) if self.paired else texts
            masks = masks_of(witness, self.part.units, self.part.placeholders)
            yield from map(self.case, hide_lines(texts, masks))


@dataclass(frozen=True, slots=True)
class _Both:
    """Two sides, one after the other."""

    source: _Texts
    target: _Texts

    def __iter__(self) -> Iterator[str]:
        yield from self.source
        yield from self.target
