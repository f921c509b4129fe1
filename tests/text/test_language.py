"""Which code is the language that was asked for."""

from __future__ import annotations

import pytest

from dragoman.text.language import closest_language, is_language, primary_language, script_of, writes_spaces


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
        ([], "de", None),
        (["de"], "not a code", None),
    ],
)
def test_closest_language(codes: list[str], wanted: str, found: str | None) -> None:
    assert closest_language(codes, wanted) == found


@pytest.mark.parametrize(
    ("code", "is_one"), [("de", True), ("pt-BR", True), ("sensor", False), ("", False), ("x", False)]
)
def test_is_language(code: str, is_one: bool) -> None:
    assert is_language(code) is is_one


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
