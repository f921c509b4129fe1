"""Cleaning as a whole: every drop is counted, shown and listed with its file and line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dragoman.data.chunk import Entry, Pair, Skip, chunked
from dragoman.data.clean_corpora import clean
from dragoman.data.cleaning import Cleaner, CleaningReport
from dragoman.data.drops import Drop
from dragoman.errors import InputError, OutputError
from dragoman.recipe import Recipe, recipe_from
from dragoman.recipe.data import CleaningRecipe

pytestmark = pytest.mark.draws

FAULTS: dict[str, tuple[str, str]] = {
    "empty": ("Some text", ""),
    "overlong": ("word " * 5000, "Wort " * 5000),
    "control characters": ("A bell\x07 rings", "Eine Glocke läutet"),
    "overlong word": ("Encoded data follows", "A" * 61),
    "uneven": ("Yes", "Ja, das ist ganz gewiss so, wie du es gesagt hast, und noch viel mehr als das"),
    "copied": ("This was never translated at all", "This was never translated at all"),
    "script": ("The red house", "Красный дом"),
    "repetition": ("no no no no no no no no no no", "nein nein nein nein nein nein nein nein"),
    "numbers": ("Room 1234", "Zimmer 5678"),
    "placeholders": ("Hello {name}", "Hallo {Name}"),
    "language": ("Device is already configured for you", "The integration is already being configured"),
    "duplicate": ("A first sentence.", "Ein erster Satz."),
    "near-duplicate": ("A FIRST sentence", "Ein erster Satz!"),
}
GOOD = [("A first sentence.", "Ein erster Satz."), ("Set up {name} now", "{name} jetzt einrichten")]


def entries() -> list[Entry]:
    planted: list[Entry] = [Pair(*pair, "file.po", line) for line, pair in enumerate([*GOOD, *FAULTS.values()], 1)]
    return [*planted, Skip("fuzzy", "Half done", "Halb fertig", "file.po", 99)]


def test_each_rule_catches_its_fault_and_every_drop_has_its_place() -> None:
    report, drops = CleaningReport(), list[Drop]()
    kept = [
        pair
        for pairs in Cleaner(CleaningRecipe(), "en", "de").clean(chunked(entries()), report, drops.extend)
        for pair in pairs.pairs()
    ]
    assert [tuple(pair[:2]) for pair in kept] == GOOD
    assert report.dropped == dict.fromkeys([*FAULTS, "fuzzy"], 1)
    places = {drop.rule: drop.line for drop in drops}
    assert places == {**{rule: line for line, rule in enumerate(FAULTS, len(GOOD) + 1)}, "fuzzy": 99}
    assert report.read == len(GOOD) + len(FAULTS) + 1


SWITCHES = {
    "control characters": {"control_characters": False},
    "overlong": {"max_characters": 50_000, "repetition": False},
    "overlong word": {"max_word_characters": 100, "repetition": False},
    "uneven": {"max_ratio": 1000.0},
    "copied": {"copies": False, "language": False},
    "script": {"script": False},
    "repetition": {"repetition": False},
    "numbers": {"numbers": False},
    "placeholders": {"placeholders": False},
    "language": {"language": False},
    "duplicate": {"drop_duplicates": False, "drop_near_duplicates": False},
    "near-duplicate": {"drop_near_duplicates": False},
}


@pytest.mark.parametrize("rule", SWITCHES)
def test_each_rule_can_be_switched_off(rule: str) -> None:
    report = CleaningReport()
    pairs = [Pair(*GOOD[0], "f", 1), Pair(*FAULTS[rule], "f", 2)]
    cleaner = Cleaner(CleaningRecipe(**SWITCHES[rule]), "en", "de")
    assert sum(map(len, cleaner.clean(chunked(pairs), report))) == 2, report.dropped


def test_a_duplicate_is_one_across_corpora() -> None:
    cleaner, reports = Cleaner(CleaningRecipe(), "en", "de"), [CleaningReport(), CleaningReport()]
    for report in reports:
        list(cleaner.clean(chunked([Pair(*GOOD[0], "f", 1)]), report))
    assert [report.kept for report in reports] == [1, 0]
    assert reports[1].dropped == {"duplicate": 1}


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parts = CleaningReport(), CleaningReport()
    list(Cleaner(CleaningRecipe(), "en", "de").clean(chunked(entries()), whole))
    monkeypatch.setattr("dragoman.data.chunk.CHUNK", 3)
    list(Cleaner(CleaningRecipe(), "en", "de").clean(chunked(entries()), parts))
    assert (whole.dropped, whole.kept, whole.examples) == (parts.dropped, parts.kept, parts.examples)


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    rows = [*GOOD, *FAULTS.values()]
    for side, name in enumerate(("a.en", "a.de")):
        (tmp_path / name).write_text("".join(f"{row[side]}\n" for row in rows), encoding="utf-8")
    return recipe_from({"data": {"train": {"source": tmp_path / "a.en", "target": tmp_path / "a.de"}}})


def test_cleaning_by_itself_writes_the_kept_pairs_and_every_drop(recipe: Recipe, tmp_path: Path) -> None:
    told: list[str] = []
    report = clean(recipe, tmp_path / "out", log=told.append)
    assert (tmp_path / "out" / "clean.en").read_text().splitlines() == [source for source, _ in GOOD]
    assert (tmp_path / "out" / "clean.de").read_text().splitlines() == [target for _, target in GOOD]
    dropped = pd.read_parquet(tmp_path / "out" / "dropped.parquet")
    assert sorted(dropped["rule"]) == sorted(FAULTS) == sorted(report["dropped"])
    assert dict(zip(dropped["rule"], dropped["line"], strict=True))["empty"] == 3
    assert set(dropped["file"]) == {str(tmp_path / "a.en")}
    assert (tmp_path / "out" / "dropped.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "clean.en", "clean.de", "dropped.parquet", "dropped.png", "report.json", "SHA256SUMS"
    }  # fmt: skip
    assert any("kept 2 of 15 pairs" in line for line in told)
    with pytest.raises(OutputError):
        clean(recipe, tmp_path / "out")


def test_nothing_to_clean(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no corpus to clean"):
        clean(Recipe(), tmp_path / "out")
    assert not list(tmp_path.iterdir())
