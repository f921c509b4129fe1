from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import torch
from jaxtyping import config

from dragoman.contracts import (
    Beam,
    Ending,
    MinimumBayesRisk,
    Packed,
    Sample,
    SearchRequest,
    SearchResult,
    TextSize,
)
from dragoman.errors import InputError
from dragoman.model.build import build
from dragoman.predict.distinct_lines import DistinctLines
from dragoman.predict.engine import Engine, SearchPart
from dragoman.predict.minimum_bayes_risk import minimum_bayes_risk
from dragoman.predict.translator import Translator
from dragoman.recipe import recipe_from
from dragoman.recipe.search import SearchRecipe
from dragoman.search.search import SEARCH_FEATURES
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
STACK = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}


@pytest.fixture(scope="module")
def translator() -> Translator:
    """Random weights in float64, in which the composition of a batch cannot tip a near tie."""
    recipe = recipe_from({"model": {"encoder": STACK, "decoder": STACK}, "search": {"beam": 3, "batch_tokens": 60}})
    tokenizer = Tokenizer.train([" ".join(WORDS)] * 9, vocabulary_size=300)
    model = build(recipe.model, TextSize(tokenizer.size), TextSize(tokenizer.size), seed=2).double().eval()
    return Translator(model, Codec(tokenizer), Codec(tokenizer), recipe)


def sentences(count: int) -> list[str]:
    random = np.random.default_rng(0)
    return [" ".join(random.choice(WORDS, random.integers(1, 9))) for _ in range(count)]


def test_every_line_gets_one_in_order(translator: Translator) -> None:
    texts = sentences(6)
    together = translator.translate(texts)
    assert together == [translator.translate(text) for text in texts]
    assert [item.text for item in translator.stream(iter(texts[::-1]), beam=3)] == together[::-1]


@pytest.mark.parametrize("empty", ["", " ", "\t\u3000", "\n", "\u200b\ufeff"])
def test_an_empty_line_stays_empty(translator: Translator, empty: str) -> None:
    assert translator.translate(["one", empty, "two"])[1] == ""
    assert translator.translate(empty) == ""
    assert translator.translate([empty, empty]) == ["", ""]
    assert translator.n_best([empty], 2)[0][0].ending is Ending.COMPLETE
    assert translator.translate([]) == []


def with_limits(translator: Translator, *, max_tokens: int) -> Translator:
    """The same model with short inputs and outputs."""
    cleaning = translator.recipe.cleaning.model_copy(update={"max_tokens": max_tokens})
    search = SearchRecipe(beam=2, max_length_ratio=0.01, max_length_extra=3)
    recipe = translator.recipe.model_copy(update={"cleaning": cleaning, "search": search})
    return Translator(translator.model, translator.source, translator.target, recipe)


def test_a_line_too_long_for_the_model_is_translated_in_pieces_and_said(translator: Translator) -> None:
    short = with_limits(translator, max_tokens=20)
    long = ". ".join(sentences(12)) + "."
    found, fine = short.stream([long, "one two"])
    assert found.pieces > 2
    assert str(found.concerns[-1]) == f"too long for the model, translated in {found.pieces} pieces"
    assert fine.pieces == 1
    (best,), several = short.n_best([long, "one two"], 2)
    assert best.pieces == found.pieces
    assert len(several) == 2


def test_a_hundred_kilobytes_in_one_line_are_translated(translator: Translator) -> None:
    (found,) = with_limits(translator, max_tokens=512).stream(["one " * 25_000], beam=1)
    assert found.pieces > 150, "pieces are not far longer than the sentences that models learn from"
    assert found.flagged


def test_series_keep_index_and_name_and_missing_values(translator: Translator) -> None:
    series = pd.Series(["one", None, "two", float("nan")], index=[4, 3, 2, 1], name="text")
    translated = translator.translate(series)
    assert isinstance(translated, pd.Series)
    assert translated.index.tolist() == [4, 3, 2, 1]
    assert translated.name == "text"
    assert translated.tolist() == translator.translate(["one", "", "two", ""])
    assert translator.translate(series.dropna().astype("string")).tolist() == translator.translate(["one", "two"])


def test_n_best(translator: Translator) -> None:
    found = translator.n_best(sentences(3), 4)
    for translations in found:
        complete = [t.score for t in translations if t.ending is Ending.COMPLETE]
        assert complete == sorted(complete, reverse=True)
        assert 1 <= len(translations) <= 4
    assert translator.n_best(sentences(2), 1)[1][0].text == translator.translate(sentences(2))[1]


def test_output_length_is_bounded_by_the_source(translator: Translator) -> None:
    settings = translator.recipe.search
    for text, (best,) in zip(sentences(20), translator.n_best(sentences(20), 1, beam=1), strict=True):
        source = len(translator.source.tokenizer.encode(text)) + 1
        assert best.tokens <= settings.max_length_ratio * source + settings.max_length_extra + 1


def test_what_had_to_be_cut_is_flagged(translator: Translator) -> None:
    translations = list(translator.stream(sentences(40), beam=1))
    assert {t.ending for t in translations} - {Ending.COMPLETE}, "random weights hardly ever end an output"
    assert all(t.flagged == (t.ending is not Ending.COMPLETE) for t in translations)


def test_input_is_normalized_as_training_text_was(translator: Translator) -> None:
    assert translator.translate("  one \u00a0 two ") == translator.translate("one two")
    assert translator.translate("one\ntwo") == translator.translate("one two")


def test_a_stream_is_lazy(translator: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.data.line_chunks.CHUNK_LINES", 64)
    taken = []

    def lines():
        for number in itertools.count():
            taken.append(number)
            yield "one"

    assert next(translator.stream(lines(), beam=1)).tokens >= 0
    assert len(taken) == 64


class Blocking:
    """Finds rows one by one, the second before the first, and none behind ``most`` of them."""

    description, features = "", SEARCH_FEATURES

    def __init__(self, engine: Engine[Packed], most: int) -> None:
        self.engine = engine
        self.most = most

    def search(self, source: Packed, request: SearchRequest) -> SearchResult:
        return self.engine.search(source, request)

    def stream(self, source: Packed, request: SearchRequest) -> Iterator[SearchPart]:
        rows = [1, 0, *range(2, source.layout.batch)]
        for row in rows:
            assert row < self.most, "it would wait for ever"
            yield [row], self.engine.search(source.select(torch.tensor([row])), request.select([row]))


def test_lines_come_while_later_ones_are_searched_for(translator: Translator) -> None:
    texts = [*sentences(6), "", "one"]
    expected = translator.translate(texts)
    early = Translator(translator.model, translator.source, translator.target, translator.recipe)
    early.engine = Blocking(translator.engine, most=3)
    found = early.stream(texts)
    assert [next(found).text for _ in range(3)] == expected[:3]
    with pytest.raises(AssertionError, match="for ever"):
        next(found)
    early.engine = Blocking(translator.engine, most=99)
    assert [item.text for item in early.stream(texts)] == expected


def test_equal_lines_of_a_chunk_are_translated_once(translator: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dragoman.data.line_chunks.CHUNK_LINES", 4)
    searched = []
    translate = Translator._translate

    def watched(self: Translator, lines: DistinctLines, request: SearchRequest, *, early: bool):
        searched.append(lines.texts)
        return translate(self, lines, request, early=early)

    monkeypatch.setattr(Translator, "_translate", watched)
    found = [item.text for item in translator.stream(["one", "two", "one", "", "one", "one"], beam=1)]
    assert searched == [["one", "two", ""], ["one"]]
    assert found[0] == found[2] == found[4] == found[5]
    assert [found[1], found[3]] == translator.translate(["two", ""], beam=1)


@pytest.mark.parametrize("item", [5, None, b"one", ["one"]])
def test_what_is_no_text_is_refused(translator: Translator, item: object) -> None:
    # What a user meets, who runs without the tests' own checks of types.
    config.update("jaxtyping_disable", True)
    try:
        with pytest.raises(InputError, match="item 2"):
            translator.translate(["one", item])  # type: ignore[list-item]
    finally:
        config.update("jaxtyping_disable", False)


def test_what_is_drawn_for_a_line_depends_on_the_line_and_the_seed_alone(translator: Translator) -> None:
    def drawn(texts: list[str], seed: int = 1) -> list[list[str]]:
        return [[each.text for each in several] for several in translator.n_best(texts, 4, search=Sample(seed=seed))]

    texts = sentences(3)
    found = drawn(texts)
    assert drawn([*texts[::-1], "one"])[:3] == found[::-1]
    assert translator.translate(texts, search=Sample()) == [several[0] for several in found]
    assert all(len(set(several)) > 1 for several in found)
    assert drawn(texts, seed=2) != found


def test_minimum_bayes_risk_chooses_among_what_the_search_finds(translator: Translator) -> None:
    texts = sentences(2)
    for search in (Sample(seed=3), Beam(5)):
        method = MinimumBayesRisk(search, 5)
        candidates = translator.n_best(texts, 5, search=search)
        language = translator.recipe.data.target_language
        expected = [minimum_bayes_risk(each, method, language) for each in candidates]
        assert translator.translate(texts, search=method) == [chosen[0].text for chosen in expected]
        assert translator.n_best(texts, 2, search=method) == [chosen[:2] for chosen in expected]
    with pytest.raises(InputError, match="beam = 3 was given beside search = MinimumBayesRisk"):
        translator.translate(texts, search=MinimumBayesRisk(), beam=3)
