"""Placeholders are carried over by the search, looked for in the n-best list, or flagged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from dragoman.contracts import DEFAULT_SYMBOLS
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.predict.translation import ConcernKind
from dragoman.predict.translator import Translator
from dragoman.recipe import recipe_from
from dragoman.text.codec import Codec
from dragoman.text.placeholders import UNITS
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.truecasing import Truecaser

END = DEFAULT_SYMBOLS.end

STACK = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}


class Scripted(EncoderDecoder):
    """Stands in for a model: a fixed log-probability for each whole output, whatever the source."""

    device = torch.device("cpu")

    def __init__(self, size: int, outputs: dict[tuple[int, ...], float]) -> None:
        torch.nn.Module.__init__(self)
        self.size, self.outputs = size, outputs

    def encode(self, source: object) -> object:
        return source

    def start(self, memory) -> ScriptedState:
        return ScriptedState([()] * memory.layout.batch)

    def step(self, tokens: Tensor, state: ScriptedState) -> tuple[Tensor, ScriptedState]:
        grown = [
            prefix if begin else (*prefix, int(token))
            for prefix, token, begin in zip(state.prefixes, tokens, [not state.begun] * len(tokens), strict=True)
        ]
        logits = torch.full((len(grown), self.size), -1e4)
        for row, prefix in enumerate(grown):
            for output, probability in self.outputs.items():
                if output[: len(prefix)] == prefix and len(output) > len(prefix):
                    place = output[len(prefix)]
                    logits[row, place] = torch.logaddexp(logits[row, place], torch.tensor(probability))
        return logits, ScriptedState(grown, begun=True)

    def for_search(self) -> tuple[Any, Any]:
        return self.start, self.step


class ScriptedState:
    def __init__(self, prefixes: Sequence[tuple[int, ...]], *, begun: bool = False) -> None:
        self.prefixes, self.begun = list(prefixes), begun

    def select(self, rows: Tensor) -> ScriptedState:
        return ScriptedState([self.prefixes[row] for row in rows.tolist()], begun=self.begun)


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["hallo welt. (x)"] * 9, vocabulary_size=310, units=UNITS[:2])


def translator(tokenizer: Tokenizer, *outputs: str, truecaser: Truecaser | None = None) -> Translator:
    """The first output is the most probable one."""
    recipe = recipe_from({"model": {"encoder": STACK, "decoder": STACK}, "search": {"length_penalty": 0.0}})
    scripted = {(*tokenizer.encode(text), END): -float(rank) for rank, text in enumerate(outputs)}
    codec = Codec(tokenizer, truecaser)
    return Translator(Scripted(tokenizer.size, scripted), codec, codec, recipe)


@pytest.mark.parametrize("beam", [1, 2, 4])
def test_the_best_that_keeps_them_is_taken(tokenizer: Tokenizer, beam: int) -> None:
    model = translator(tokenizer, "hallo", f"hallo {UNITS[0]} {UNITS[0]}", f"hallo {UNITS[0]}")
    (found,) = model.stream(["hello {never_seen_before}"], beam=beam)
    assert found.text == "hallo {never_seen_before}"
    assert not found.flagged


@pytest.mark.parametrize("beam", [1, 3])
def test_without_such_a_one_the_best_is_flagged(tokenizer: Tokenizer, beam: int) -> None:
    model = translator(tokenizer, "hallo", f"hallo {UNITS[0]} {UNITS[0]}")
    lost, fine = model.stream(["hello {name}", "hello"], beam=beam)
    assert (lost.text, [*map(str, lost.concerns)]) == ("hallo", ["placeholders differ from the source's"])
    assert not fine.flagged


def test_an_n_best_list_is_not_reordered(tokenizer: Tokenizer) -> None:
    model = translator(tokenizer, "hallo", f"hallo {UNITS[0]}")
    (found,) = model.n_best(["hello <b>"], 2)
    assert [translation.placeholders_kept for translation in found] == [False, False]
    (found,) = model.n_best(["hello %s"], 2)
    assert [translation.text for translation in found] == ["hallo", "hallo %s"]
    assert [translation.placeholders_kept for translation in found] == [False, True]


@pytest.mark.parametrize("beam", [1, 2, 4])
@pytest.mark.parametrize("source", ["hello", "hello hello. hello", "hello \U000f0005"])
def test_a_placeholder_that_the_source_does_not_have_is_looked_for_no_less(
    tokenizer: Tokenizer, beam: int, source: str
) -> None:
    held = UNITS[0] if source.endswith("\U000f0005") else ""
    model = translator(tokenizer, f"hallo {UNITS[1]} {held}", f"welt {held}".strip())
    found = next(iter(model.stream([source], beam=beam)))
    assert (found.text, found.flagged) == ("welt \U000f0005" if held else "welt", False)


@pytest.mark.parametrize("beam", [1, 3])
@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("hallo {} welt", "hallo welt"),
        ("hallo {}.", "hallo."),
        ("{} hallo", "hallo"),
        ("hallo ({}) welt", "hallo welt"),
        ("hallo{}welt", "hallowelt"),
        ("hallo {} {} welt.", "hallo welt."),
        ("{}", ""),
    ],
)
def test_an_invented_one_is_taken_out_and_flagged(tokenizer: Tokenizer, beam: int, output: str, text: str) -> None:
    model = translator(tokenizer, output.format(*[UNITS[1]] * 2))
    for (found,) in [*model.n_best(["hello"], 1, beam=beam), [next(iter(model.stream(["hello"] * 2, beam=beam)))]]:
        assert found.text == text
        assert not found.placeholders_kept
        assert found.flagged


def test_an_invented_one_stands_for_the_one_that_is_lost(tokenizer: Tokenizer) -> None:
    (found,) = translator(tokenizer, f"hallo {UNITS[1]}").stream(["hello {name}"])
    assert found.text == "hallo {name}"
    assert found.flagged


def test_candidates_of_an_n_best_list_that_invent_one_are_flagged(tokenizer: Tokenizer) -> None:
    model = translator(tokenizer, f"hallo {UNITS[0]}", "hallo")
    (found,) = model.n_best(["hello"], 2)
    assert [(t.text, t.placeholders_kept) for t in found] == [("hallo", False), ("hallo", True)]


def test_a_private_character_without_a_symbol_comes_through(tokenizer: Tokenizer) -> None:
    plain = Tokenizer.train(["hallo welt"] * 9, vocabulary_size=300)
    (found,) = translator(plain, "hallo \U000f0005").stream(["hello \U000f0005"])
    assert (found.text, found.flagged) == ("hallo \U000f0005", False)


@pytest.mark.parametrize("beam", [1, 3])
@pytest.mark.parametrize("source", ["HALLO WELT", "HALLO", "HALLO {Name}!"])
def test_capitals_that_the_model_hardly_saw_are_read_in_small_letters(beam: int, source: str) -> None:
    tokenizer = Tokenizer.train(["Hallo welt! hallo (x)"] * 9, vocabulary_size=330, units=UNITS[:2])
    held = " {Name}" * ("{" in source)
    model = translator(tokenizer, f"hallo (x){held and ' ' + UNITS[0]}")
    read: list[list[int]] = []
    search = model.engine.stream  # type: ignore[attr-defined]
    model.engine.stream = lambda source, wanted: read.extend(source.rows()) or search(source, wanted)  # type: ignore
    (found,) = model.stream([source], beam=beam)
    assert read == [[*tokenizer.encode(source.replace("{Name}", UNITS[0]).capitalize()), END]]
    assert found.text == f"HALLO (X){held}"
    (concern,) = found.concerns
    assert (concern.kind, "hardly saw" in concern.message) == (ConcernKind.CAPITALS, True)


@pytest.mark.parametrize("source", ["PDF", "USB 3", "Hallo WELT", "hallo welt", "日本 HALLO WELT", "42"])
def test_acronyms_and_ordinary_sentences_are_read_as_they_are(tokenizer: Tokenizer, source: str) -> None:
    (found,) = translator(tokenizer, "hallo").stream([source])
    assert found.text == "hallo"
    assert not [concern for concern in found.concerns if concern.kind is ConcernKind.CAPITALS]


@pytest.mark.parametrize("truecased", [True, False])
def test_an_answer_in_small_letters_to_capitals_is_put_in_capitals(truecased: bool) -> None:
    known = Tokenizer.train(["HALLO WELT hallo welt Hallo"] * 9, vocabulary_size=310)
    truecaser = Truecaser({"hallo": "hallo", "welt": "welt"}, "de") if truecased else None
    (found,) = translator(known, "hallo welt", truecaser=truecaser).stream(["HALLO WELT"])
    assert found.text == "HALLO WELT"
    assert [concern.kind for concern in found.concerns] == [ConcernKind.CAPITALS]
    (found,) = translator(known, "HALLO", truecaser=truecaser).stream(["HALLO WELT"])
    assert (found.text, found.flagged) == ("HALLO", False)
