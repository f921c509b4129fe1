"""What searches for translations in the benchmarks of the native engine: ids in, ids out."""

from __future__ import annotations

import itertools
import string
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np

from dragoman.alignment.shortlist import Shortlist
from dragoman.contracts import (
    Beam,
    Ending,
    Greedy,
    Hypothesis,
    Packed,
    SearchFeature,
    SearchRequest,
    SearchResult,
)
from dragoman.contracts.expect import expect
from dragoman.export.ctranslate2_model import symbol_names, write_ctranslate2
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.plan.learn_preview import learnt_preview
from dragoman.plan.output_preview import OutputPreview
from dragoman.plan.plan_of import plan_of
from dragoman.predict.engine import Engine
from dragoman.predict.native_engine import NativeEngine
from dragoman.predict.torch_engine import TorchEngine
from dragoman.predict.translator import Translator
from dragoman.recipe import recipe_from
from dragoman.tasks.output_previews import CANDIDATES
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

SEARCHES = {"greedy": 1, "beam 5": 5}
WORDS_TOGETHER = 512
_FIRST_WORD = 300
_EXTRA = 1.05

Outputs = list[list[int]]


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is translated.

    Attributes:
        rows: ids of each sentence, with the end symbol.
        limits: the most tokens of each output.
        length_penalty: exponent of beam search.
        exactly: whether every output has as many tokens as its limit says, which is then the same for all.
    """

    rows: list[list[int]]
    limits: list[int]
    length_penalty: float
    exactly: bool = False

    def select(self, places: Sequence[int]) -> Sentences:
        """Some of them."""
        return replace(self, rows=[self.rows[n] for n in places], limits=[self.limits[n] for n in places])


System = Callable[[Sentences, int], Outputs]
"""Sentences and the width of the beam, 1 for greedy search, to the best output of each."""


class _AskedError(Exception):
    """A search was asked for."""


class _Listening:
    """An engine that only tells what it was asked."""

    description = "nothing"
    features = frozenset(SearchFeature)

    def search(self, source: Packed, request: SearchRequest) -> SearchResult:
        raise _AskedError(source, request)


@dataclass(frozen=True)
class _Knowing:
    """An engine that knows the output of each row."""

    outputs: Mapping[tuple[int, ...], list[int]]
    description = "recorded"
    features = frozenset(SearchFeature)

    def search(self, source: Packed, request: SearchRequest) -> SearchResult:
        return SearchResult(
            [[Hypothesis(self.outputs[tuple(row)], 0.0, 0.0, Ending.COMPLETE)] for row in source.rows()]
        )


def _translator(loaded: LoadedModel, engine: Engine[Packed]) -> Translator:
    return Translator(expect(loaded.model, EncoderDecoder), *loaded.codecs, loaded.recipe, engine)


def sentences_of(loaded: LoadedModel, texts: list[str]) -> Sentences:
    """What a translator asks of its engine for these texts; equal ones once."""
    try:
        _translator(loaded, _Listening()).translate(texts, beam=5)
    except _AskedError as asked:
        source, request = asked.args
        return Sentences(source.rows(), list(request.limits), loaded.recipe.search.length_penalty)
    raise AssertionError("there was nothing to be searched for")


def texts_of(loaded: LoadedModel, texts: list[str], sentences: Sentences, outputs: Outputs) -> list[str]:
    """The translations of texts that a translator makes of the outputs for its rows."""
    known = {tuple(row): output for row, output in zip(sentences.rows, outputs, strict=True)}
    return _translator(loaded, _Knowing(known)).translate(texts, beam=1)


def request_of(sentences: Sentences, width: int, end: int) -> SearchRequest:
    """The search for these sentences."""
    method = Greedy() if width == 1 else Beam(width, sentences.length_penalty)
    return SearchRequest(method, limits=sentences.limits, forbidden=(end,) if sentences.exactly else ())


def of_engine(engine: Engine[Packed], end: int) -> System:
    """An engine of ours."""

    def search(sentences: Sentences, width: int) -> Outputs:
        result = engine.search(Packed.of(sentences.rows), request_of(sentences, width, end))
        return [hypothesis.tokens for hypothesis in result.best]

    return search


def torch_engine(loaded: LoadedModel) -> TorchEngine:
    """PyTorch's engine, as a translator has it."""
    model, special = expect(loaded.model, EncoderDecoder), expect(loaded.target, Codec).special
    return TorchEngine(model, special, batch_tokens=loaded.recipe.search.batch_tokens)


def native_engine(
    loaded: LoadedModel,
    number: str,
    *,
    threads: int = 1,
    shortlist: Shortlist | None = None,
    preview: OutputPreview | None = None,
) -> NativeEngine[Packed]:
    """The native engine."""
    model, special = expect(loaded.model, EncoderDecoder), expect(loaded.target, Codec).special
    return NativeEngine(model, special, number=number, threads=threads, shortlist=shortlist, preview=preview)


@dataclass(frozen=True, slots=True)
class Setting:
    """How CTranslate2 is called.

    Attributes:
        batch: sentences that it computes together.
        compute: the number format of the engine, such as ``int8``.
        shortlist: frequent symbols, and symbols for each one of the source; None for all symbols.
    """

    batch: int
    compute: str = "int8"
    shortlist: tuple[int, int] | None = None

    def __str__(self) -> str:
        narrowed = "" if self.shortlist is None else f", shortlist {self.shortlist[0]} + {self.shortlist[1]}"
        return f"CTranslate2 {self.compute}{narrowed}, batch {self.batch}"


class CTranslate2:
    """CTranslate2 itself, without what our engine of it adds: a count of complete hypotheses as it has it, no scores,
    nothing scored again.

    Args:
        loaded: a Transformer.
        compute: number format.
        threads: batches that are translated at the same time, or, with ``one_sentence``, threads that share one.
        one_sentence: whether sentences come one by one.
        shortlist: what limits the output's symbols.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        compute: str = "int8",
        *,
        threads: int = 1,
        one_sentence: bool = False,
        shortlist: Shortlist | None = None,
    ) -> None:
        sources, targets = (symbol_names(codec.tokenizer.vocabulary) for codec in loaded.codecs)
        self._names, self._ids = sources, {name: number for number, name in enumerate(targets)}
        self._narrowed = shortlist is not None
        inter, intra = (1, threads) if one_sentence else (threads, 1)
        with tempfile.TemporaryDirectory() as folder:
            write_ctranslate2(loaded, Path(folder), shortlist=shortlist)
            self._translator: Any = ctranslate2.Translator(
                folder, "cpu", compute_type=compute, inter_threads=inter, intra_threads=intra
            )

    def system(self, batch: int) -> System:
        """The same with so many sentences computed together."""

        def search(sentences: Sentences, width: int) -> Outputs:
            longest = max(sentences.limits)
            results = self._translator.translate_batch(
                [[self._names[token] for token in row] for row in sentences.rows],
                max_batch_size=batch,
                beam_size=width,
                num_hypotheses=1,
                length_penalty=sentences.length_penalty if width > 1 else 0,
                max_input_length=0,
                max_decoding_length=longest if sentences.exactly else longest + 1,
                min_decoding_length=longest if sentences.exactly else 0,
                use_vmap=self._narrowed,
            )
            return [[self._ids[name] for name in result.hypotheses[0]] for result in results]

        return search


def random_model(model: dict[str, Any], symbols: int) -> LoadedModel:
    """A model of the recipe's section ``model`` with random weights. The output layer has weights of its own, so
    that a symbol is not its own likeliest successor."""
    letters = itertools.product(string.ascii_lowercase, repeat=4)
    words = ["".join(four) for four in itertools.islice(letters, int(symbols * _EXTRA))]
    texts = [" ".join(words[begin : begin + WORDS_TOGETHER]) for begin in range(0, len(words), WORDS_TOGETHER)]
    codec = Codec(Tokenizer.train(texts * 2, vocabulary_size=symbols, kind="words"))
    assert codec.size.symbols == symbols, f"{codec.size.symbols} symbols in the place of {symbols}"
    recipe = recipe_from({"model": {**model, "tie": "none"}})
    return LoadedModel(build(recipe.model, codec.size, codec.size, seed=1), recipe, codec, codec)


def random_preview(loaded: LoadedModel, rank: int) -> OutputPreview:
    """A preview of a random model's output layer, learnt from random hidden states; it takes as long as another one."""
    weight = plan_of(expect(loaded.model, EncoderDecoder)).decoder.output.weight
    states = np.random.default_rng(1).normal(size=(2 * weight.shape[1], weight.shape[1]))
    return learnt_preview(weight, states, rank=rank, candidates=CANDIDATES)


def random_sentences(loaded: LoadedModel, count: int, length: int, seed: int = 1) -> Sentences:
    """Sentences of ``length`` drawn symbols, the end symbol among them, whose outputs are as long."""
    codec = expect(loaded.source, Codec)
    drawn = np.random.default_rng(seed).integers(_FIRST_WORD, codec.size.symbols, (count, length - 1))
    rows = [[*row, codec.special.end] for row in drawn.tolist()]
    return Sentences(rows, [length] * count, length_penalty=1.0, exactly=True)
