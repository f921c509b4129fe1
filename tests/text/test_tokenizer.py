"""Nothing is lost, nothing depends on chance, and no text can forge a special symbol."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.contracts import SpecialSymbols
from dragoman.errors import DamagedFileError, InputError
from dragoman.text.tokenizer import SPECIAL_NAMES, Tokenizer, has_surrogate
from dragoman.text.vocabulary import BYTE_SYMBOLS

PADDING, UNKNOWN, START, END = range(4)

_WORDS = [
    "der",
    "die",
    "das",
    "Haus",
    "Häuser",
    "geht",
    "gehen",
    "ging",
    "Hund",
    "1984",
    "42",
    "don't",
    "x-ray",
    "<s>",
    "</s>",
    "我",
    "喜欢",
    "猫",
    "สวัสดี",
    "हिन्दी",
    "السلام",
    "🙂",
]

NASTY = [
    "",
    " ",
    "   ",
    " a",
    "a ",
    "  a  b   c  ",
    "\t\ta\tb\n\nc\r\nd\u00a0e\u2028f\u3000g",
    "\0",
    "a\0b",
    "▁",
    "▁a ▁ b▁",
    "<pad> <unk> <s> </s>",
    "</s>",
    "<0x41>",
    " <0x41><0xC3>",
    "<0x00>",
    "👩‍👩‍👧‍👦 🇩🇪 👍🏽 ❤️",
    "e\u0301 \u0301 a\u0301\u0323",
    "क्‍ष हिन्दी ภาษาไทย 日本語のテキスト 漢字",
    "العَرَبِيَّة ᚠᚢᚦ 𐎠𐎡 𝔘𝔫𝔦",
    "\ufeffBOM \ufffd \U0010ffff",
    "\u1680\u2003\u205f \x1c\x1d\x85",
]


def corpus(sentences: int = 400, seed: int = 3) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choices(_WORDS, k=draw.randint(1, 12))) for _ in range(sentences)]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(corpus(), vocabulary_size=500)


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_decoding_gives_the_text_back(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


@settings(max_examples=400, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_decoding_gives_any_text_back(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


_PIECES = [
    *SPECIAL_NAMES,
    "<0x41>",
    "<0xC3>",
    "<0x",
    ">",
    " ",
    "  ",
    "\t",
    "\n",
    "▁",
    "Haus",
    "1984",
    "é",
    "e\u0301",
    "我",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=12))
def test_decoding_gives_back_texts_that_look_like_symbols(tokenizer: Tokenizer, pieces: list[str]) -> None:
    text = "".join(pieces)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=12))
def test_no_text_becomes_a_special_symbol(tokenizer: Tokenizer, pieces: list[str]) -> None:
    assert min(tokenizer.encode("".join(pieces)), default=END + 1) > END


def test_a_corpus_full_of_written_symbols_teaches_no_symbol() -> None:
    written = ["<0x41> </s> <s> <unk> <0xC3><0xA9>"] * 50 + corpus(50)
    learnt = Tokenizer.train(written, vocabulary_size=2000)
    for text in written:
        assert learnt.decode(learnt.encode(text)) == text
        assert min(learnt.encode(text)) > END


def test_digits_glued_together_cannot_spell_a_byte() -> None:
    learnt = Tokenizer.train(["<0x41> 0x41 41"] * 50, vocabulary_size=400, single_digits=False)
    assert learnt.decode(learnt.encode("<0x41>")) == "<0x41>"


def test_the_first_ids_are_the_special_symbols_and_the_bytes(tokenizer: Tokenizer) -> None:
    assert tokenizer.vocabulary.special == SpecialSymbols(PADDING, UNKNOWN, START, END)
    assert tokenizer.vocabulary.symbols[:260] == (*SPECIAL_NAMES, *BYTE_SYMBOLS)
    assert tokenizer.size == len(tokenizer.vocabulary) <= 500


def test_special_symbols_are_not_written(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("das Haus")
    assert tokenizer.decode([START, *ids, END, PADDING, PADDING]) == "das Haus"
    assert tokenizer.decode([]) == tokenizer.decode([START, END]) == ""


def test_bytes_that_are_no_character_are_marked(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode([4 + 0xC3]) == "\ufffd"


def test_a_word_has_one_form_at_the_beginning_and_inside(tokenizer: Tokenizer) -> None:
    house = tokenizer.encode("Haus")
    assert tokenizer.encode("Haus Haus") == house * 2
    assert tokenizer.encode("Haus\tHaus")[: len(house)] == house


def test_a_known_word_after_several_spaces_keeps_its_form(tokenizer: Tokenizer) -> None:
    house = tokenizer.encode("Haus")
    assert tokenizer.encode("das   Haus")[-len(house) :] == house


def test_each_digit_is_a_symbol_of_its_own() -> None:
    texts = ["the year 1984 was long"] * 50
    apart, together = (Tokenizer.train(texts, vocabulary_size=400, single_digits=single) for single in (True, False))
    assert len(apart.encode("1984")) == 4
    assert len(together.encode("1984")) == 1


def test_punctuation_and_letters_never_merge() -> None:
    learnt = Tokenizer.train(["(Hund). Hund!"] * 50, vocabulary_size=400)
    learnt_symbols = learnt.vocabulary.symbols[260:]
    assert " Hund" in learnt_symbols
    assert not [s for s in learnt_symbols if any(c.isalpha() for c in s) and any(c in "().!" for c in s)]


def test_combining_marks_stay_with_their_letter() -> None:
    learnt = Tokenizer.train(["हिन्दी भाषा"] * 50, vocabulary_size=400)
    assert len(learnt.encode("हिन्दी")) == 1


def test_a_batch_is_its_sentences(tokenizer: Tokenizer) -> None:
    texts = [*corpus(50, seed=9), *NASTY]
    rows = tokenizer.encode_batch(texts)
    assert rows == [tokenizer.encode(text) for text in texts]
    assert tokenizer.decode_batch(rows) == texts
    assert tokenizer.encode_batch([]) == tokenizer.decode_batch([]) == []


def test_rare_characters_leave_room_for_merges() -> None:
    """Every character of 3,000 occurs equally often; half of the room must still go to merges."""
    draw = random.Random(0)
    letters = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
    draw.shuffle(letters)
    texts = ["".join(letters[i : i + 10]) for i in range(0, 3000, 10)] * 3
    learnt = Tokenizer.train(texts, vocabulary_size=460)
    single = [symbol for symbol in learnt.vocabulary.symbols[260:] if len(symbol) == 1]
    assert len(single) == 100
    assert sum(0x4E00 <= ord(c) < 0x4E00 + 99 for c in single) == 99, "of equally frequent ones the lowest are taken"
    assert all(learnt.decode(learnt.encode(text)) == text for text in texts[:20])


def test_a_small_corpus_gives_a_small_vocabulary() -> None:
    learnt = Tokenizer.train(["ab ab"], vocabulary_size=10_000)
    assert set(learnt.vocabulary.symbols[260:]) == {" ", "a", "b", " a", " ab"}
    empty = Tokenizer.train([], vocabulary_size=300)
    assert empty.size == 260
    assert empty.decode(empty.encode(" Grüße\n")) == " Grüße\n"


def test_a_vocabulary_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 260"):
        Tokenizer.train(["a"], vocabulary_size=259)
    assert Tokenizer.train(["a a"], vocabulary_size=260).size == 260


_IN_ANOTHER_PROCESS = """
import sys
from pathlib import Path
from dragoman.text.tokenizer import Tokenizer
texts = Path(sys.argv[1]).read_text(encoding="utf-8").split("\\n")
Tokenizer.train(texts, vocabulary_size=700).save(Path(sys.argv[2]))
"""


def test_training_is_the_same_in_every_process_and_with_any_number_of_threads(tmp_path: Path) -> None:
    """More characters and pairs of one frequency than there is room for: whoever breaks ties by chance is found out."""
    draw = random.Random(5)
    letters = [chr(code) for code in range(0x4E00, 0x4E00 + 600)]
    texts = ["".join(draw.sample(letters, 8)) for _ in range(300)] * 2
    (tmp_path / "texts").write_text("\n".join(texts), encoding="utf-8")
    saved = []
    for threads in ("1", "2", "3"):
        out = tmp_path / f"{threads}.json"
        command = [sys.executable, "-c", _IN_ANOTHER_PROCESS, str(tmp_path / "texts"), str(out)]
        subprocess.run(command, check=True, env={**os.environ, "RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": threads})
        saved.append(out.read_bytes())
    assert saved[0] == saved[1] == saved[2]
    assert Tokenizer.load(tmp_path / "1.json").size == 700


def test_training_does_not_depend_on_the_order_of_the_texts(tmp_path: Path) -> None:
    for name, texts in (("a", corpus()), ("b", corpus()[::-1])):
        Tokenizer.train(texts, vocabulary_size=500).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_saving_and_loading_changes_nothing(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = Tokenizer.load(tmp_path / "tokenizer.json")
    texts = [*corpus(30, seed=4), *NASTY]
    assert loaded.vocabulary == tokenizer.vocabulary
    assert loaded.encode_batch(texts) == tokenizer.encode_batch(texts)
    assert loaded.decode_batch(loaded.encode_batch(texts)) == texts
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "tokenizer.json").read_bytes()


def _without_bytes(content: dict) -> None:
    content["model"]["byte_fallback"] = False


def _with_swapped_ids(content: dict) -> None:
    vocabulary = content["model"]["vocab"]
    vocabulary["<s>"], vocabulary["</s>"] = vocabulary["</s>"], vocabulary["<s>"]


def _with_a_gap(content: dict) -> None:
    content["model"]["vocab"]["gap"] = 99_999


def _with_lower_case(content: dict) -> None:
    content["normalizer"] = {"type": "Lowercase"}


def _with_matched_symbols(content: dict) -> None:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    content["added_tokens"] = [{"id": END, "content": "</s>", "special": True, **flags}]


@pytest.mark.parametrize(
    "spoil", [_without_bytes, _with_swapped_ids, _with_a_gap, _with_lower_case, _with_matched_symbols]
)
def test_a_tokenizer_that_is_not_ours_is_refused(tokenizer: Tokenizer, tmp_path: Path, spoil) -> None:
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    spoil(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DamagedFileError) as caught:
        Tokenizer.load(path)
    assert caught.value.file == path


@pytest.mark.parametrize("content", [b"", b"{}", b"[1, 2]", b"not json", b"\xff\xfe\x00", b'{"model": null}'])
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(DamagedFileError):
        Tokenizer.load(tmp_path / "tokenizer.json")
    with pytest.raises(DamagedFileError, match="cannot be read"):
        Tokenizer.load(tmp_path / "absent.json")


@pytest.mark.parametrize("text", ["\ud800", "a\udc80b", "\udfff\ud800"])
def test_a_lone_surrogate_is_named(tokenizer: Tokenizer, text: str) -> None:
    with pytest.raises(InputError, match="text 1 has a lone surrogate"):
        tokenizer.encode(text)
    with pytest.raises(InputError, match="text 3 has a lone surrogate"):
        tokenizer.encode_batch(["fine", "🙂", text])
    with pytest.raises(InputError, match="text 2 has a lone surrogate"):
        Tokenizer.train(["fine", text], vocabulary_size=300)


@settings(deadline=None)
@given(st.text(max_size=20))
def test_surrogates_are_what_unicode_says(text: str) -> None:
    assert has_surrogate(text) == any(unicodedata.category(character) == "Cs" for character in text)
