"""Each rule catches its planted fault and lets honest pairs pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from dragoman.text.rules.control_characters import has_control_characters
from dragoman.text.rules.copied import is_copied
from dragoman.text.rules.language import wrong_language
from dragoman.text.rules.numbers import differs_in_numbers
from dragoman.text.rules.overlong import has_overlong_word
from dragoman.text.rules.repetition import is_repetitive
from dragoman.text.rules.script import wrong_script

Rule = Callable[[str, str], bool]

COPIED: Rule = lambda source, target: is_copied(source, target, 3)  # noqa: E731
LONG_WORD: Rule = lambda source, target: has_overlong_word(source, target, 40)  # noqa: E731
EN_RU, EN_ZH, EN_JA = (wrong_script("en", code) for code in ("ru", "zh", "ja"))

CAUGHT = [
    (has_control_characters, "a\x00b", "c"),
    (has_control_characters, "fine", "\u202egnp.exe"),
    (has_control_characters, "caf\ufffd", "Café"),
    (has_control_characters, "a", "\x1b[31mrot"),
    (COPIED, "The device is already configured", "The device is already configured"),
    (COPIED, "The device is already configured.", "THE DEVICE IS ALREADY CONFIGURED"),
    (COPIED, "设备已配置", "设备已配置"),
    (LONG_WORD, "word", "x" * 41),
    (LONG_WORD, "QmFzZTY0" * 9, "Daten"),
    (LONG_WORD, "这是" + "x" * 41, "a"),
    (EN_RU, "Hello there", "Hello there my friend"),
    (EN_RU, "Привет мой друг", "Здравствуй, друг"),
    (EN_ZH, "设备已配置好", "设备已配置"),
    (EN_ZH, "Hello", "Привет всем"),
    (EN_ZH, "Device is set up", "Das Gerät ist eingerichtet"),
    (is_repetitive, "ha " * 30, "ha"),
    (is_repetitive, "哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈哈", "ha"),
    (is_repetitive, "a", "the cat the cat the cat the cat the cat the cat"),
    (differs_in_numbers, "Chapter 12", "Kapitel 37"),
    (differs_in_numbers, "in 1995", "im Jahr 2008"),
]

PASSED = [
    (has_control_characters, "שלום\u200f!", "Hello\tthere\n"),
    (has_control_characters, "\u2068{name}\u2069", "नमस्‍ते"),
    (COPIED, "Wi-Fi", "Wi-Fi"),
    (COPIED, "Philips Hue Bridge", "Philips Hue Bridge"),
    (COPIED, "{host}:{port} {name} {path} {query}", "{host}:{port} {name} {path} {query}"),
    (COPIED, "The device is configured", "Das Gerät ist eingerichtet"),
    (LONG_WORD, "See https://example.org/" + "a" * 60, "Siehe https://example.org/" + "a" * 60),
    (LONG_WORD, "A long sentence.", "这是一个很长的句子" * 10),
    (
        LONG_WORD,
        "Values: too_hot, too_warm, bit_warm, fine",
        "值：too_hot、too_warm、bit_warm、comfortable、bit_cold、freezing",
    ),
    (LONG_WORD, "{" + "name" * 20 + "}", "{" + "name" * 20 + "}"),
    (EN_RU, "Bluetooth", "Bluetooth"),
    (EN_RU, "Use the Zigbee Home Automation stick", "Стик Zigbee Home Automation"),
    (EN_ZH, "Set up {name}", "设置 {name}"),
    (EN_ZH, "Wi-Fi name", "Wi-Fi 名称"),
    (EN_ZH, "I use Twitter.", "我用Twitter。"),
    (EN_ZH, "Password", "Smart Home Controller 密码"),
    (EN_JA, "I eat sushi", "すしを食べる"),
    (EN_JA, "Tokyo Tower", "東京タワー"),
    (is_repetitive, "The cat and the dog and the bird and the fish", "Die Katze und der Hund und der Vogel"),
    (is_repetitive, "10 10 10 10", "10"),
    (differs_in_numbers, "1,000.5 km", "1 000,5 km"),
    (differs_in_numbers, "five days", "5 Tage"),
    (differs_in_numbers, "९ दिन", "9 days"),
    (differs_in_numbers, "9 a.m.", "09:00 Uhr"),
]


@pytest.mark.parametrize(("rule", "source", "target"), CAUGHT)
def test_a_planted_fault_is_caught(rule: Rule, source: str, target: str) -> None:
    assert rule(source, target)


@pytest.mark.parametrize(("rule", "source", "target"), PASSED)
def test_an_honest_pair_passes(rule: Rule, source: str, target: str) -> None:
    assert not rule(source, target)
    assert not partial(rule, "", "")()


def test_a_language_whose_script_is_unknown_is_not_judged() -> None:
    assert not wrong_script("tlh", "qqq")("whatever 什么 что", "ничего нигде")


def test_the_wrong_language_is_caught_and_short_sides_are_not_judged() -> None:
    rule = wrong_language("en", "de")
    assert rule is not None
    sources = ["The weather is very nice today", "Das Wetter ist heute sehr schön", "This one is set up", "OK"]
    targets = ["Das Wetter ist heute sehr schön", "Das Wetter ist schön heute", "Device is already configured", "Home"]
    assert rule(sources, targets) == [False, True, True, False]
    assert rule([], []) == []


@pytest.mark.parametrize(("source", "target"), [("en", "tlh"), ("en", "en-GB"), ("qqq", "de"), ("en", "zh")])
def test_languages_that_cannot_be_told_apart_are_not_judged(source: str, target: str) -> None:
    assert wrong_language(source, target) is None
