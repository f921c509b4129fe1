"""A vocabulary that numbers its special symbols otherwise gives the same model under the permutation of the ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor

from dragoman.contracts import (
    DEFAULT_SYMBOLS,
    Batch,
    Greedy,
    Layout,
    Memory,
    Packed,
    SearchRequest,
    SpecialSymbols,
    TextSize,
)
from dragoman.decoders.ctc import CTCDecoder
from dragoman.model.build import Model, build
from dragoman.model.folder import LoadedModel
from dragoman.predict.ctranslate2_engine import CTranslate2Engine
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer
from dragoman.recipe import Recipe, recipe_from
from dragoman.search.greedy import greedy_search
from dragoman.search.rules import SearchRules
from dragoman.text.codec import Codec
from dragoman.text.ragged import Ragged
from dragoman.text.segmenter import Segmenter
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.vocabulary import Vocabulary

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
OTHERS = SpecialSymbols(padding=5, unknown=3, start=7, end=0)
STACK = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}
LSTM = {"kind": "lstm", "width": 16, "attention": "additive"}
ENCODER = {"kind": "lstm", "width": 16}
MODELS: dict[str, dict[str, Any]] = {
    "transformer": {"encoder": STACK, "decoder": STACK},
    "lstm": {"encoder": ENCODER, "decoder": LSTM},
    "lstm without attention": {"encoder": ENCODER, "decoder": {"kind": "lstm", "width": 16, "attention": "none"}},
}


@dataclass(frozen=True)
class Renumbered:
    """A tokenizer with other ids: ``new[old]``."""

    tokenizer: Tokenizer
    new: tuple[int, ...]

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary.of({symbol: self.new[id] for symbol, id in self.tokenizer.vocabulary.ids.items()}, OTHERS)

    @property
    def suffix(self) -> str:
        return ".renumbered"

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        return [[self.new[id] for id in row] for row in self.tokenizer.encode_batch(texts)]

    def encode_ragged(self, texts: Sequence[str]) -> Ragged:
        return Ragged.of(self.encode_batch(texts))

    def decode_batch(self, rows: Sequence[Sequence[int]]) -> list[str]:
        return self.tokenizer.decode_batch([[self.new.index(id) for id in row] for row in rows])

    def extended(self, texts: Iterable[str], units: Sequence[str] = ()) -> Renumbered:
        return self

    def save(self, path: Path) -> None:
        raise NotImplementedError


def renumbered(size: int) -> tuple[int, ...]:
    """Special symbols as in OTHERS, and the rest in their order."""
    special = [cast(int, getattr(OTHERS, name)) for name in ("padding", "unknown", "start", "end")]
    return (*special, *(id for id in range(size) if id not in special))


TOKENIZER = Tokenizer.train([" ".join(WORDS)] * 9, vocabulary_size=300)
SIZE = TOKENIZER.size
NEW = renumbered(SIZE)
CODECS = Codec(TOKENIZER), Codec(Renumbered(TOKENIZER, NEW))


def permuted(weight: Tensor) -> Tensor:
    """Rows of a vocabulary where the new ids find them."""
    if weight.shape[0] != SIZE:
        return weight
    moved = torch.empty_like(weight)
    moved[list(NEW)] = weight
    return moved


def twins(recipe: Recipe) -> tuple[Model, Model]:
    """One model with our numbers and one with the others, otherwise with the same random weights, in float64."""
    ours, theirs = (build(recipe.model, codec.size, codec.size, seed=2).double().eval() for codec in CODECS)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in ours.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator, dtype=torch.float64) * 0.3)
    theirs.load_state_dict({name: permuted(weight) for name, weight in ours.state_dict().items()})
    return ours, theirs


def sentences(count: int) -> list[str]:
    random = np.random.default_rng(0)
    return [" ".join(random.choice(WORDS, random.integers(1, 9))) for _ in range(count)]


def packed(codec: Codec, texts: list[str]) -> Packed:
    return Packed.of([[*row, codec.special.end] for row in codec.tokenizer.encode_batch(texts)])


def test_both_are_segmenters() -> None:
    assert all(isinstance(codec.tokenizer, Segmenter) for codec in CODECS)
    assert CODECS[1].size == TextSize(SIZE, OTHERS)
    assert CODECS[1].tokenizer.vocabulary != TOKENIZER.vocabulary


@pytest.mark.parametrize("kind", MODELS)
def test_the_same_loss_gradient_and_translations(kind: str) -> None:
    recipe = recipe_from({"model": {**MODELS[kind], "tie": "decoder"}, "search": {"batch_tokens": 60}})
    models = twins(recipe)
    gradients = []
    for model, codec in zip(models, CODECS, strict=True):
        batch = Batch(packed(codec, sentences(4)), packed(codec, sentences(8)[4:]), torch.arange(4))
        loss, _ = model.loss(batch)
        loss.backward()
        gradients.append((loss, {name: weight.grad for name, weight in model.named_parameters()}))
    (loss, ours), (other_loss, theirs) = gradients
    assert torch.allclose(loss, other_loss)
    for name, gradient in ours.items():
        assert torch.allclose(permuted(cast(Tensor, gradient)), cast(Tensor, theirs[name])), name
    one, other = (
        Translator(cast(Any, model), codec, codec, recipe) for model, codec in zip(models, CODECS, strict=True)
    )
    texts = sentences(12)
    assert len(set(one.translate(texts, beam=1))) > 1
    for beam in (1, 3):
        assert one.translate(texts, beam=beam) == other.translate(texts, beam=beam)
    assert np.allclose(one.score(texts, texts[::-1]).nats, other.score(texts, texts[::-1]).nats)


def test_the_same_language_model() -> None:
    recipe = recipe_from({"model": {"encoder": {"kind": "none"}, "decoder": STACK, "tie": "decoder"}})
    one, other = (Writer(cast(Any, model), codec, recipe) for model, codec in zip(twins(recipe), CODECS, strict=True))
    assert np.allclose(one.score(sentences(5)).nats, other.score(sentences(5)).nats)
    written = [[text.text for text in writer.write(["one", ""], top_k=1, longest=9)] for writer in (one, other)]
    assert written[0] == written[1]


def test_the_same_in_ctranslate2() -> None:
    recipe = recipe_from({"model": MODELS["transformer"]})
    texts, found = sentences(9), []
    for model, codec in zip(twins(recipe), CODECS, strict=True):
        loaded = LoadedModel(model.float(), recipe, codec, codec)
        translator = Translator(cast(Any, model), codec, codec, recipe, CTranslate2Engine(loaded, threads=1))
        found.append(translator.translate(texts, beam=1))
    assert found[0] == found[1]
    assert len(set(found[0])) > 1


def test_the_same_texts_from_alignments() -> None:
    memory = Memory(torch.randn(11, 6, dtype=torch.float64), Layout.of([6, 5]), torch.zeros(2, 6, dtype=torch.float64))
    ours, theirs = (CTCDecoder(torch.nn.Linear(6, SIZE), codec.special).double() for codec in CODECS)
    theirs.load_state_dict({name: permuted(weight) for name, weight in ours.state_dict().items()})
    found = []
    for model, codec in zip((ours, theirs), CODECS, strict=True):
        rules = SearchRules.of(SearchRequest(Greedy(), limits=[9, 9]), special=codec.special)
        hypotheses = greedy_search(model.step, model.start(memory), rules)
        found.append([hypothesis.tokens for hypothesis in hypotheses])
    assert [[NEW[token] for token in row] for row in found[0]] == found[1]
    assert any(found[0])


@pytest.mark.parametrize(
    "symbols",
    [(1, 1, 2, 3), (0, 1, 1, 3), (0, 3, 2, 3), (3, 1, 2, 3), (-1, 1, 2, 3), (None, None, -1, 0)],
    ids=str,
)
def test_symbols_that_cannot_be_told_apart_are_refused(
    symbols: tuple[int | None, int | None, int, int],
) -> None:
    with pytest.raises(ValueError, match="apart"):
        SpecialSymbols(*symbols)


def test_a_start_symbol_may_be_another_one_too() -> None:
    """T5 starts with padding, fairseq with the end symbol, which must be written nevertheless."""
    assert SpecialSymbols(padding=0, unknown=2, start=0, end=1).never_written == (0, 2)
    assert SpecialSymbols(padding=1, unknown=3, start=2, end=2).never_written == (1, 3)
    assert SpecialSymbols(padding=None, unknown=None, start=1, end=2).never_written == (1,)
    assert DEFAULT_SYMBOLS.never_written == (0, 1, 2)
