"""Text in, text out: a model, its tokenizers and a search."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
import torch

from dragoman.contracts import Ending, Hypothesis, Packed
from dragoman.data.bucketing import in_order
from dragoman.errors import InputError
from dragoman.model.device import choose_device
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import load_model
from dragoman.recipe import Recipe
from dragoman.search.beam import beam_search
from dragoman.search.greedy import greedy_search
from dragoman.search.length_penalty import LengthPenalty
from dragoman.text.normalization import UNICODE_FORMS, is_visible, normalize
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.vocabulary import END, PADDING, START, UNKNOWN

if TYPE_CHECKING:
    from pandas import Series

_CHUNK = 4096
_NEVER_WRITTEN = (PADDING, UNKNOWN, START)


@dataclass(frozen=True, slots=True)
class Translation:
    """One translation of one line.

    Attributes:
        text: the translation.
        score: what the search ranked it by; comparable between translations of one line only.
        log_probability: natural logarithm of its probability.
        ending: whether the model ended it, or the search had to.
        tokens: symbols it was written with.
    """

    text: str
    score: float
    log_probability: float
    ending: Ending
    tokens: int

    @property
    def flagged(self) -> bool:
        """Whether the search had to end it, so that a person should look at it."""
        return self.ending is not Ending.COMPLETE


_EMPTY = Translation("", 0.0, 0.0, Ending.COMPLETE, 0)


class Translator:
    """Translates lines of text.

    Args:
        model: the encoder and decoder; used in evaluation mode.
        source_tokenizer: text to the encoder's ids.
        target_tokenizer: the decoder's ids to text.
        recipe: how text is normalised, and how outputs are searched for unless a call says otherwise.
    """

    def __init__(
        self, model: EncoderDecoder, source_tokenizer: Tokenizer, target_tokenizer: Tokenizer, recipe: Recipe
    ) -> None:
        self.model = model
        self.source_tokenizer = source_tokenizer
        self.target_tokenizer = target_tokenizer
        self.recipe = recipe

    @classmethod
    def load(cls, folder: Path | str, *, device: str = "auto") -> Translator:
        """The model in ``folder``, on ``auto``, ``cpu``, ``cuda`` or ``mps``."""
        loaded = load_model(folder, choose_device(device))
        return cls(loaded.model, loaded.source_tokenizer, loaded.target_tokenizer, loaded.recipe)

    @overload
    def translate(self, texts: str, *, beam: int | None = ..., length_penalty: float | None = ...) -> str: ...
    @overload
    def translate(
        self, texts: list[str], *, beam: int | None = ..., length_penalty: float | None = ...
    ) -> list[str]: ...
    @overload
    def translate(
        self, texts: Series[str], *, beam: int | None = ..., length_penalty: float | None = ...
    ) -> Series[str]: ...

    def translate(
        self,
        texts: str | list[str] | Series[str],
        *,
        beam: int | None = None,
        length_penalty: float | None = None,
    ) -> str | list[str] | Series[str]:
        """The best translation of each text.

        Args:
            texts: one text, a list, or a pandas Series, whose index and name the result then has. An empty text, and a
                missing value of a Series, gives an empty translation.
            beam: live hypotheses; 1 is greedy search. By default the recipe's.
            length_penalty: exponent α; by default the recipe's.

        Raises:
            InputError: if an item is not text.
        """
        if isinstance(texts, str):
            return self.translate([texts], beam=beam, length_penalty=length_penalty)[0]
        if isinstance(texts, (list, tuple)):
            return [item.text for item in self.stream(texts, beam=beam, length_penalty=length_penalty)]
        filled = texts.astype(object).where(texts.notna(), "")
        outputs = self.translate(filled.tolist(), beam=beam, length_penalty=length_penalty)
        return type(texts)(outputs, index=texts.index, name=texts.name, dtype=object)

    def n_best(
        self, texts: Sequence[str], count: int, *, beam: int | None = None, length_penalty: float | None = None
    ) -> list[list[Translation]]:
        """Up to ``count`` translations of each text, best first; the beam is at least ``count`` wide."""
        width = max(beam or self.recipe.search.beam, count)
        return self._translate_chunk(list(texts), 0, width, count, length_penalty)

    def stream(
        self, lines: Iterable[str], *, beam: int | None = None, length_penalty: float | None = None
    ) -> Iterator[Translation]:
        """The best translation of each line, in order, however many there are: some thousand are held at a time."""
        lines = iter(lines)
        done = 0
        while chunk := list(itertools.islice(lines, _CHUNK)):
            width = beam or self.recipe.search.beam
            for translations in self._translate_chunk(chunk, done, width, 1, length_penalty):
                yield translations[0]
            done += len(chunk)

    def _translate_chunk(
        self, texts: list[str], first: int, width: int, count: int, length_penalty: float | None
    ) -> list[list[Translation]]:
        rows = self._encode(texts, first)
        results: list[list[Translation]] = [[_EMPTY] for _ in texts]
        filled = np.array([index for index, row in enumerate(rows) if len(row) > 1], dtype=np.int64)
        if not len(filled):
            return results
        lengths = np.array([len(rows[index]) for index in filled], dtype=np.int64)
        budget = max(self.recipe.search.batch_tokens // width, 1)
        # From long to short, so that a line too long for the memory is met first.
        for places in reversed(in_order(lengths, lengths, tokens=budget)):
            indices = filled[places]
            found = self._search([rows[index] for index in indices], width, count, length_penalty)
            for index, hypotheses in zip(indices, found, strict=True):
                results[index] = self._decode(hypotheses)
        return results

    def _encode(self, texts: list[str], first: int) -> list[list[int]]:
        cleaning = self.recipe.cleaning
        form, collapse = UNICODE_FORMS[cleaning.unicode_form], cleaning.collapse_white_space
        for number, text in enumerate(texts, start=first + 1):
            if not isinstance(text, str):
                raise InputError(
                    f"item {number} is {text!r}, which is {type(text).__name__} and not text",
                    remedy="give a list of strings.",
                )
        normalized = [normalize(text, form, collapse_white_space=collapse) for text in texts]
        # A line without anything visible is translated to an empty one, whatever normalisation leaves of it.
        visible = [text if is_visible(text) else "" for text in normalized]
        return [[*row, END] for row in self.source_tokenizer.encode_batch(visible)]

    def _search(
        self, rows: list[list[int]], width: int, count: int, length_penalty: float | None
    ) -> list[list[Hypothesis]]:
        settings = self.recipe.search
        alpha = settings.length_penalty if length_penalty is None else length_penalty
        limits = [math.ceil(settings.max_length_ratio * len(row)) + settings.max_length_extra for row in rows]
        self.model.eval()
        with torch.inference_mode():
            state = self.model.start(self.model.encode(Packed.of(rows, self.model.device)))
            if width == 1:
                found = greedy_search(
                    self.model.step, state, start=START, end=END, limits=limits, forbidden=_NEVER_WRITTEN
                )
                return [[hypothesis] for hypothesis in found]
            return beam_search(
                self.model.step,
                state,
                start=START,
                end=END,
                limits=limits,
                width=width,
                penalty=LengthPenalty(alpha),
                n_best=count,
                forbidden=_NEVER_WRITTEN,
            )

    def _decode(self, hypotheses: list[Hypothesis]) -> list[Translation]:
        texts = self.target_tokenizer.decode_batch([h.tokens for h in hypotheses])
        return [
            Translation(text, h.score, h.log_probability, h.ending, len(h.tokens))
            for text, h in zip(texts, hypotheses, strict=True)
        ]
