"""Read text: the edit distance against its definition, and known answers by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.errors import InputError
from dragoman.evaluation.edit_distance import edit_distance, edits
from dragoman.evaluation.recognition import recognition_statistics
from dragoman.evaluation.recognition_report import evaluate_recognition
from dragoman.evaluation.significance import paired_bootstrap

SHORT = st.text("abc", max_size=8)
LONG = st.text("ab", min_size=60, max_size=140)


def by_definition(output: str, reference: str) -> int:
    distances = list(range(len(reference) + 1))
    for row, symbol in enumerate(output, start=1):
        before, distances[0] = distances[0], row
        for column, other in enumerate(reference, start=1):
            best = min(before + (symbol != other), distances[column] + 1, distances[column - 1] + 1)
            before, distances[column] = distances[column], best
    return distances[-1]


@given(st.one_of(st.tuples(SHORT, SHORT), st.tuples(LONG, LONG)))
def test_the_distance_is_that_of_its_definition(pair: tuple[str, str]) -> None:
    assert edit_distance(*pair) == by_definition(*pair)


@given(st.one_of(st.tuples(SHORT, SHORT), st.tuples(LONG, LONG)))
def test_the_edits_are_as_few_and_turn_one_into_the_other(pair: tuple[str, str]) -> None:
    output, reference = pair
    found = edits(output, reference)
    assert len(found) == edit_distance(output, reference)
    changed = {edit.expected: edit for edit in found if edit.expected is not None}
    added = {edit.found for edit in found if edit.expected is None}
    kept = iter([symbol for place, symbol in enumerate(output) if place not in added])
    rebuilt = []
    for place, symbol in enumerate(reference):
        edit = changed.get(place)
        if edit is None:
            assert next(kept) == symbol
        elif edit.found is not None:
            assert next(kept) == output[edit.found] != symbol
        rebuilt.append(symbol)
    assert next(kept, None) is None
    assert "".join(rebuilt) == reference


@pytest.mark.parametrize(
    ("output", "reference", "distance"),
    [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("", "", 0), ("日本", "日本語", 1), ("ab", "ba", 2)],
)
def test_known_distances(output: str, reference: str, distance: int) -> None:
    assert edit_distance(output, reference) == distance
    assert len(edits(output, reference)) == distance


def test_words_have_distances_too() -> None:
    assert edit_distance(["the", "cat", "sat"], ["the", "bat", "sat", "down"]) == 2


def test_rates_by_hand() -> None:
    characters, words = recognition_statistics(["the cet sat", "on"], ["the cat sat", "on a mat"])
    assert characters.counts.tolist() == [[1, 11], [6, 8]]
    assert words.counts.tolist() == [[1, 3], [2, 3]]
    assert characters.corpus_score() == pytest.approx(100 * 7 / 19)
    assert words.corpus_score() == pytest.approx(50)


def test_composed_and_decomposed_accents_are_equal_and_one_character() -> None:
    report = evaluate_recognition(["cafe\u0301 "], ["café"])
    assert (report.cer.value, report.exact.count, report.characters) == (0, 1, 4)


def test_what_is_missed_added_and_substituted() -> None:
    report = evaluate_recognition(["ac", "abbx", "z", "", "q q"], ["abc", "abb", "y", "b", "qq"])
    assert (report.substituted, report.missed, report.added, report.empty_outputs) == (1, 2, 2, 1)
    found = {(part.expected, part.found): part.count for part in report.confusions}
    assert found == {("b", ""): 2, ("", "x"): 1, ("y", "z"): 1, ("", " "): 1}
    assert report.confusions[0].expected == "b"


def test_empty_references_give_finite_rates() -> None:
    report = evaluate_recognition(["", "ab"], ["", ""])
    assert report.cer.value == 200
    assert np.isfinite([report.wer.low, report.wer.high]).all()


def test_better_reading_is_told_from_luck() -> None:
    references = [f"line number {number}" for number in range(200)]
    good = [line.replace("7", "1") for line in references]
    bad = [line.replace("7", "1").replace("n", "m") for line in references]
    found = paired_bootstrap(recognition_statistics(bad, references)[0], recognition_statistics(good, references)[0])
    assert found.metric == "CER"
    assert found.difference < 0
    assert found.p_value < 0.01


def test_what_is_said() -> None:
    report = evaluate_recognition(["a b", "cd"], ["ab", "ce"])
    text = report.as_text()
    assert "2 lines, 2 words, 4 characters" in text
    assert "50.00 %" in text
    assert "nothing" in text
    assert "space" in text
    assert json.loads(json.dumps(report.to_dict()))["confusions"][0]["count"] == 1


def test_counts_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="cannot be compared"):
        evaluate_recognition(["a"], ["a", "b"])
