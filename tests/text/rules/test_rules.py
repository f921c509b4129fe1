"""Each rule catches its planted fault and lets honest pairs pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from dragoman.text.rules.control_characters import has_control_characters
from dragoman.text.rules.copied import is_copied
from dragoman.text.rules.language import wrong_language
from dragoman.text.rules.length import has_overlong_word
from dragoman.text.rules.numbers import differs_in_numbers
from dragoman.text.rules.repetition import is_repetitive
from dragoman.text.rules.script import wrong_script

Rule = Callable[[str, str], bool]

COPIED: Rule = lambda source, target: is_copied(source, target, 3)  # noqa: E731
LONG_WORD: Rule = lambda source, target: has_overlong_word(source, target, 40)  # noqa: E731
EN_RU, EN_ZH, EN_JA = (wrong_script("en", code) for code in ("ru", "zh", "ja"))

FIELDS = "State: routable Online state: online Address: 10.0.0.5 on eth0 Gateway: 10.0.0.1 on eth1"
COLUMNS = "PID TTY STAT TIME COMMAND 1 pts/3 sleeping shell waits 22 running process"

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
    (differs_in_numbers, "%1$s has 12 files", "%1$s hat 37 Dateien"),
    (differs_in_numbers, "at 5:30 p.m.", "um 8:40 Uhr"),
    (COPIED, "It failed; try it again later (or not)", "It failed; try it again later (or not)"),
    (COPIED, "A label for the context column", "A label for the context column"),
    (COPIED, "See https://example.org for what it is about", "See https://example.org for what it is about"),
    (COPIED, "$image needs to be an WP_Image_Editor object", "$image needs to be an WP_Image_Editor object"),
    (COPIED, "In 1995 there were 25 of 37 people here", "In 1995 there were 25 of 37 people here"),
    (COPIED, "the device is already configured here", "the device is already configured here"),
    (COPIED, "Hook the add_meta_box() call into the action", "Hook the add_meta_box() call into the action"),
    (COPIED, "THE DEVICE IS ALREADY CONFIGURED", "THE DEVICE IS ALREADY CONFIGURED"),
    (EN_RU, "Hello there my old friend", "Hello there my old friend of mine"),
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
    (differs_in_numbers, "at 5:30 p.m.", "um 17:30 Uhr"),
    (differs_in_numbers, "in the 90s", "in den 1990ern"),
    (differs_in_numbers, "the '80s", "die 1980er"),
    (differs_in_numbers, "2000s", "2000-х годов"),
    (differs_in_numbers, "December 5", "12月5日"),
    (differs_in_numbers, "on December 5", "am 5.12."),
    (differs_in_numbers, "Don&#8217;t edit %1$s", "%2$s"),
    (differs_in_numbers, "Hello &#8220;%3$s&#8221;", "你好《%3$s》"),
    (differs_in_numbers, '<a href="https://example.org/1984">UTF-8</a>', '<a href="https://example.org/57">UTF-8</a>'),
    (differs_in_numbers, "50&#37; faster", "schneller um 50 %"),
    (differs_in_numbers, "run sync (1) first", "zuerst sync(8) aufrufen"),
    (differs_in_numbers, "3 means one of three", "3は3分の1"),
    (COPIED, "Veracruz de Ignacio de la Llave", "Veracruz de Ignacio de la Llave"),
    (COPIED, "Dynamic Data Exchange (DDE link)", "Dynamic Data Exchange (DDE Link)"),
    (COPIED, "systemd.netdev(5), systemd.network(5)", "systemd.netdev(5), systemd.network(5)"),
    (COPIED, "/etc/systemd/network/80-dhcp.network", "/etc/systemd/network/80-dhcp.network"),
    (COPIED, "$ mknod -m 660 /dev/mem c 1 1", "$ mknod -m 660 /dev/mem c 1 1"),
    (COPIED, "suspend, hibernate, hybrid-sleep, poweroff, halt", "suspend, hibernate, hybrid-sleep, poweroff, halt"),
    (COPIED, "if (pipe(fd) == -1) err(FAIL); return one;", "if (pipe(fd) == -1) err(FAIL); return one;"),
    (COPIED, "int read(int fd, void *data, size_t length);", "int read(int fd, void *data, size_t length);"),
    (COPIED, "# ip link set dev eth0 netns test up", "# ip link set dev eth0 netns test up"),
    (COPIED, "struct utmp ut; struct timeval tv;", "struct utmp ut; struct timeval tv;"),
    (COPIED, "sh -c 'env seq inf | head -n1' from to files", "sh -c 'env seq inf | head -n1' from to files"),
    (COPIED, "ip route add default dev veth99", "ip route add default dev veth99"),
    (COPIED, "import ast import re import sys", "import ast import re import sys"),
    (COPIED, "ns2# cat offsets monotonic boottime echo", "ns2# cat offsets monotonic boottime echo"),
    (COPIED, FIELDS, FIELDS),
    (COPIED, COLUMNS, COLUMNS),
    (COPIED, "A media player has several updates", "A media player has several Updates"),
    (COPIED, "Ctrl+Shift+A, Alt+F4 and Esc", "Ctrl+Shift+A, Alt+F4 and Esc"),
    (EN_RU, "Microsoft Soundmapper", "Microsoft Sound Mapper"),
    (EN_RU, "Email", "E-mail"),
    (EN_RU, "Site %s", "&laquo;%s&raquo; &#8212; сайт"),
    (EN_RU, "Inverse telecine", "IVTC"),
    (wrong_script("en", "de"), "א...ת, אא...תת, ...", "א…ת, אא…תת, …"),
    (is_repetitive, "| stop . . . . . . . . . . . . . . stop stream", "| stop . . . . . . . . . . . . Stream stoppen"),
    (is_repetitive, "+------+------+------+------+------+------+", "+------+------+------+------+------+------+"),
    (has_control_characters, "re\u00adsume", "می\u200cتواند \u2067x\u2069 👩\u200d💻"),
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


def test_technical_strings_and_names_are_of_any_language() -> None:
    rule = wrong_language("en", "de")
    assert rule is not None
    pairs = [
        ("ServerCertificateFile=", "ServerCertificateFile="),
        ("Norðurland eystra", "Norðurland eystra"),
        ("Saint Helena, Ascension and Tristan da Cunha", "Saint Helena, Ascension und Tristan da Cunha"),
        ("Região Autónoma dos Açores", "Autonome Region Azoren"),
        ("See request_key(2), keyctl_assume(3) and key(5)", "Siehe request_key(2), keyctl_assume(3) und key(5)"),
        ("black, blink, blue, bold, brown and cyan", "black, blink, blue, bold, brown und cyan"),
        ("$ systemd-analyze time", "$ systemd-analyze time"),
    ]
    assert rule(*zip(*pairs, strict=True)) == [False] * len(pairs)
    assert rule(["Run `sync(8)` now"], ["You have to run sync(8) before that"]) == [True]


@pytest.mark.parametrize(("source", "target"), [("en", "tlh"), ("en", "en-GB"), ("qqq", "de"), ("en", "zh")])
def test_languages_that_cannot_be_told_apart_are_not_judged(source: str, target: str) -> None:
    assert wrong_language(source, target) is None
