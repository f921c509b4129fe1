"""The second pass: tokenizers, and casing where it is asked for, from the training pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from dragoman.data.spool import Spool
from dragoman.errors import InputError
from dragoman.recipe.data import TokenizerRecipe
from dragoman.storage.verified import VerifiedFolder
from dragoman.text.codec import Codec
from dragoman.text.codec_files import load_codecs
from dragoman.text.line_placeholders import hide_lines, masks_of
from dragoman.text.placeholders import LEGACY_SYNTAX, PlaceholderSyntax
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.truecasing import Truecaser


def learn_codecs(
    spool: Spool,
    chosen: Bool[np.ndarray, " n"],
    recipe: TokenizerRecipe,
    units: frozenset[str],
    seed: int,
    *,
    languages: tuple[str, str] = ("", ""),
    placeholders: PlaceholderSyntax = LEGACY_SYNTAX,
    one_side: bool = False,
) -> tuple[Codec, Codec]:
    """The codecs of source and target, learnt from the chosen pairs or, of very many, from an even sample.

    Args:
        spool: all pairs.
        chosen: which of them may be learnt from.
        recipe: of the tokenizers.
        units: of placeholders, that get a symbol.
        seed: of the sample.
        languages: source and target, whose letters are cased; the empty text follows Unicode alone.
        placeholders: what counts as one.
        one_side: whether both sides are the same text, so that one codec serves both.

    Raises:
        InputError: if the recipe takes the vocabulary of a model that is not there.
    """
    if recipe.model is not None:
        codec = codec_of_model(recipe.model)
        return codec, codec
    sample = _sample(chosen, recipe.sample_pairs, seed)
    texts = {side: _Texts(spool, sample, side, units, placeholders) for side in _SIDES}
    casing = {
        side: Truecaser.train(texts[side], language) if recipe.truecase else None
        for side, language in zip(_SIDES, languages, strict=True)
    }
    for side in _SIDES:
        texts[side].case = _casing(casing[side])

    def learn(learnt_from: _Texts | _Both) -> Tokenizer:
        return Tokenizer.train(
            learnt_from,
            kind=recipe.kind,
            vocabulary_size=recipe.vocabulary_size,
            single_digits=recipe.single_digits,
            units=sorted(units),
        )

    if one_side:
        alone = Codec(learn(texts["target"]), casing["target"], placeholders)
        return alone, alone
    if recipe.shared:
        both = learn(_Both(texts["source"], texts["target"]))
        learnt = dict.fromkeys(_SIDES, both)
    else:
        learnt = {side: learn(texts[side]) for side in _SIDES}
    source, target = (Codec(learnt[side], casing[side], placeholders) for side in _SIDES)
    return source, target


_SIDES = ("source", "target")


def codec_of_model(folder: Path) -> Codec:
    """The target codec of a trained model, or of the best model of a run.

    Raises:
        InputError: if there is no model.
    """
    place = next((place for place in (folder, folder / "best") if (place / "model.json").is_file()), None)
    if place is None:
        raise InputError(
            "`tokenizer.model` names no trained model",
            file=folder,
            remedy="give a folder written by `dragoman train`, such as RUN/best.",
        )
    return load_codecs(VerifiedFolder.open(place))[1]


def _casing(truecaser: Truecaser | None) -> Callable[[str], str]:
    return str if truecaser is None else truecaser.truecase


def _sample(chosen: Bool[np.ndarray, " n"], most: int, seed: int) -> Bool[np.ndarray, " n"]:
    rows = np.flatnonzero(chosen)
    if len(rows) <= most:
        return chosen
    sample = np.zeros(len(chosen), dtype=bool)
    sample[np.random.default_rng([seed, 1]).choice(rows, most, replace=False)] = True
    return sample


@dataclass(slots=True)
class _Texts:
    """One side of the chosen pairs, placeholders hidden; can be gone through several times."""

    spool: Spool
    chosen: Bool[np.ndarray, " n"]
    side: str
    units: frozenset[str]
    placeholders: PlaceholderSyntax
    case: Callable[[str], str] = str

    def __iter__(self) -> Iterator[str]:
        begin = 0
        for batch in self.spool:
            rows = np.flatnonzero(self.chosen[begin : begin + len(batch)])
            begin += len(batch)
            masks = masks_of(batch.sources.select(rows), self.units, self.placeholders)
            texts = batch.sources if self.side == "source" else batch.targets
            yield from map(self.case, hide_lines(texts.select(rows), masks))


@dataclass(frozen=True, slots=True)
class _Both:
    """Two sides, one after the other."""

    source: _Texts
    target: _Texts

    def __iter__(self) -> Iterator[str]:
        yield from self.source
        yield from self.target
