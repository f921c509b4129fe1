"""Perplexity and bits per character: known answers, intervals, and what is said."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dragoman.errors import InputError
from dragoman.evaluation.language_report import evaluate_language_model


def test_a_uniform_model_of_v_symbols() -> None:
    """−log P = n log V for n tokens: perplexity V, and with a symbol per character log2 V bits each."""
    tokens = np.array([5.0, 9.0, 2.0, 31.0])
    report = evaluate_language_model(tokens * math.log(50), tokens, tokens)
    assert report.perplexity.value == pytest.approx(50)
    assert report.bits_per_character.value == pytest.approx(math.log2(50))
    assert report.cross_entropy.value == pytest.approx(math.log(50))
    assert report.perplexity.low == pytest.approx(50)
    assert report.perplexity.high == pytest.approx(50)
    assert (report.lines, report.tokens, report.characters) == (4, 47, 47)


def test_long_lines_weigh_more_than_short_ones() -> None:
    report = evaluate_language_model(np.array([1.0, 90.0]), np.array([1.0, 30.0]), np.array([4.0, 100.0]))
    assert report.cross_entropy.value == pytest.approx(91 / 31)
    assert report.bits_per_character.value == pytest.approx(91 / math.log(2) / 104)


def test_the_interval_holds_the_value_and_narrows_with_more_lines() -> None:
    generator = np.random.default_rng(0)

    def width(lines: int) -> float:
        tokens = generator.integers(5, 40, lines).astype(float)
        report = evaluate_language_model(tokens * generator.normal(4, 1, lines), tokens, 5 * tokens)
        found = report.perplexity
        assert found.low < found.value < found.high
        return found.high - found.low

    assert width(4000) < 0.5 * width(200)


def test_the_worst_lines_are_named_and_short_ones_are_not() -> None:
    nats = np.full(40, 10.0)
    nats[7], nats[20], nats[30] = 500, 400, 5000
    characters = np.full(40, 50.0)
    characters[30] = 3
    report = evaluate_language_model(nats, np.full(40, 10.0), characters)
    assert report.worst[:2] == (8, 21)
    assert 31 not in report.worst


def test_what_is_said() -> None:
    generator = np.random.default_rng(1)
    characters = generator.integers(10, 90, 300).astype(float)
    report = evaluate_language_model(1.5 * characters, characters / 4, characters)
    assert sum(part.lines for part in report.by_length) == 300
    text = report.as_text()
    assert "300 lines" in text
    assert "perplexity per token" in text
    assert "2.164" in text  # 1.5 / ln 2
    assert report.to_dict()["bits_per_character"]["value"] == pytest.approx(1.5 / math.log(2))


def test_no_line_is_refused() -> None:
    nothing = np.zeros(0)
    with pytest.raises(InputError, match="no lines"):
        evaluate_language_model(nothing, nothing, nothing)
