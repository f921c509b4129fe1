"""First words are written as inside sentences, and get their capital back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import DamagedFileError
from dragoman.text.truecasing import Truecaser, detruecase

ENGLISH = [
    "A dog barks at the cat.",
    "The cat sees the dog and Berlin.",
    "He says that the iPhone and NASA are in Berlin.",
    "Today he sees a cat.",
    "THIS IS ALL IN CAPITALS AND TEACHES NOTHING",
]


@pytest.fixture
def truecaser() -> Truecaser:
    return Truecaser.train(ENGLISH)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The dog barks.", "the dog barks."),
        ("Berlin sees the dog. The cat too! A dog?", "Berlin sees the dog. the cat too! a dog?"),
        ("“The dog” barks. (He sees it.)", "“the dog” barks. (he sees it.)"),
        ("IPhone is here", "iPhone is here"),
        ("THE DOG IS IN BERLIN", "the dog IS in Berlin"),
        ("NASA", "NASA"),
        ("Unseen words keep their casing. Unseen too.", "Unseen words keep their casing. Unseen too."),
        ("the dog", "the dog"),
        ("", ""),
        ("狐狸 123 !", "狐狸 123 !"),
    ],
)
def test_truecase(truecaser: Truecaser, text: str, expected: str) -> None:
    assert truecaser.truecase(text) == expected


def test_german_nouns_keep_their_capitals() -> None:
    german = Truecaser.train(
        ["Ein Hund sieht die Katze.", "Heute sieht er die Katze und den Hund.", "Das ist ein Haus."]
    )
    assert german.truecase("Die Katze schläft.") == "die Katze schläft."
    assert german.truecase("Katze und Hund. Ein Haus.") == "Katze und Hund. ein Haus."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the dog barks. the cat too! “a dog”?", "The dog barks. The cat too! “A dog”?"),
        ("iPhone is here", "iPhone is here"),
        ("ǆ is a letter", "ǅ is a letter"),
        ("ßtraße", "ßtraße"),
        ("", ""),
        ("{name} is here", "{Name} is here"),
    ],
)
def test_detruecase(text: str, expected: str) -> None:
    assert detruecase(text) == expected


def test_ordinary_sentences_come_back(truecaser: Truecaser) -> None:
    for text in ["The dog barks.", "A cat sees the dog. He barks!", "Berlin is here."]:
        assert detruecase(truecaser.truecase(text)) == text


@given(st.text())
def test_twice_is_once(text: str) -> None:
    truecaser = Truecaser.train(ENGLISH)
    once = truecaser.truecase(text)
    assert truecaser.truecase(once) == once
    detruecase(text)


def test_saved_and_loaded(truecaser: Truecaser, tmp_path: Path) -> None:
    truecaser.save(tmp_path / "t.json")
    assert Truecaser.load(tmp_path / "t.json").truecase("The dog") == "the dog"


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', "{"])
def test_damage_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(DamagedFileError, match=r"t\.json"):
        Truecaser.load(tmp_path / "t.json")


def test_training_again_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Truecaser.train(ENGLISH).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
