"""The engine CTranslate2 against PyTorch's, on models with random weights and every shape that it takes."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dragoman.contracts import (
    DEFAULT_SYMBOLS,
    Beam,
    Ending,
    Greedy,
    Hypothesis,
    Packed,
    SearchMethod,
    SearchRequest,
    TextSize,
)
from dragoman.errors import InputError, UnsupportedError
from dragoman.model.build import build
from dragoman.model.folder import LoadedModel, save_model
from dragoman.predict import choose_engine as choice
from dragoman.predict.choose_engine import AskedEngine, choose_engine
from dragoman.predict.ctranslate2_engine import CTranslate2Engine, looping_prefix
from dragoman.predict.fallback_engine import FallbackEngine
from dragoman.predict.fused_language_model import FusedLanguageModel
from dragoman.predict.torch_engine import TorchEngine
from dragoman.predict.translator import Translator
from dragoman.recipe import recipe_from
from dragoman.search.repetition import RepetitionRule
from dragoman.text.codec import Codec
from dragoman.text.tokenizer import Tokenizer

END = DEFAULT_SYMBOLS.end

GREEDY = Greedy()
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
SMALL = {"layers": 1, "width": 16, "feed_forward": 24, "heads": 2}
DEEP = {"layers": 2, "width": 32, "feed_forward": 16, "heads": 4}
SHAPES: dict[str, dict[str, Any]] = {
    "pre-norm": {"encoder": SMALL, "decoder": SMALL},
    "post-norm": {"encoder": {**SMALL, "norm": "post"}, "decoder": {**SMALL, "norm": "post"}},
    "gelu": {"encoder": {**SMALL, "activation": "gelu"}, "decoder": {**SMALL, "activation": "gelu"}},
    "learned": {
        "encoder": {**SMALL, "positions": "learned", "max_positions": 60},
        "decoder": {**SMALL, "positions": "learned", "max_positions": 80},
    },
    "untied": {"encoder": SMALL, "decoder": SMALL, "tie": "none"},
    "deep encoder": {"encoder": {**SMALL, "layers": 3}, "decoder": SMALL},
    "other widths": {"encoder": DEEP, "decoder": SMALL, "tie": "decoder"},
}


def model_of(seed: int = 2, **model: Any) -> LoadedModel:
    """Random weights, turned up so that scores are far apart and outputs differ."""
    recipe = recipe_from({"model": model or SHAPES["pre-norm"], "search": {"batch_tokens": 60}})
    tokenizer = Tokenizer.train([" ".join(WORDS)] * 9, vocabulary_size=300)
    built = build(recipe.model, TextSize(tokenizer.size), TextSize(tokenizer.size), seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.2)
        if not recipe.model.is_language_model:
            cast(Any, built).decoder.output.weight[END] *= 3
    return LoadedModel(built.eval(), recipe, Codec(tokenizer), Codec(tokenizer))


def sources(loaded: LoadedModel, count: int = 25) -> list[list[int]]:
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, random.integers(1, 9))) for _ in range(count)]
    return [[*row, END] for row in loaded.source.tokenizer.encode_batch(texts)]


def both(
    loaded: LoadedModel, method: SearchMethod = GREEDY, limits: list[int] | None = None
) -> tuple[list[list[Hypothesis]], list[list[Hypothesis]]]:
    rows = sources(loaded)
    request = SearchRequest(method, limits=limits or [2 * len(row) + 5 for row in rows])
    engines = TorchEngine(loaded.model, DEFAULT_SYMBOLS, batch_tokens=100), CTranslate2Engine(loaded, threads=1)
    ours, theirs = (engine.search(Packed.of(rows), request).hypotheses for engine in engines)
    return ours, theirs


@pytest.mark.parametrize("shape", SHAPES)
def test_greedy_outputs_and_endings_are_those_of_pytorch(shape: str) -> None:
    ours, theirs = both(model_of(**SHAPES[shape]))
    assert [h.tokens for (h,) in theirs] == [h.tokens for (h,) in ours]
    assert [h.ending for (h,) in theirs] == [h.ending for (h,) in ours]
    assert len({tuple(h.tokens) for (h,) in theirs}) > 5, "outputs that do not depend on the source prove nothing"


def test_every_kind_of_ending_comes_back() -> None:
    endings = {h.ending for seed in (2, 4) for (h,) in both(model_of(seed=seed))[1]}
    assert endings == set(Ending)


@pytest.mark.parametrize("method", [GREEDY, Beam(3, 1.0)])
def test_outputs_have_as_many_tokens_as_they_must(method: SearchMethod) -> None:
    loaded = model_of(seed=2)
    rows = sources(loaded, 9)
    request = SearchRequest(method, limits=[12] * 9, minimums=[0, 4, 8] * 3)
    engines = TorchEngine(loaded.model, DEFAULT_SYMBOLS, batch_tokens=100), CTranslate2Engine(loaded, threads=1)
    ours, theirs = (engine.search(Packed.of(rows), request).best for engine in engines)
    for found in (ours, theirs):
        for least, one in zip([0, 4, 8] * 3, found, strict=True):
            assert len(one.tokens) >= least or one.ending is Ending.REPETITION
    same = sum(one.tokens == other.tokens for one, other in zip(ours, theirs, strict=True))
    assert same >= (9 if method is GREEDY else 7)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_beam_search_finds_hypotheses_as_good(alpha: float) -> None:
    ours, theirs = both(model_of(seed=2), Beam(4, alpha))
    same = sum(p[0].tokens == q[0].tokens for p, q in zip(ours, theirs, strict=True))
    assert same >= 0.8 * len(ours)
    for p, q in zip(ours, theirs, strict=True):
        if p[0].tokens == q[0].tokens and p[0].ending is q[0].ending is Ending.COMPLETE:
            # Symbols that are never written have no share of the probability here.
            assert q[0].log_probability >= p[0].log_probability - 1e-3
            assert q[0].score == pytest.approx(q[0].log_probability / ((6 + len(q[0].tokens)) / 6) ** alpha)


def test_log_probabilities_of_what_was_cut_are_of_what_was_written() -> None:
    ours, theirs = both(model_of(), limits=[4] * 25)
    cut = [(p[0], q[0]) for p, q in zip(ours, theirs, strict=True) if q[0].ending is Ending.LENGTH]
    assert cut
    for p, q in cut:
        assert len(q.tokens) == 4
        assert p.log_probability - 1e-3 < q.log_probability < p.log_probability + 0.5


def test_a_row_beyond_the_positions_is_refused() -> None:
    loaded = model_of(**SHAPES["learned"])
    engine = CTranslate2Engine(loaded, threads=1)
    for row, limit, words in (
        ([9] * 60 + [END], 5, "source may have 61 tokens"),
        (sources(loaded)[0], 80, "output may have 81 tokens"),
    ):
        with pytest.raises(InputError, match=words):
            engine.search(Packed.of([row]), SearchRequest(Greedy(), limits=[limit]))


@given(st.lists(st.integers(0, 3), max_size=50))
def test_loops_are_found_where_the_search_would_find_them(tokens: list[int]) -> None:
    rule = RepetitionRule(longest=3, times=3, span=6)
    ends = (end for end in range(1, len(tokens) + 1) if bool(rule.find(torch.tensor([tokens[:end]]))[0]))
    assert looping_prefix(tokens, rule) == next(ends, None)


def test_the_engine_is_chosen_by_what_the_model_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "obstacle_of", lambda model: "it is not built")
    transformer = model_of()
    assert isinstance(choose_engine(transformer, AskedEngine()), FallbackEngine)
    assert choose_engine(transformer, AskedEngine("ctranslate2", "int8")).description == "CTranslate2, int8"
    assert isinstance(choose_engine(transformer, AskedEngine("torch")), TorchEngine)
    recurrent = model_of(encoder=SMALL, decoder={"kind": "gru", "layers": 1, "width": 16})
    assert isinstance(choose_engine(recurrent, AskedEngine()), TorchEngine)
    silent = recipe_from({"model": {"encoder": {"kind": "none"}, "decoder": SMALL}})
    fused = FusedLanguageModel(cast(Any, build(silent.model, TextSize(9), TextSize(9), 1)), 0.1)
    for name in ("ctranslate2", "native"):
        with pytest.raises(UnsupportedError, match="language model takes part"):
            choose_engine(transformer, AskedEngine(name), language_model=fused)
    with pytest.raises(UnsupportedError, match="gru decoder"):
        choose_engine(recurrent, AskedEngine("ctranslate2"))
    squared = model_of(encoder=SMALL, decoder={**SMALL, "activation": "squared_relu"})
    with pytest.raises(UnsupportedError, match="activation relu or gelu, and the decoder of this one has squared_relu"):
        choose_engine(squared, AskedEngine("ctranslate2"))
    with pytest.raises(UnsupportedError, match="native cannot be used: it is not built"):
        choose_engine(recurrent, AskedEngine("native"))
    with pytest.raises(UnsupportedError, match="float32, not in int8; the native engine cannot be used"):
        choose_engine(recurrent, AskedEngine(compute="int8"))
    with pytest.raises(UnsupportedError, match="float32 or int8, not in bfloat16"):
        choose_engine(transformer, AskedEngine("ctranslate2", "bfloat16"))
    with pytest.raises(InputError, match="no engine is called onnx"):
        AskedEngine("onnx")
    with pytest.raises(InputError, match="no type of number is called int4"):
        AskedEngine(compute="int4")


def test_a_translator_is_loaded_with_an_engine(tmp_path: Any) -> None:
    loaded = model_of()
    save_model(tmp_path / "model", loaded, {})
    texts = ["one two", "", "three four five"]
    fast = Translator.load(tmp_path / "model", engine="ctranslate2", compute="float32")
    assert fast.translate(texts, beam=1) == Translator.load(tmp_path / "model").translate(texts, beam=1)
