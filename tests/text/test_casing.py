"""Letters are cased as their language does, and none is lost on the way to the usual casing and back."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.text.casing import Casing
from dragoman.text.truecasing import Truecaser

_LANGUAGES = ("", "en", "de", "tr", "az", "nl", "el", "hr", "lt", "ru")
_LETTERS = "abiıIİßẞσςΣΆάǆǅǄijIJŉﬁKÅéÉжЖ中 .!?’-"


@pytest.mark.parametrize(
    ("language", "small", "capitals"),
    [
        ("tr", "ışık izmir", "IŞIK İZMİR"),
        ("az", "ilıq", "İLIQ"),
        ("en", "izmir", "IZMIR"),
        ("el", "οδός", "ΟΔΟΣ"),
        ("de", "groß", "GROSS"),
        ("hr", "ǆep", "ǄEP"),
    ],
)
def test_capitals(language: str, small: str, capitals: str) -> None:
    assert Casing(language).upper(small) == capitals


@pytest.mark.parametrize(
    ("language", "capitals", "small"),
    [("tr", "IŞIK İZMİR", "ışık izmir"), ("tr", "I\u0307yi", "iyi"), ("en", "IN", "in"), ("el", "ΟΔΟΣ", "οδος")],
)
def test_small_letters(language: str, capitals: str, small: str) -> None:
    assert Casing(language).lower(capitals) == small


@pytest.mark.parametrize(
    ("language", "word", "expected"),
    [
        ("tr", "iyi", "İyi"),
        ("tr", "ışık", "Işık"),
        ("az", "il", "İl"),
        ("en", "iyi", "Iyi"),
        ("nl", "ijs", "IJs"),
        ("de", "ijs", "Ijs"),
        ("de", "ßen", "ßen"),
        ("hr", "ǆep", "ǅep"),
    ],
)
def test_first_letters(language: str, word: str, expected: str) -> None:
    assert Casing(language).capitalized(word) == expected


def test_turkish_sentences_come_back() -> None:
    texts = ["Bugün ışık iyi.", "Orada ılık su ve iyi bir ev var, İzmir ve Isparta yakın."]
    turkish = Truecaser.train(texts, "tr")
    for text, inside in [
        ("Işık iyi.", "ışık iyi."),
        ("İyi bir ev.", "iyi bir ev."),
        ("İzmir yakın.", "İzmir yakın."),
        ("IŞIK VE İZMİR", "ışık ve İzmir"),
    ]:
        assert turkish.truecase(text) == inside
    assert turkish.detruecase("iyi bir ev. ışık.") == "İyi bir ev. Işık."


def test_german_capitals_without_sharp_s() -> None:
    german = Truecaser.train(["Das ist die Straße und die Masse der Maße."], "de")
    assert german.truecase("DIE STRASSE DER MASSE") == "die Straße der Masse"
    assert german.truecase("Strasse") == "Strasse"


def test_dutch_sentences_come_back() -> None:
    dutch = Truecaser.train(["Het ijs is koud, en hij ziet het IJsselmeer."], "nl")
    assert dutch.truecase("IJs is koud.") == "ijs is koud."
    assert dutch.detruecase("ijs is koud.") == "IJs is koud."


@given(st.sampled_from(_LANGUAGES), st.text(st.sampled_from(_LETTERS), max_size=40), st.lists(st.text(_LETTERS)))
def test_no_letter_is_lost(language: str, text: str, seen: list[str]) -> None:
    truecaser = Truecaser.train([*seen, "A b i ı ß"], language)
    cased = truecaser.truecase(text)
    back = truecaser.detruecase(cased)
    assert len(back) == len(cased)
    assert _bare(cased) == _bare(text) == _bare(back)
    assert truecaser.truecase(cased) == cased


def test_a_file_without_a_language_loads_as_it_did(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(json.dumps({"ijs": "ijs", "iyi": "iyi"}))
    old = Truecaser.load(tmp_path / "old.json")
    assert old.truecase("Ijs") == "ijs"
    assert old.detruecase("ijs. iyi.") == "Ijs. Iyi."
    Truecaser.train(["a iyi ijs"], "tr").save(tmp_path / "new.json")
    assert Truecaser.load(tmp_path / "new.json").detruecase("iyi") == "İyi"


def _bare(text: str) -> str:
    """Letters without case, nor the dots that tell Turkish ones apart."""
    return unicodedata.normalize("NFD", text.casefold()).replace("\u0307", "").replace("ı", "i")
