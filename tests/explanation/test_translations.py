"""What is told of a translation is what the model computes and what the search did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from dragoman.contracts import (
    Beam,
    BestFirstBeam,
    DiverseBeam,
    Ending,
    Fate,
    Greedy,
    Packed,
    Sample,
    SearchMethod,
    TextSize,
)
from dragoman.errors import InputError
from dragoman.explanation.asked import Asked
from dragoman.explanation.continuation import ContinuationExplanation
from dragoman.explanation.explain import explain, explain_all
from dragoman.explanation.readable import Readable
from dragoman.explanation.translation import TranslationExplanation
from dragoman.model.build import build
from dragoman.model.encoder_decoder import EncoderDecoder
from dragoman.model.language_model import LanguageModel
from dragoman.predict.translator import Translator
from dragoman.predict.writer import Writer
from dragoman.recipe import recipe_from
from dragoman.reports.columns import COLUMNS, columns_of
from dragoman.text.codec import Codec
from dragoman.text.placeholders import UNITS
from dragoman.text.ragged import Ragged
from dragoman.text.tokenizer import SPECIAL_NAMES, Tokenizer
from dragoman.text.vocabulary import Vocabulary

WORDS = ["one", "two", "three", "four", "five", "狗", "كلب", "six"]
STACK = {"layers": 1, "width": 16, "feed_forward": 16, "heads": 2}
LSTM = {"kind": "lstm", "width": 16, "attention": "additive"}
SEARCH = {"beam": 3, "length_penalty": 0.6, "max_length_ratio": 0.3, "max_length_extra": 6}
TOKENIZER = Tokenizer.train([" ".join(WORDS)] * 9, vocabulary_size=320, units=UNITS)


def spread(model: EncoderDecoder | LanguageModel) -> None:
    """Turn the random weights up, so that outputs differ, and those of the end symbol more, so that they end."""
    generator = torch.Generator().manual_seed(10)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.4)
        cast(Any, model.decoder).output.weight[3] *= 4


def translator_of(decoder: dict[str, object], **recipe: object) -> Translator:
    values = recipe_from({"model": {"encoder": STACK, "decoder": decoder, "tie": "none"}, "search": SEARCH, **recipe})
    model = build(values.model, TextSize(TOKENIZER.size), TextSize(TOKENIZER.size), seed=2)
    assert isinstance(model, EncoderDecoder)
    spread(model)
    return Translator(model.double().eval(), Codec(TOKENIZER), Codec(TOKENIZER), values)


@pytest.fixture(scope="module", params=[STACK, LSTM], ids=["transformer", "lstm"])
def translator(request: pytest.FixtureRequest) -> Translator:
    return translator_of(request.param)


@pytest.fixture(scope="module")
def writer() -> Writer:
    values = recipe_from({"model": {"encoder": {"kind": "none"}, "decoder": STACK}})
    model = build(values.model, TextSize(TOKENIZER.size), TextSize(TOKENIZER.size), seed=2)
    assert isinstance(model, LanguageModel)
    spread(model)
    return Writer(model.double().eval(), Codec(TOKENIZER), values)


def explained(translator: Translator, text: str, propose: str | None = None, **more: object) -> TranslationExplanation:
    found = explain(translator, text, propose=propose, **more)  # type: ignore[arg-type]
    assert isinstance(found, TranslationExplanation)
    return found


TRACED = [Beam(3, 0.6), BestFirstBeam(3, 0.6), DiverseBeam(4, 2), Greedy(), Sample(seed=3)]
PAIRS = [
    ("one two", "five 狗 كلب"),
    ("three {name} 狗", "{name} six <b>x</b>"),
    ("  one \u00a0 four ", " six\u0301  é€ "),
    ("six", ""),
]


@pytest.mark.parametrize(("source", "proposed"), PAIRS)
def test_what_is_found_and_what_is_proposed_have_the_translators_scores(
    translator: Translator, source: str, proposed: str
) -> None:
    told = explained(translator, source, proposed)
    ((best,),) = translator.n_best([source], 1)
    assert told.found.text == best.text
    assert told.found.log_probability == pytest.approx(best.log_probability, abs=1e-5)
    assert told.found.score == pytest.approx(best.score, abs=1e-5)
    assert told.found.ending is best.ending
    assert told.proposed is not None
    expected = -translator.score([source], [proposed]).nats[0]
    assert told.proposed.log_probability == pytest.approx(expected, abs=1e-5)
    for text in (told.found, told.proposed):
        assert sum(token.log_probability for token in text.tokens) == pytest.approx(text.log_probability)
    shown = "".join(token.token.text for token in told.proposed.tokens)
    assert ("{name}" in shown) == ("{name}" in proposed)


def test_choices_are_those_of_the_model_step_by_step(translator: Translator) -> None:
    told = explained(translator, "one two three", "four 狗", alternatives=4)
    assert told.proposed is not None
    special, model = translator.target.special, translator.model
    source = Packed.of([[*TOKENIZER.encode("one two three"), special.end]])
    state, last = model.start(model.encode(source)), special.start
    readable = Readable(TOKENIZER.vocabulary, {}, spaced=True)
    for token, id in zip(told.proposed.tokens, [*TOKENIZER.encode("four 狗"), special.end], strict=True):
        with torch.inference_mode():
            logits, state = model.step(torch.tensor([last]), state)
        log_p = torch.log_softmax(logits[0], 0)
        allowed = [other for other in range(len(log_p)) if other not in special.never_written]
        order = sorted(allowed, key=lambda other: -float(log_p[other]))
        assert token.log_probability == pytest.approx(float(log_p[id]), abs=1e-9)
        assert token.rank == order.index(id) + 1
        others = [other for other in order if other != id][:4]
        assert [other.token for other in token.alternatives] == [readable.symbol(other) for other in others]
        for alternative, other in zip(token.alternatives, others, strict=True):
            assert alternative.log_probability == pytest.approx(float(log_p[other]), abs=1e-9)
        last = id


@pytest.mark.parametrize("lost", [0, 2])
@pytest.mark.parametrize(
    "search", [Beam(3, 0.6), BestFirstBeam(3, 0.6), DiverseBeam(4, 2), Greedy(), Sample(seed=3)], ids=str
)
def test_the_tree_holds_what_was_found_and_ends_every_branch(
    translator: Translator, search: SearchMethod, lost: int
) -> None:
    tree = explained(translator, "two four 狗", search=search, alternatives=lost).tree
    found = explained(translator, "two four 狗", search=search).found
    path = [node for node in tree.nodes if node.on_best_path]
    assert len(path) == len(found.tokens)
    assert path[-1].log_probability == pytest.approx(found.log_probability)
    assert path[-1].score == pytest.approx(found.score)
    parents = {node.parent for node in tree.nodes}
    depths: list[int] = []
    for place, node in enumerate(tree.nodes):
        assert node.parent is None or node.parent < place
        depths.append(0 if node.parent is None else depths[node.parent] + 1)
        if place not in parents:
            assert node.fate is not Fate.CONTINUED, "every branch comes to an end that has a reason"
    if lost:
        whole = explained(translator, "two four 狗", search=search, alternatives=1000).tree
        assert whole.left_out == 0
        assert len(whole.nodes) == len(tree.nodes) + tree.left_out
    else:
        plain = [n for place, n in enumerate(tree.nodes) if n.fate is Fate.PUSHED_OUT and place not in parents]
        assert all(not n.on_best_path for n in plain)


def test_a_search_error_is_called_one(translator: Translator) -> None:
    texts = [" ".join(np.random.default_rng(seed).choice(WORDS[:5], 3)) for seed in range(30)]
    found = [best for (best,) in translator.n_best(texts, 1, search=Greedy())]
    pairs = [(place, word) for place in range(len(texts)) for word in ["", *WORDS]]
    nats = translator.score([texts[place] for place, _ in pairs], [word for _, word in pairs]).nats
    missed = max(
        (-cost - found[place].log_probability, (texts[place], word))
        for (place, word), cost in zip(pairs, nats.tolist(), strict=True)
        if found[place].ending is Ending.COMPLETE
    )[1]
    told = explained(translator, *missed, search=Greedy())
    assert told.comparison is not None
    assert told.comparison.search_error
    assert "A search error" in told.comparison.sentences[-1]
    assert "A search error" in told.as_text().replace("\n", " ")
    same = explained(translator, missed[0], told.found.text, search=Greedy())
    assert same.comparison is not None
    assert not same.comparison.search_error
    by_chance = explained(translator, *missed, search=Sample(seed=2))
    assert by_chance.comparison is not None
    assert not by_chance.comparison.search_error


def test_the_comparison_names_where_they_part_and_what_costs_most(translator: Translator) -> None:
    found = explained(translator, "one six").found
    begun = TOKENIZER.decode(TOKENIZER.encode(found.text)[:2])
    told = explained(translator, "one six", f"{begun} two two")
    assert told.comparison is not None
    assert told.proposed is not None
    tokens = told.proposed.tokens
    assert tokens[told.comparison.costliest].log_probability == min(token.log_probability for token in tokens)
    parting = told.comparison.parting
    assert parting is not None
    assert [t.token for t in tokens[:parting]] == [t.token for t in found.tokens[:parting]]
    assert tokens[parting].token != found.tokens[parting].token


class Spelling:
    """A segmenter of whole words without bytes, in which all other words are unknown."""

    vocabulary = Vocabulary.of(
        {symbol: id for id, symbol in enumerate([*SPECIAL_NAMES, *(f" {word}" for word in WORDS), "a"])},
    )
    suffix = ".json"

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        ids = self.vocabulary.ids
        return [[ids.get(f" {word}", ids.get(word, 1)) for word in text.split()] for text in texts]

    def encode_ragged(self, texts: Sequence[str]) -> Ragged:
        return Ragged.of(self.encode_batch(texts))

    def decode_batch(self, rows: Sequence[Sequence[int]]) -> list[str]:
        return ["".join(self.vocabulary.symbols[id] for id in row if id > 3).strip() for row in rows]

    def save(self, path: Path) -> None:
        raise NotImplementedError


def test_a_text_that_the_vocabulary_cannot_spell_is_refused_with_its_characters() -> None:
    codec = Codec(Spelling())
    recipe = recipe_from({"model": {"encoder": STACK, "decoder": STACK}})
    model = build(recipe.model, codec.size, codec.size, seed=1)
    assert isinstance(model, EncoderDecoder)
    translator = Translator(model, codec, codec, recipe)
    assert explained(translator, "one two", "one a six").proposed is not None
    with pytest.raises(InputError, match=r"cannot spell .* no symbol for '§' \(U\+00A7\), '猫' \(U\+732B\)\n"):
        explain(translator, "one two", propose="one § a § 猫")
    with pytest.raises(InputError, match="no symbol for 'sixty'\n"):
        explain(translator, "one two", propose="sixty")


def test_what_cannot_be_explained_is_refused(translator: Translator) -> None:
    with pytest.raises(InputError, match="text 2 is empty, or has no visible character"):
        explain_all(translator, ["one", " \u200b"], Asked())
    with pytest.raises(InputError, match="half a character"):
        explain(translator, "one", propose="\ud800")
    with pytest.raises(InputError, match="-1 alternatives"):
        explain(translator, "one", alternatives=-1)
    with pytest.raises(InputError, match="not text"):
        explain(translator, 3)


def test_a_long_text_is_explained_piece_by_piece() -> None:
    short = translator_of(STACK, cleaning={"max_tokens": 8})
    long = "one two three four five six. " * 2
    found = explain_all(short, [long, "six"], Asked())
    pieces = [(told.piece, told.pieces) for told in found if isinstance(told, TranslationExplanation)]
    assert pieces[-1] == (1, 1)
    assert pieces[:-1] == [(number, len(found) - 1) for number in range(1, len(found))]
    assert f"source, piece 2 of {len(found) - 1}: " in found[1].as_text()
    for told in found:
        assert isinstance(told, TranslationExplanation)
    with pytest.raises(InputError, match=r"in [2-9] pieces"):
        explain(short, long)
    with pytest.raises(InputError, match="a translation is proposed of a text that the model translates in"):
        explain(short, long, propose="one")


def test_a_terminal_of_80_columns_is_wide_enough(translator: Translator) -> None:
    text = " ".join([*WORDS, "狗" * 42, "{name}", "one", "كلب"])
    told = explained(translator, text, text[::2], alternatives=5)
    lines = told.as_text().splitlines()
    assert max(map(columns_of, lines)) <= COLUMNS
    assert [line for line in lines if line.startswith("★")], "the best path is marked"
    plain = json.loads(json.dumps(told.to_dict()))
    assert plain["kind"] == "translation"
    assert [token["token"] for token in plain["found"]["tokens"]] == [t.token.text for t in told.found.tokens]
    assert len(plain["tree"]["nodes"]) == len(told.tree.nodes)


def test_attention_lies_between_the_tokens_that_are_shown(translator: Translator) -> None:
    told = explained(translator, "one two 狗")
    assert told.attention
    for attended in told.attention:
        assert attended.heads.shape[1:] == (len(attended.queries), len(attended.keys))
        assert np.allclose(attended.heads.sum(2), 1)
    assert told.attention[-1].keys == [token.text for token in told.source_tokens]
    assert told.attention[-1].queries == [token.token.text for token in told.found.tokens]
    assert {end for _, end in told.links} <= set(range(len(told.found.tokens)))
    assert {begin for begin, _ in told.links} <= set(range(len(told.source_tokens) - 1)), "not the end symbol"


@pytest.mark.parametrize("prompt", ["", "one two"])
def test_a_language_model_is_explained_like_its_own_scores(writer: Writer, prompt: str) -> None:
    told = explain(writer, prompt, propose="three 狗 six", beam=2)
    assert isinstance(told, ContinuationExplanation)
    assert told.proposed is not None
    (written,) = writer.n_best([prompt], 1, search=Beam(2, writer.recipe.search.length_penalty))
    assert told.found.ending is written[0].ending
    if told.found.ending is Ending.COMPLETE:
        assert told.found.log_probability == pytest.approx(written[0].log_probability)
    else:
        assert f"({told.found.ending.value})" in told.as_text()
    whole = -writer.score([f"{prompt} three 狗 six"]).nats[0]
    if prompt:
        ids = TOKENIZER.encode(prompt)
        given = writer.model.token_losses(writer.model.batch_of(None, Packed.of([ids]))).sum()
        whole += float(given)
    assert told.proposed.log_probability == pytest.approx(whole, abs=1e-5)
    assert len([node for node in told.tree.nodes if node.on_best_path]) == len(told.found.tokens)
    assert max(map(columns_of, told.as_text().splitlines())) <= COLUMNS
    assert [token.text for token in told.prompt_tokens] == (["▁one", "▁two"] if prompt else [])
