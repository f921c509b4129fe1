"""Which code is the language that was asked for."""

from __future__ import annotations

import pytest

from dragoman.text.language import (
    closest_language,
    is_language,
    is_other_kind,
    is_well_known,
    primary_language,
    script_of,
    writes_spaces,
)


@pytest.mark.parametrize(
    ("codes", "wanted", "found"),
    [
        (["en", "en-US"], "en", "en"),
        (["en-GB", "en-US"], "en", "en-US"),
        (["en-GB", "en-AU"], "en", "en-GB"),
        (["zh-Hant", "zh-Hans"], "zh", "zh-Hans"),
        (["zh_TW", "zh_CN"], "zh", "zh_CN"),
        (["zh-Hant"], "zh", None),
        (["zh-TW"], "zh-Hant", "zh-TW"),
        (["DE_de", "de-AT"], "de-at", "de-AT"),
        (["cmn"], "zh", "cmn"),
        (["pt", "pt-PT"], "pt-PT", "pt-PT"),
        (["sr-Latn", "sr"], "sr", "sr"),
        (["fr", "sensor"], "de", None),
        (["sr", "sr@latin"], "sr-Latn", "sr@latin"),
        (["sr@latin"], "sr", None),
        (["sh"], "sr@latin", "sh"),
        (["ca@valencia", "ca"], "ca", "ca"),
        (["ca", "ca-valencia"], "ca@valencia", "ca-valencia"),
        (["ca"], "ca@valencia", "ca"),
        (["en-GB", "en-rUS"], "en", "en-rUS"),
        (["en_rGB", "en-rUS"], "en-GB", "en_rGB"),
        (["iw"], "he", "iw"),
        (["he"], "iw", "he"),
        (["in"], "id", "in"),
        (["no"], "nb", "no"),
        (["nb"], "no", "nb"),
        (["nn"], "no", None),
        (["tl"], "fil", "tl"),
        (["mo"], "ro", "mo"),
        (["zh_CN"], "zh-Hans", "zh_CN"),
        (["b+sr+Latn"], "sr-Latn", "b+sr+Latn"),
        (["de_DE.UTF-8@euro"], "de", "de_DE.UTF-8@euro"),
        (["en_UK"], "en-GB", "en_UK"),
        (["de_DE_formal", "de_DE"], "de", "de_DE"),
        (["ger"], "de", "ger"),
        ([], "de", None),
        (["de"], "not a code", None),
    ],
)
def test_closest_language(codes: list[str], wanted: str, found: str | None) -> None:
    assert closest_language(codes, wanted) == found


@pytest.mark.parametrize(
    ("code", "is_one"),
    [
        ("de", True),
        ("pt-BR", True),
        ("sensor", False),
        ("", False),
        ("x", False),
        ("de_form", False),
        ("de-strings", False),
    ],
)
def test_is_language(code: str, is_one: bool) -> None:
    assert is_language(code) is is_one


def test_regions_and_variants_are_other_kinds_of_a_language() -> None:
    others = [("pt_PT", "pt-BR"), ("pt", "pt-PT"), ("ca", "ca@valencia"), ("es", "es-419")]
    alike = [("pt", "pt-BR"), ("no", "nb"), ("zh_CN", "zh-Hans"), ("iw", "he-IL"), ("sh", "sr@latin")]
    assert [is_other_kind(*pair) for pair in others + alike] == [True] * len(others) + [False] * len(alike)


def test_words_for_folders_are_no_well_known_languages() -> None:
    assert not [code for code in ("src", "doc", "app", "lib", "bin", "com", "any", "css") if is_well_known(code)]
    assert all(map(is_well_known, ("de", "sr@latin", "nds", "gsw", "deu", "iw", "pt_BR", "zh-Hant")))


def test_scripts_and_spaces() -> None:
    assert (script_of("sr"), script_of("sr-Latn"), script_of("zh-TW"), script_of("qqq")) == (
        "Cyrl",
        "Latn",
        "Hant",
        None,
    )
    assert [writes_spaces(code) for code in ("de", "zh", "ja", "th", "ko", "qqq")] == [
        True,
        False,
        False,
        False,
        True,
        True,
    ]
    assert [primary_language(code) for code in ("pt-BR", "cmn", "qqq-XX")] == ["pt", "zh", "qqq"]
