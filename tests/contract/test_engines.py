"""What every engine must do with a request, whatever it searches with; and what it must refuse."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import regex
import torch

from dragoman.contracts import (
    DEFAULT_SYMBOLS,
    Beam,
    BestFirstBeam,
    DiverseBeam,
    Ending,
    Exact,
    Greedy,
    Hypothesis,
    MinimumBayesRisk,
    Nothing,
    Packed,
    Pictures,
    PictureSize,
    Sample,
    SearchFeature,
    SearchMethod,
    SearchRequest,
    SearchResult,
    TextSize,
)
from dragoman.errors import InputError, UnsupportedError
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.folder import LoadedModel
from dragoman.model.language_model import LanguageModel
from dragoman.plan.learn_preview import learnt_preview
from dragoman.predict.ctranslate2_engine import CTranslate2Engine
from dragoman.predict.engine import Engine, in_parts
from dragoman.predict.language_model_engine import LanguageModelEngine
from dragoman.predict.native_engine import NativeEngine
from dragoman.predict.torch_engine import TorchEngine
from dragoman.recipe import recipe_from
from dragoman.search.length_penalty import LengthPenalty
from dragoman.text.codec import Codec
from dragoman.text.phrases import Phrases
from dragoman.text.spelling import Spelling
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.vocabulary_automaton import VocabularyAutomaton

sys.path.insert(0, str(Path(__file__).parents[1] / "search"))
from markov import Markov, MarkovState

END, NEVER_WRITTEN, START = DEFAULT_SYMBOLS.end, DEFAULT_SYMBOLS.never_written, DEFAULT_SYMBOLS.start

ROWS, LIMITS = 7, [5, 2, 7, 0, 6, 1, 6]
TRANSFORMER = {"layers": 1, "width": 16, "feed_forward": 24, "heads": 2, "dropout": 0.0}
PICTURES = {"kind": "residual", "channels": [4, 6], "halvings": 1, "width": 16, "context": 1, "dropout": 0.0}


@dataclass(frozen=True)
class Case:
    """An engine, and what it shall search for.

    Attributes:
        engine: the engine.
        source: what it reads.
        near: how near log-probabilities are that should be equal.
        nats: −log P by the model itself of a row's output; None where the engine gives other probabilities.
        states: places of each row that the encoder has a state for; None if there is no encoder.
        prefixes: what outputs begin with, where there is no source that makes rows different.
    """

    engine: Engine[Any]
    source: Packed | Pictures | Nothing
    near: float
    nats: Callable[[int, list[int]], float] | None
    states: list[int] | None
    prefixes: list[list[int]] | None = None

    def request(self, method: SearchMethod, **more: Any) -> SearchRequest:
        """With limits unless ``more`` has others, and with as many hypotheses as the method follows."""
        usual = {"limits": LIMITS, "n_best": method.width, "prefixes": self.prefixes}
        return SearchRequest(method, **{**usual, **more})

    def search(self, method: SearchMethod, **more: Any) -> list[list[Hypothesis]]:
        """What is found for such a request."""
        return self.engine.search(self.source, self.request(method, **more)).hypotheses

    def some(self, rows: list[int], request: SearchRequest) -> list[list[Hypothesis]]:
        """What is found if these rows are all there are."""
        return self.engine.search(self.source.select(torch.tensor(rows)), request.select(rows)).hypotheses


def loaded(model: dict[str, Any], size: PictureSize | None = None) -> LoadedModel:
    """Random weights, turned up so that outputs differ; the symbols that nothing may write are the most probable."""
    recipe = recipe_from({"model": {"tie": "none", **model}})
    tokenizer = Tokenizer.train(["one two three"] * 9, vocabulary_size=270)
    built = build(recipe.model, size or TextSize(tokenizer.size), TextSize(tokenizer.size), 1)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.3)
        output = cast(Any, built.decoder).output.weight
        output[END] *= 3
        if size is None:
            output[list(NEVER_WRITTEN)] = 2 * output.abs().amax(0)
    return LoadedModel(built.eval(), recipe, Codec(tokenizer), Codec(tokenizer))


def texts() -> Packed:
    random = np.random.default_rng(0)
    return Packed.of([[*random.integers(4, 270, length).tolist(), END] for length in random.integers(1, 8, ROWS)])


def pictures() -> Pictures:
    random = np.random.default_rng(0)
    return Pictures.of([random.integers(0, 256, (1, 16, 8 + 6 * row), dtype=np.uint8) for row in range(ROWS)])


def by_torch(decoder: dict[str, Any], *, read: bool = False) -> Case:
    encoder, size = (PICTURES, PictureSize(1, 16, None)) if read else (TRANSFORMER, None)
    model = cast(EncoderDecoder, loaded({"encoder": encoder, "decoder": decoder}, size).model).double()
    source = pictures() if read else texts()

    def nats(row: int, tokens: list[int]) -> float:
        memory = model.encode(source.select(torch.tensor([row])))
        return float(model.decoder.token_losses(Packed.of([tokens]), memory).sum())

    states = model.encode(source).layout.lengths.tolist()
    return Case(TorchEngine(model, DEFAULT_SYMBOLS, batch_tokens=12), source, 1e-8, nats, states)


def by_native(decoder: dict[str, Any], *, read: bool = False) -> Case:
    """PyTorch's case in float32, with two threads."""
    torch_case = by_torch(decoder, read=read)
    model = cast(EncoderDecoder, cast(TorchEngine, torch_case.engine).model).float()
    engine = NativeEngine(model, DEFAULT_SYMBOLS, threads=2)
    exact = cast(EncoderDecoder, copy.deepcopy(model)).double()

    def nats(row: int, tokens: list[int]) -> float:
        memory = exact.encode(torch_case.source.select(torch.tensor([row])))
        return float(exact.decoder.token_losses(Packed.of([tokens]), memory).sum())

    return replace(torch_case, engine=engine, near=1e-5, nats=nats)


def by_preview() -> Case:
    """In int8, with every symbol a candidate, so that the best are those of the whole output layer."""
    torch_case = by_torch(TRANSFORMER)
    model = cast(EncoderDecoder, cast(TorchEngine, torch_case.engine).model).float()
    weight = cast(Any, model.decoder).output.weight.detach().numpy()
    states = np.random.default_rng(2).normal(size=(100, weight.shape[1]))
    preview = learnt_preview(weight, states, rank=8, candidates=len(weight))
    engine = NativeEngine(model, DEFAULT_SYMBOLS, number="int8", threads=2, preview=preview)
    return replace(torch_case, engine=engine, near=1e-5, nats=None)


def by_ctranslate2() -> Case:
    model = loaded({"encoder": TRANSFORMER, "decoder": TRANSFORMER})
    source = texts()
    return Case(CTranslate2Engine(model, threads=2), source, 1e-3, None, source.layout.lengths.tolist())


def language_model() -> Case:
    model = cast(LanguageModel, loaded({"encoder": {"kind": "none"}, "decoder": TRANSFORMER}).model).double()
    prefixes = [[5 + row] * (row % 3) for row in range(ROWS)]

    def nats(row: int, tokens: list[int]) -> float:
        target = Packed.of([[*prefixes[row], *tokens]])
        return float(model.decoder.token_losses(target.shifted(START), target)[-len(tokens) :].sum())

    return Case(LanguageModelEngine(model, DEFAULT_SYMBOLS), Nothing(ROWS), 1e-8, nats, None, prefixes)


CASES: dict[str, Callable[[], Case]] = {
    "torch, transformer": lambda: by_torch(TRANSFORMER),
    "torch, gru with attention": lambda: by_torch({"kind": "gru", "width": 16, "attention": "additive"}),
    "torch, pictures by alignment": lambda: by_torch({"kind": "ctc"}, read=True),
    "torch, language model": language_model,
    "ctranslate2, transformer": by_ctranslate2,
    "native, transformer": lambda: by_native(TRANSFORMER),
    "native, gru with attention": lambda: by_native({"kind": "gru", "width": 16, "attention": "additive"}),
    "native, preview": by_preview,
    "native, pictures by alignment": lambda: by_native({"kind": "ctc"}, read=True),
}


@pytest.fixture(scope="module", params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]()


def assert_same(case: Case, found: list[list[Hypothesis]], expected: list[list[Hypothesis]]) -> None:
    shapes = [[[(h.tokens, h.ending) for h in row] for row in rows] for rows in (found, expected)]
    assert shapes[0] == shapes[1]
    numbers = [[(h.score, h.log_probability) for row in rows for h in row] for rows in (found, expected)]
    assert np.allclose(*numbers, atol=case.near)


def test_it_is_an_engine(case: Case) -> None:
    assert isinstance(case.engine, Engine)
    assert case.engine.description
    assert {SearchFeature.GREEDY, SearchFeature.BEAM} <= case.engine.features


def test_greedy_search_is_a_beam_of_one(case: Case) -> None:
    found = case.search(Greedy())
    assert_same(case, found, case.search(Beam(1, 0.0)))
    assert len({tuple(h.tokens) for (h,) in found}) > 3, "outputs that do not depend on the source prove nothing"


@pytest.mark.parametrize("method", [Greedy(), Beam(3, 1.0), Exact(width=2, expansions=40)], ids=str)
def test_neighbours_and_order_change_nothing(case: Case, method: SearchMethod) -> None:
    if method.feature not in case.engine.features:
        return
    together = case.search(method)
    turned = list(range(ROWS))[::-1]
    assert_same(case, case.some(turned, case.request(method))[::-1], together)
    for row in (0, 2, 3):
        assert_same(case, case.some([row], case.request(method)), [together[row]])


@pytest.mark.parametrize("method", [Greedy(), Beam(4, 0.0), Beam(4, 1.0)], ids=str)
def test_hypotheses_are_distinct_sorted_and_keep_to_their_limits(case: Case, method: SearchMethod) -> None:
    alpha = method.length_penalty if isinstance(method, Beam) else 0.0
    found = case.search(method)
    for hypotheses, limit, prefix in zip(found, LIMITS, case.prefixes or [[]] * ROWS, strict=True):
        assert 1 <= len(hypotheses) <= method.width
        order = [(h.ending is not Ending.COMPLETE, -h.score) for h in hypotheses]
        assert order == sorted(order)
        complete = [tuple(h.tokens) for h in hypotheses if h.ending is Ending.COMPLETE]
        assert len(set(complete)) == len(complete)
        for h in hypotheses:
            assert len(h.tokens) <= limit
            assert not {*NEVER_WRITTEN, END} & set(h.tokens)
            ended = len(prefix) + len(h.tokens) + (h.ending is Ending.COMPLETE)
            assert h.ending is Ending.REPETITION or h.score == pytest.approx(
                LengthPenalty(alpha).score(h.log_probability, ended), abs=1e-9
            )
            assert h.ending is not Ending.LENGTH or len(h.tokens) == limit
    if isinstance(method, Beam):
        assert {Ending.COMPLETE, Ending.LENGTH} <= {h.ending for row in found for h in row}
    fewer = case.search(method, n_best=1)
    assert_same(case, fewer, [row[:1] for row in found])


def test_parts_are_the_whole(case: Case) -> None:
    if isinstance(case.source, Nothing):
        return  # nothing is translated
    request = case.request(Beam(2))
    parts = [([*rows], result) for rows, result in in_parts(case.engine, case.source, request)]
    assert sorted(row for rows, _ in parts for row in rows) == [*range(ROWS)]
    assert_same(
        case, SearchResult.joined(parts, rows=ROWS).hypotheses, case.engine.search(case.source, request).hypotheses
    )


@pytest.mark.parametrize("method", [Greedy(), Beam(3, 1.0)], ids=str)
def test_forbidden_symbols_are_never_written(case: Case, method: SearchMethod) -> None:
    forbidden = sorted({h.tokens[0] for row in case.search(method) for h in row[:1] if h.tokens})
    assert forbidden
    for row in case.search(method, forbidden=forbidden):
        assert not {*forbidden, *NEVER_WRITTEN} & {token for h in row for token in h.tokens}


def test_log_probabilities_are_the_models(case: Case) -> None:
    if case.nats is None:
        pytest.skip("over the symbols that may be written")
    for row, hypotheses in enumerate(case.search(Beam(3, 1.0))):
        for h in hypotheses:
            if h.ending is Ending.COMPLETE:
                assert h.log_probability == pytest.approx(-case.nats(row, [*h.tokens, END]), abs=1e-4)


def test_without_limits_there_are_as_many_tokens_as_the_encoder_has_states(case: Case) -> None:
    if case.states is None:
        with pytest.raises(InputError, match="texts of any length"):
            case.search(Greedy(), limits=None)
    else:
        assert_same(case, case.search(Greedy(), limits=None), case.search(Greedy(), limits=case.states))


TOKENIZER = Tokenizer.train(["one two three"] * 9, vocabulary_size=270)


def without(phrase: str, *, within: str | None = None) -> VocabularyAutomaton:
    """The constraint that a text does not contain a phrase, but another."""
    phrases = Phrases(required=((within,),) if within else (), excluded=(phrase,))
    return VocabularyAutomaton(Spelling.of(TOKENIZER.vocabulary), phrases)


@pytest.mark.parametrize("method", [Greedy(), Beam(2), Sample(temperature=2.0)], ids=str)
def test_complete_outputs_satisfy_their_constraints_and_other_rows_are_as_ever(
    case: Case, method: SearchMethod
) -> None:
    if not {SearchFeature.CONSTRAINTS, method.feature} <= case.engine.features or isinstance(case.source, Pictures):
        return  # an alignment has no room for more characters than a picture has columns
    one, limits = without("two", within="one"), [limit + 4 for limit in LIMITS]
    prefixes = case.prefixes or [[]] * ROWS
    found = case.search(method, constraints=[one] * (ROWS - 1) + [None], limits=limits)
    assert [h.tokens for h in found[-1]] == [h.tokens for h in case.search(method, limits=limits)[-1]]
    for row, hypotheses in enumerate(found[:-1]):
        for h in hypotheses:
            words = regex.findall(r"[\p{L}\p{M}\p{N}_]+", TOKENIZER.decode([*(prefixes[row]), *h.tokens]))
            assert h.ending is Ending.COMPLETE
            assert "one" in map(str.lower, words)
            assert "two" not in words
            assert case.nats is None or h.log_probability == pytest.approx(-case.nats(row, [*h.tokens, END]), abs=1e-4)
    with pytest.raises(InputError, match=r"row 1 can satisfy .* at most 0 are allowed"):
        case.search(method, constraints=[one] * ROWS, limits=[0] * ROWS)


WANTED: dict[SearchFeature, dict[str, Any]] = {
    SearchFeature.GREEDY: {},
    SearchFeature.BEAM: {"method": Beam(2)},
    SearchFeature.BEST_FIRST_BEAM: {"method": BestFirstBeam()},
    SearchFeature.DIVERSE_BEAM: {"method": DiverseBeam()},
    SearchFeature.SAMPLING: {"method": Sample()},
    SearchFeature.EXACT: {"method": Exact(expansions=100)},
    SearchFeature.MINIMUM_BAYES_RISK: {"method": MinimumBayesRisk()},
    SearchFeature.PREFIXES: {"prefixes": [[5]] * ROWS},
    SearchFeature.MINIMUMS: {"minimums": [min(limit, 3) for limit in LIMITS]},
    SearchFeature.CONSTRAINTS: {"constraints": [None, *[without("two")] * (ROWS - 1)]},
    SearchFeature.TRACE: {"trace": True},
    SearchFeature.MINIMUMS: {"minimums": [0, 1] + [0] * (ROWS - 2)},
}


@pytest.mark.parametrize("feature", SearchFeature)
def test_what_is_asked_for_is_done_or_refused_by_its_name(case: Case, feature: SearchFeature) -> None:
    request = case.request(**{"method": Greedy(), "n_best": 1, **WANTED[feature]})
    assert feature in request.features
    if feature in case.engine.features:
        result = case.engine.search(case.source, request)
        assert len(result.best) == ROWS
        for least, one in zip(request.minimums or [0] * ROWS, result.best, strict=True):
            assert len(one.tokens) >= least or one.ending is Ending.REPETITION
        assert (result.trace is None) == (feature is not SearchFeature.TRACE)
    else:
        with pytest.raises(UnsupportedError, match=f"engine has no .*{feature.value}"):
            case.engine.search(case.source, request)


@pytest.mark.parametrize("name", ["limits", "prefixes"])
def test_what_stands_for_each_row_must_stand_for_all(case: Case, name: str) -> None:
    values = [1] * 2 if name == "limits" else [[5]] * 2
    if name == "limits" or SearchFeature.PREFIXES in case.engine.features:
        with pytest.raises(InputError, match=f"2 {name} for {ROWS} rows"):
            case.search(Greedy(), **{name: values})


@pytest.mark.parametrize("method", [Greedy(), Beam(2, 0.0)], ids=str)
def test_an_output_goes_on_from_its_prefix(case: Case, method: SearchMethod) -> None:
    """With the beginning of what it would be, which loses nothing to it; beside a row with none."""
    if SearchFeature.PREFIXES not in case.engine.features:
        return
    free, before = [row[0] for row in case.search(method)], case.prefixes or [[]] * ROWS
    taken = [h.tokens[: row % 3] for row, h in enumerate(free)]
    prefixes = [[*first, *tokens] for first, tokens in zip(before, taken, strict=True)]
    limits = [limit - len(tokens) for limit, tokens in zip(LIMITS, taken, strict=True)]
    found = case.search(method, prefixes=prefixes, limits=limits)
    for h, tokens, (best, *_) in zip(free, taken, found, strict=True):
        assert best.log_probability >= h.log_probability - case.near
        if isinstance(method, Greedy):
            assert ([*tokens, *best.tokens], best.ending) == (h.tokens, h.ending)


def test_draws_depend_on_the_seed_and_the_number_of_a_row_alone(case: Case) -> None:
    if SearchFeature.SAMPLING not in case.engine.features:
        return
    all_rows, again, other = (case.search(Sample(temperature=1.5, seed=seed)) for seed in (1, 1, 2))
    assert_same(case, all_rows, again)
    assert [h[0].tokens for h in all_rows] != [h[0].tokens for h in other]
    assert_same(case, case.some([0, 1, 2, 3], case.request(Sample(temperature=1.5))), all_rows[:4])
    likely = case.search(Sample(top_k=1))
    assert [h.tokens for (h,) in likely] == [h.tokens for (h,) in case.search(Greedy())]


class MarkovModel(EncoderDecoder):
    """Stands in for a model: which chain is followed is the first symbol of the source."""

    device = torch.device("cpu")

    def __init__(self, chains: Markov) -> None:
        torch.nn.Module.__init__(self)
        self.chains = chains

    def encode(self, source: Any) -> Any:
        return source

    def start(self, memory: Any) -> MarkovState:  # type: ignore[override]
        return self.chains.start([row[0] for row in memory.rows()])

    def for_search(self) -> tuple[Any, Any]:
        return self.start, self.chains.step


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_wide_beam_finds_the_truly_best_outputs(alpha: float) -> None:
    chains = Markov.random(3, 4, 7, seed=5).logits.index_fill(3, torch.tensor(NEVER_WRITTEN), -torch.inf)
    model = Markov(chains, START, END)
    request = SearchRequest(Beam(64, alpha), n_best=5, limits=[3, 2, 3])
    engine = TorchEngine(MarkovModel(model), DEFAULT_SYMBOLS, batch_tokens=3)
    result = engine.search(Packed.of([[0, END], [1, END], [2, END]]), request)
    for chain, (found, limit) in enumerate(zip(result.hypotheses, [3, 2, 3], strict=True)):
        expected = model.best(chain, limit, LengthPenalty(alpha), 5)
        assert [h.tokens for h in found] == [tokens for _, tokens in expected]
        assert [h.score for h in found] == pytest.approx([score for score, _ in expected])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Beam(0), "a beam of 0"),
        (lambda: Beam(3, float("nan")), "length_penalty = nan"),
        (lambda: Sample(temperature=0.0), "temperature of 0"),
        (lambda: Sample(top_p=0.0), "top-p 0"),
        (lambda: SearchRequest(Greedy(), n_best=2), "n_best = 2, and greedy search gives up to 1"),
        (lambda: SearchRequest(Beam(3), n_best=0), "n_best = 0"),
        (lambda: SearchRequest(Greedy(), limits=[3, -1]), "at most -1 tokens"),
        (lambda: SearchRequest(Greedy(), minimums=[3, -1]), "at least -1 tokens"),
        (lambda: SearchRequest(Greedy(), limits=[3, 4], minimums=[0, 5]), "of row 2, at least 5 tokens and at most 4"),
    ],
)
def test_a_value_out_of_its_range_is_named(make: Callable[[], object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda model: TorchEngine(model, DEFAULT_SYMBOLS, batch_tokens=64),
        lambda model: NativeEngine(model, DEFAULT_SYMBOLS),
    ],
    ids=["PyTorch", "native"],
)
def test_a_row_beyond_the_learned_positions_cannot_be_read(make: Callable[[EncoderDecoder], Engine[Packed]]) -> None:
    parts = {**TRANSFORMER, "positions": "learned", "max_positions": 6}
    model = cast(EncoderDecoder, loaded({"encoder": parts, "decoder": parts}).model)
    made = make(model)
    with pytest.raises(InputError, match=r"learned positions.* end at 6"):
        made.search(Packed.of([[*range(10, 19), END]]), SearchRequest(Greedy(), limits=[3]))
