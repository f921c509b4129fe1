"""Outputs satisfy what is demanded of their text, or it is refused because none can, by trying all outputs."""

from __future__ import annotations

import itertools
import random
import sys
from pathlib import Path

import pytest
import torch

from dragoman.contracts import (
    NEVER,
    Beam,
    BestFirstBeam,
    DiverseBeam,
    Ending,
    Exact,
    Greedy,
    Hypothesis,
    Sample,
    SearchMethod,
    SpecialSymbols,
)
from dragoman.errors import InputError
from dragoman.search.banks import by_banks
from dragoman.search.repetition import RepetitionRule
from dragoman.search.rules import SearchRules
from dragoman.search.search import search
from dragoman.text.phrase_automaton import PhraseAutomaton
from dragoman.text.phrases import Phrases
from dragoman.text.spelling import Spelling
from dragoman.text.vocabulary import Vocabulary
from dragoman.text.vocabulary_automaton import VocabularyAutomaton

sys.path.insert(0, str(Path(__file__).parent))
from markov import END, START, Markov

SYMBOLS = ["a", "b", "ab", " a", " ", "c", " b.", ".", " ba", "A"]
WORDS = ["a", "b", "ab", "ba", "a b", "A", "b. a", "c"]
METHODS: list[SearchMethod] = [
    Greedy(),
    Beam(1, 0.0),
    Beam(3, 1.0),
    BestFirstBeam(4, 0.0),
    DiverseBeam(4, 2),
    Sample(),
    Exact(0.0),
]


def vocabulary(symbols: list[str]) -> Vocabulary:
    named = ["<s>", "</s>", *symbols]
    return Vocabulary.of({symbol: id for id, symbol in enumerate(named)}, SpecialSymbols(None, None, START, END))


def demanded(draw: random.Random, *, whole_words: bool) -> Phrases:
    """One to five phrases, some of which may contradict each other."""
    required = tuple((draw.choice(WORDS),) * draw.choice([1, 2]) for _ in range(draw.choice([0, 1, 1, 2])))
    excluded = tuple(draw.choice(WORDS) for _ in range(draw.choice([0, 0, 1, 2])))
    return Phrases(required, excluded, draw.choice(["", "", "", "a", "ab", "A"]), whole_words)


def text_of(known: Vocabulary, ids: tuple[int, ...]) -> str:
    return "".join(known.symbols[id] for id in ids).removeprefix(" ")


@pytest.mark.parametrize("seed", range(18))
def test_every_output_satisfies_or_none_can(seed: int) -> None:
    draw = random.Random(seed)
    known, phrases, limit = vocabulary(draw.sample(SYMBOLS, 4)), demanded(draw, whole_words=seed % 2 == 0), seed % 6
    accepts, one = PhraseAutomaton(phrases).accepts, VocabularyAutomaton(Spelling.of(known), phrases)
    outputs = itertools.chain.from_iterable(itertools.product(range(2, 6), repeat=n) for n in range(limit + 1))
    satisfying = {ids for ids in outputs if accepts(text_of(known, ids))}
    model = Markov.random(2, 8, 6, seed, end_bias=draw.choice([0.0, 2.0, -2.0]))

    def found(method: SearchMethod, constraints: list[VocabularyAutomaton | None] | None) -> list[list[Hypothesis]]:
        rules = SearchRules(START, END, [limit] * 2, min(method.width, 2), (START,), constraints=constraints)
        return search(model.step, model.start([0, 1]), method, rules).hypotheses

    if not satisfying:
        with pytest.raises(InputError, match="row 1 can satisfy its constraint"):
            found(Greedy(), [one, None])
        return
    best = max(model.log_probability(0, [*ids, END]) for ids in satisfying)
    for method in METHODS:
        outputs, free = found(method, [one, None])
        for h in outputs:
            assert h.ending is Ending.COMPLETE
            assert tuple(h.tokens) in satisfying
            assert h.log_probability == pytest.approx(model.log_probability(0, [*h.tokens, END]))
        if isinstance(method, Exact):
            assert outputs[0].log_probability == pytest.approx(best)
        if isinstance(method, Greedy | Beam):
            # Another row, without a constraint, is searched as ever.
            expected = found(method, None)[1]
            assert free == [h for h in expected if h.ending is Ending.COMPLETE] or free == expected


@pytest.mark.parametrize("seed", range(8))
def test_what_is_missing_is_the_least_number_of_symbols(seed: int) -> None:
    """Also where characters are spelt byte by byte: é is C3 A9, and no character is left half spelt."""
    draw = random.Random(seed)
    spelt = {"<0xC3>": b"\xc3", "<0xA9>": b"\xa9"}
    known = vocabulary([*draw.sample(["a", "é", " a", "ab", " ", "."], 2), *spelt])
    phrases = Phrases(
        required=(draw.choice([("é",), ("aé", "b"), ("a a",)]),),
        excluded=draw.choice([(), ("a",), ("éé",)]),
        whole_words=seed % 2 == 0,
    )
    one, accepts, longest = VocabularyAutomaton(Spelling.of(known), phrases), PhraseAutomaton(phrases).accepts, 4
    expected: dict[tuple[int, ...], int] = {}
    for length in range(longest, -1, -1):
        for ids in itertools.product(range(2, 6), repeat=length):
            state = one.start
            for id in ids:
                state = one.after(state, id)
            raw = b"".join(spelt.get(known.symbols[id], known.symbols[id].encode()) for id in ids)
            try:
                ends = accepts(raw.decode().removeprefix(" "))
            except UnicodeDecodeError:
                ends = False
            after = [expected[*ids, id] + 1 for id in range(2, 6)] if length < longest else []
            expected[ids] = 0 if ends else min(after, default=NEVER)
            assert (one.least(state) == 0) == ends
            if expected[ids] <= longest - length:
                assert one.least(state) == expected[ids]
            else:
                assert one.least(state) > longest - length
            assert one.least_after(state)[2:].tolist() == [one.least(one.after(state, id)) for id in range(2, 6)]


@pytest.mark.parametrize(
    ("phrases", "text", "fits"),
    [
        (Phrases((("dog",),)), "Dog", True),
        (Phrases((("dog",),)), "A cat! “Dog?”", True),
        (Phrases((("dog",),)), "The Dog", False),
        (Phrases((("Dog",),)), "dog", False),
        (Phrases((("dog",),)), "hotdogs", False),
        (Phrases((("dog",),), whole_words=False), "hotdogs", True),
        (Phrases((("DOG",),), any_case=True), "my dog", True),
        (Phrases((("API",),)), "使用API的", True),
        (Phrases((("API",),)), "RAPID", False),
        (Phrases((("苹果",),)), "我吃苹果了", True),
        (Phrases((("10 kg",),)), "about 10\u00a0kg", True),
        (Phrases((("C++",),)), "C++11", True),
        (Phrases((("a b",), ("b c",))), "x a b c", True),
        (Phrases(excluded=("York",)), "New York", False),
        (Phrases(excluded=("York",)), "New Yorker", True),
        (Phrases(prefix="Gut"), "Guten Tag", True),
        (Phrases(prefix="Gut "), "Guten Tag", False),
        (Phrases(prefix="gut"), "Gut so", True),
    ],
    ids=str,
)
def test_phrases_are_found_as_a_reader_would(phrases: Phrases, text: str, fits: bool) -> None:
    assert PhraseAutomaton(phrases).accepts(text) == fits


def test_a_sentence_that_will_get_its_capital_is_seen_with_it() -> None:
    known = vocabulary(["the", " dog", " the", "."])
    required, excluded = (
        VocabularyAutomaton(Spelling.of(known), Phrases(*both), truecased=True)
        for both in (((("The dog",),), ()), ((), ("The dog",)))
    )
    assert required.least(required.after(required.after(required.start, 2), 3)) == 0
    assert excluded.least(excluded.after(excluded.after(excluded.start, 2), 3)) == 1


def test_many_phrases_fit_though_their_order_is_not_gone_through() -> None:
    known = vocabulary([" a", " b", " c", " d", " e", " f", " g", " h"])
    one = VocabularyAutomaton(Spelling.of(known), Phrases(tuple((letter,) for letter in "abcdefgh"), excluded=("a b",)))
    assert not one.is_exact
    least = one.least(one.start)
    assert 8 <= least < 40
    rules = SearchRules(START, END, [least], constraints=[one])
    model = Markov.random(1, 60, 10, 1)
    for method in (Greedy(), Beam(4)):
        (best,) = search(model.step, model.start([0]), method, rules).best
        assert {*range(2, 10)} <= {*best.tokens}


def test_what_loops_goes_on_to_what_is_missing() -> None:
    table = torch.full((1, 1, 5, 5), -9.0, dtype=torch.float64)
    table[..., 2] = 0.0
    table[..., END] = -1.0
    model, known = Markov(table), vocabulary([" a", " b", "c"])
    one = VocabularyAutomaton(Spelling.of(known), Phrases((("b",),)))
    for method in (Greedy(), Beam(2, 0.0)):
        rules = SearchRules(START, END, [40], constraints=[one], repetition=RepetitionRule())
        (best,) = search(model.step, model.start([0]), method, rules).best
        assert best.ending is Ending.COMPLETE
        assert 3 in best.tokens


def test_greedy_search_goes_on_with_what_is_missing_where_the_model_would_end() -> None:
    model, known = Markov.random(1, 20, 6, 3, end_bias=20.0), vocabulary([" a", " b", "c", "."])
    one = VocabularyAutomaton(Spelling.of(known), Phrases((("bc",),)))
    (best,) = search(model.step, model.start([0]), Greedy(), SearchRules(START, END, [15], constraints=[one])).best
    assert best.tokens == [3, 4]


def test_every_distance_has_a_place_in_the_beam() -> None:
    scores = torch.tensor([[-1.0, -1.5, -2.0, -8.0, -9.0, float("-inf")], [-1.0, -2.0, -3.0, -4.0, -5.0, -6.0]])
    to_go = torch.tensor([[3, 3, 3, 2, 0, 1], [0, 0, 0, 0, 0, 0]])
    assert by_banks(scores, to_go, 4).tolist() == [[4, 3, 0, 1], [0, 1, 2, 3]]
    assert by_banks(scores, to_go, 2).tolist() == [[3, 0], [0, 1]]
