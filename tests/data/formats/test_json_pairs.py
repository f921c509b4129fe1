"""Two files of nested JSON: texts under one key, and plural forms that languages have different ones of."""

from __future__ import annotations

import pytest

from dragoman.data.chunk import Pair, Skip
from dragoman.data.formats.json_pairs import json_entries


def matched(source: dict[str, str], target: dict[str, str], languages: tuple[str, str]) -> list[tuple[str, ...]]:
    texts = [
        {tuple(key.split("/")): (text, line) for line, (key, text) in enumerate(side.items(), start=1)}
        for side in (source, target)
    ]
    entries = json_entries(texts[0], texts[1], ("s", "t"), languages)
    return [entry[:2] if isinstance(entry, Pair) else entry[:3] for entry in entries]


ENGLISH = {"a": "A", "item_one": "item", "item_other": "items"}


@pytest.mark.parametrize(
    ("source", "target", "languages", "entries"),
    [
        (ENGLISH, {"item_other": "項目", "a": "甲"}, ("en", "zh"), [("A", "甲"), ("item", "項目"), ("items", "項目")]),
        (
            ENGLISH,
            {"item_one": "element", "item_few": "elementy", "item_many": "elementów", "item_other": "elementu"},
            ("en", "pl"),
            [
                ("untranslated", "A", ""),
                ("item", "element"),
                ("items", "elementy"),
                ("items", "elementów"),
                ("no source", "", "elementu"),
            ],
        ),
        (
            {"p/one": "day", "p/other": "days"},
            {"p/one": "Tag", "p/other": "Tage"},
            ("en", "de"),
            [("day", "Tag"), ("days", "Tage")],
        ),
        (
            {"n.zero": "none", "n.one": "one", "n.other": "some"},
            {"n.zero": "keine", "n.other": "einige"},
            ("en", "de"),
            [("some", "einige"), ("none", "keine"), ("untranslated", "one", "")],
        ),
        (
            {"x_ordinal_one": "1st", "x_ordinal_two": "2nd", "x_ordinal_few": "3rd", "x_ordinal_other": "nth"},
            {"x_ordinal_other": "n."},
            ("en", "de"),
            [("1st", "n."), ("2nd", "n."), ("3rd", "n."), ("nth", "n.")],
        ),
        (
            {"kind_other": "Other", "kind_one": "One", "kind_two": "Two"},
            {"kind_two": "Zwei", "kind_one": "Eins", "kind_other": "Andere"},
            ("en", "de"),
            [("One", "Eins"), ("Other", "Andere"), ("Two", "Zwei")],
        ),
        (
            ENGLISH,
            {"item_one": "x", "item_few": "y"},
            ("en", "qqq"),
            [("untranslated", "A", ""), ("item", "x"), ("untranslated", "items", ""), ("no source", "", "y")],
        ),
    ],
)
def test_forms_go_together_by_their_numbers(
    source: dict[str, str], target: dict[str, str], languages: tuple[str, str], entries: list[tuple[str, ...]]
) -> None:
    assert matched(source, target, languages) == entries


def test_each_text_has_its_own_place() -> None:
    sources, targets = {("a",): ("A", 1), ("b",): ("B", 2)}, {("a",): ("Ä", 9), ("c",): ("C", 8)}
    assert list(json_entries(sources, targets, ("s", "t"), ("en", "de"))) == [
        Pair("A", "Ä", "t", 9),
        Skip("untranslated", "B", "", "s", 2),
        Skip("no source", "", "C", "t", 8),
    ]
