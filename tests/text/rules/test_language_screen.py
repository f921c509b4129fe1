"""The screen before the rule on languages: it learns from the corpus, and lets nothing wrong through."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from dragoman.data.locale_phrases import generate
from dragoman.native import text as native
from dragoman.text.rules import language_screen
from dragoman.text.rules.language_screen import screened

pytestmark = pytest.mark.skipif(not native.available(), reason="the native library is not built")


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    phrases = list(generate("en", "de", 3000, 1))
    chosen = np.random.default_rng(0).integers(0, len(phrases), (4000, 4))
    return [(", ".join(phrases[i][0] for i in row), ", ".join(phrases[i][1] for i in row)) for row in chosen]


def judged_by(rule: object, pairs: Sequence[tuple[str, str]]) -> list[bool]:
    assert callable(rule)
    sources, targets = zip(*pairs, strict=True)
    return list(rule(sources, targets))


def test_few_are_left_in_doubt_and_all_that_are_wrong(
    pairs: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_screen, "_PAIRS", 2000)
    asked: list[tuple[str, str]] = []

    def rule(sources: Sequence[str], targets: Sequence[str]) -> list[bool]:
        asked.extend(zip(sources, targets, strict=True))
        return [False] * len(sources)

    judge = screened(rule)
    judged_by(judge, pairs[:2500])
    assert len(asked) == 2500
    asked.clear()
    judged_by(judge, pairs[2500:])
    assert len(asked) < 0.2 * 1500
    for wrong in (
        [(target, source) for source, target in pairs[2500:]],
        [(source, source) for source, _ in pairs[2500:]],
        [(target, target) for _, target in pairs[2500:]],
    ):
        asked.clear()
        judged_by(judge, wrong)
        assert asked == wrong


def test_a_corpus_with_its_sides_swapped_teaches_nothing(
    pairs: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_screen, "_PAIRS", 1000)
    judge = screened(lambda sources, targets: [True] * len(sources))
    assert all(judged_by(judge, pairs[:2000]))
    assert all(judged_by(judge, pairs[2000:]))
