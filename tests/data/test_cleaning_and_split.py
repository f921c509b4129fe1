from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.data.chunk import Pair, chunked
from dragoman.data.cleaning import Cleaner, CleaningReport
from dragoman.data.keys import match_hashes
from dragoman.data.split import overlap, split
from dragoman.recipe.data import CleaningRecipe
from dragoman.text.normalization import match_key


def clean(entries, recipe: CleaningRecipe, report: CleaningReport, *, everything: bool = True) -> list[Pair]:
    cleaner = Cleaner(recipe, "en", "de", everything=everything)
    return [pair for pairs in cleaner.clean(chunked(entries), report) for pair in pairs.pairs()]


def pairs(*sides: tuple[str, str]):
    return (Pair(source, target, "corpus", line) for line, (source, target) in enumerate(sides, start=1))


def test_each_planted_fault_is_dropped_by_its_rule() -> None:
    report = CleaningReport()
    kept = clean(
        pairs(
            ("fine", "gut"),
            ("  two \u00a0 spaces ", "zwei"),
            ("", "leer"),
            ("blank", " \t"),
            ("x" * 51, "y" * 40),
            ("fine", "gut"),
            ("fine", "fein"),
            ("sh", "z" * 50),
            ("e\u0301", "é"),
        ),
        CleaningRecipe(max_characters=50, max_ratio=2.0),
        report,
    )
    assert [(p.source, p.target, p.line) for p in kept] == [
        ("fine", "gut", 1),
        ("two spaces", "zwei", 2),
        ("fine", "fein", 7),
        ("é", "é", 9),
    ]
    assert report.dropped == {"empty": 2, "overlong": 1, "duplicate": 1, "uneven": 1}
    assert (report.read, report.kept, report.changed) == (9, 4, 2)
    assert report.examples["duplicate"] == [{"file": "corpus", "line": 6, "source": "fine", "target": "gut"}]
    assert "kept 4 of 9 pairs" in report.as_text()


def test_every_rule_can_be_loosened() -> None:
    recipe = CleaningRecipe(
        drop_duplicates=False,
        drop_near_duplicates=False,
        collapse_white_space=False,
        unicode_form="none",
        max_ratio=1e9,
        max_characters=10**9,
        max_word_characters=10**9,
        repetition=False,
    )
    given_pairs = [(" a ", "e\u0301"), (" a ", "e\u0301"), ("b", "x" * 5000)]
    assert [(p.source, p.target) for p in clean(pairs(*given_pairs), recipe, CleaningReport())] == given_pairs


def test_held_out_pairs_are_only_normalized() -> None:
    report = CleaningReport()
    given_pairs = pairs(("a ", "b"), ("a", "b"), ("x" * 5000, "y"), ("", "z"))
    assert len(clean(given_pairs, CleaningRecipe(), report, everything=False)) == 3
    assert report.dropped == {"empty": 1}


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "A!", "b", "c", "d e", "D  e.", "f", "g", "h"]), min_size=20, max_size=80))
def test_split_has_no_leak_and_loses_nothing(sources: list[str]) -> None:
    parts = split(match_hashes(sources), validation_pairs=3, test_pairs=2, seed=1)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(together) == list(range(len(sources)))
    keys = [{match_key(sources[i]) for i in part} for part in (parts.train, parts.validation, parts.test)]
    assert sum(map(len, keys)) == len(set().union(*keys))


def test_split_sizes_and_determinism() -> None:
    sources = [f"sentence {i}" for i in range(1000)]
    one = split(match_hashes(sources), validation_pairs=50, test_pairs=30, seed=1)
    again = split(match_hashes(sources), validation_pairs=50, test_pairs=30, seed=1)
    other = split(match_hashes(sources), validation_pairs=50, test_pairs=30, seed=2)
    assert (len(one.validation), len(one.test), len(one.train)) == (50, 30, 920)
    assert one.test.tolist() == again.test.tolist() != other.test.tolist()
    capped = split(match_hashes(sources), validation_pairs=5000, test_pairs=5000, seed=1)
    assert len(capped.validation) == len(capped.test) == 100
    assert len(split(match_hashes(sources), validation_pairs=50, test_pairs=0, seed=1).test) == 0


@pytest.mark.parametrize(("held_out", "count"), [(["A.", "x"], 1), (["x"], 0), (["a", "B", "b!"], 3)])
def test_overlap(held_out: list[str], count: int) -> None:
    assert overlap(match_hashes(["a", "b"]), match_hashes(held_out)) == count
