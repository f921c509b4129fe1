"""Every kind of tokenizer keeps the one promise: nothing is lost."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.text.coverage import count_tokens, coverage_table
from dragoman.text.placeholders import UNITS
from dragoman.text.sampling import SubwordSampler
from dragoman.text.tokenizer import KINDS, Tokenizer
from dragoman.text.vocabulary import BYTE_SYMBOLS

TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "the dogs and the foxes are jumping, jumped and will jump",
    "Der schnelle braune Fuchs springt über den faulen Hund.",
    "Die Füchse springen, sprangen und werden springen: 12 345,67 €",
    "敏捷的棕色狐狸跳过了懒狗。狐狸跳了。",
    "すばしっこい茶色の狐はのろまな犬を飛び越える。コーヒー",
    "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ",
    "नमस्ते दुनिया, यह एक वाक्य है",
] * 3
ODD = [
    "",
    " ",
    "  a  b ",
    "\t\n",
    "e\u0301",
    "👩‍👩‍👧",
    "<0x41></s><pad>",
    "ﬁ☃",
    "\u2028",
    "x" * 300,
    "狐狸跳",
    "ー",
    "a_b__c",
    "٣٤",
    "_",
]


@pytest.fixture(scope="module", params=sorted(KINDS))
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return Tokenizer.train(TEXTS, vocabulary_size=600, kind=request.param, units=UNITS[:3])


@settings(deadline=None, max_examples=300)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_known_and_odd_texts_come_back(tokenizer: Tokenizer) -> None:
    texts = [*TEXTS, *ODD, UNITS[0] * 3, f"a{UNITS[1]} {UNITS[2]}b"]
    assert tokenizer.decode_batch(tokenizer.encode_batch(texts)) == texts


def test_special_symbols_and_bytes_come_first_and_not_from_text(tokenizer: Tokenizer) -> None:
    assert tokenizer.vocabulary.symbols[4:260] == BYTE_SYMBOLS
    for written in ("<pad>", "</s>", "<0x41>"):
        assert tokenizer.vocabulary.ids[written] not in tokenizer.encode(f"a {written}{written} b")


def test_units_have_a_symbol_and_join_nothing(tokenizer: Tokenizer) -> None:
    unit = tokenizer.vocabulary.ids[UNITS[2]]
    ids = tokenizer.encode(f"dog{UNITS[2]}dog")
    assert ids.count(unit) == 1
    assert not any(len(symbol.strip()) > 1 and set(symbol) & set(UNITS) for symbol in tokenizer.vocabulary.symbols)


def test_kind_survives_saving(tokenizer: Tokenizer, tmp_path, request: pytest.FixtureRequest) -> None:
    tokenizer.save(tmp_path / "t.json")
    loaded = Tokenizer.load(tmp_path / "t.json")
    assert loaded.kind == tokenizer.kind in KINDS
    assert loaded.encode_batch(TEXTS) == tokenizer.encode_batch(TEXTS)


def test_the_vocabulary_has_at_most_the_size_asked_for(tokenizer: Tokenizer) -> None:
    assert 260 + 3 < tokenizer.size <= 600


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_same_texts_give_the_same_tokenizer_in_another_process(kind: str) -> None:
    program = (
        "import sys, json, hashlib\n"
        "from dragoman.text.tokenizer import Tokenizer\n"
        "texts = json.loads(sys.stdin.read())\n"
        "t = Tokenizer.train(texts, vocabulary_size=500, kind=sys.argv[1])\n"
        "print(hashlib.sha256(json.dumps(t.content).encode()).hexdigest())"
    )
    here = Tokenizer.train(TEXTS, vocabulary_size=500, kind=kind)
    done = subprocess.run(
        [sys.executable, "-c", program, kind], input=json.dumps(TEXTS), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(json.dumps(here.content).encode()).hexdigest()


def test_kinds_differ_as_their_names_say() -> None:
    made = {kind: Tokenizer.train(TEXTS, vocabulary_size=900, kind=kind) for kind in KINDS}
    text = "the quick fox jumps"
    lengths = {kind: len(tokenizer.encode(text)) for kind, tokenizer in made.items()}
    assert lengths["characters"] == len(" " + text)
    assert lengths["words"] == 4
    assert lengths["words"] <= lengths["bpe"] <= lengths["characters"]
    assert lengths["words"] <= lengths["unigram"] < lengths["characters"]
    assert [made["words"].decode([token]) for token in made["words"].encode("狐狸跳")] == ["", "狐", "狸", "跳"]


def test_a_word_that_is_not_known_is_spelt() -> None:
    words = Tokenizer.train(TEXTS, vocabulary_size=900, kind="words")
    assert len(words.encode("foxdog")) == len(" foxdog")


def test_mistakes() -> None:
    with pytest.raises(ValueError, match="no kind of tokenizer is called wordpiece"):
        Tokenizer.train(TEXTS, vocabulary_size=500, kind="wordpiece")
    with pytest.raises(TypeError, match="several times"):
        Tokenizer.train(iter(TEXTS), vocabulary_size=500)
    with pytest.raises(ValueError, match="at least 263"):
        Tokenizer.train(TEXTS, vocabulary_size=262, units=UNITS[:3])


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
class TestSampling:
    def sampler(self, kind: str, strength: float, **settings: int) -> tuple[Tokenizer, SubwordSampler]:
        tokenizer = Tokenizer.train(TEXTS, vocabulary_size=700, kind=kind)
        if kind == "bpe":
            return tokenizer, SubwordSampler.bpe_dropout(tokenizer, rate=strength, **settings)
        return tokenizer, SubwordSampler.unigram(tokenizer, alpha=strength, **settings)

    def test_every_sample_is_the_text(self, kind: str) -> None:
        tokenizer, sampler = self.sampler(kind, 0.4)
        texts = [*TEXTS, *ODD, "nie gesehene Wörter wie ж"]
        for seed in range(5):
            ids = sampler.encode_batch(texts, np.random.default_rng(seed))
            assert tokenizer.decode_batch(ids) == texts

    def test_samples_differ_and_generators_decide(self, kind: str) -> None:
        _, sampler = self.sampler(kind, 0.4)
        draws = [sampler.encode_batch(TEXTS, np.random.default_rng(seed)) for seed in (1, 2, 1)]
        assert draws[0] == draws[2] != draws[1]

    def test_what_was_encoded_before_does_not_matter(self, kind: str) -> None:
        _, fresh = self.sampler(kind, 0.4)
        _, used = self.sampler(kind, 0.4)
        used.encode_batch(TEXTS[::-1], np.random.default_rng(9))
        assert fresh.encode_batch(TEXTS, np.random.default_rng(3)) == used.encode_batch(TEXTS, np.random.default_rng(3))


def test_dropout_of_nothing_is_the_tokenizer_and_of_all_is_characters() -> None:
    tokenizer = Tokenizer.train(TEXTS, vocabulary_size=700)
    none = SubwordSampler.bpe_dropout(tokenizer, rate=0.0)
    assert none.encode_batch(TEXTS, np.random.default_rng(0)) == tokenizer.encode_batch(TEXTS)
    everything = SubwordSampler.bpe_dropout(tokenizer, rate=1.0)
    (ids,) = everything.encode_batch(["the quick fox"], np.random.default_rng(0))
    assert len(ids) == len(" the quick fox")
    lengths = [
        np.mean(
            [
                len(row)
                for row in SubwordSampler.bpe_dropout(tokenizer, rate=rate).encode_batch(
                    TEXTS, np.random.default_rng(0)
                )
            ]
        )
        for rate in (0.0, 0.2, 0.5, 1.0)
    ]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[1] < lengths[3]


_BPE = Tokenizer.train(TEXTS, vocabulary_size=400)


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cn"], max_codepoint=0x2FFF)))
def test_both_libraries_cut_alike(text: str) -> None:
    """Letters of recent versions of Unicode aside, of which the libraries may know different ones."""
    none = SubwordSampler.bpe_dropout(_BPE, rate=0.0, variants=1)
    assert none.encode_batch([text], np.random.default_rng(0)) == [_BPE.encode(text)]


def test_dropout_has_the_probabilities_of_its_definition() -> None:
    """With two merges, one on top of the other, each left out with probability p, three symbols stay with p."""
    tokenizer = Tokenizer.train(["ab"] * 5, vocabulary_size=4 + 256 + 7)
    assert tokenizer.content["model"]["merges"] == [[" ", "a"], [" a", "b"]]
    p = 0.3
    sampler = SubwordSampler.bpe_dropout(tokenizer, rate=p, variants=4000)
    lengths = [len(row) for row in sampler.encode_batch(["ab"] * 8000, np.random.default_rng(0))]
    for length, probability in ((3, p), (2, (1 - p) * p), (1, (1 - p) ** 2)):
        assert lengths.count(length) / len(lengths) == pytest.approx(probability, abs=0.03)


def test_unigram_sampling_has_the_probabilities_of_its_definition() -> None:
    tokenizer = Tokenizer.train(TEXTS, vocabulary_size=700, kind="unigram")
    alpha, word = 0.5, " jump"
    scores = dict(tokenizer.content["model"]["vocab"][260:])
    weights: dict[tuple[str, ...], float] = {}
    for cuts in range(2 ** (len(word) - 1)):
        ends = [place + 1 for place in range(len(word) - 1) if cuts >> place & 1]
        pieces = tuple(word[a:b] for a, b in zip([0, *ends], [*ends, len(word)], strict=True))
        if all(piece in scores for piece in pieces):
            weights[pieces] = float(np.exp(alpha * sum(scores[piece] for piece in pieces)))
    total = sum(weights.values())
    sampler = SubwordSampler.unigram(tokenizer, alpha=alpha, variants=20_000)
    drawn = sampler.encode_batch(["jump"] * 20_000, np.random.default_rng(0))
    symbols = tokenizer.vocabulary.symbols
    for pieces, weight in weights.items():
        share = np.mean([tuple(symbols[token] for token in row) == pieces for row in drawn])
        assert share == pytest.approx(weight / total, abs=0.02)


@pytest.mark.parametrize("kind", ["words", "characters", "unigram"])
def test_dropout_needs_merges(kind: str) -> None:
    with pytest.raises(ValueError, match=f"this one is of {kind}"):
        SubwordSampler.bpe_dropout(Tokenizer.train(TEXTS, vocabulary_size=400, kind=kind), rate=0.1)


def test_coverage_counts_tokens_and_bytes() -> None:
    tokenizer = Tokenizer.train(["a b c a b c"] * 3, vocabulary_size=300, kind="characters")
    counts = count_tokens(tokenizer, ["a b", "ж"], spaced=True)
    assert (counts.texts, counts.words, counts.characters, counts.byte_tokens) == (2, 3, 3, 2)
    assert counts.tokens == len(" a b") + len(" ") + 2
    assert counts.byte_share == pytest.approx(2 / counts.tokens)
    unspaced = count_tokens(tokenizer, ["ж"], spaced=False)
    assert unspaced.tokens_per_word is None
    table = coverage_table({"en": counts, "zh": unspaced, "none": count_tokens(tokenizer, [], spaced=True)})
    assert len({line.index("tokens a character") + len("tokens a character") for line in table.splitlines()[:1]}) == 1
    assert "Many characters of zh" in table
    assert "Many characters of none" not in table
    assert json.dumps(counts.to_dict())
