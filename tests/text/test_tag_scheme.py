"""What the names of tags say of which may follow each other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from dragoman.contracts import AllowedTransitions
from dragoman.errors import InputError
from dragoman.evaluation.spans import bio_spans
from dragoman.text.tag_scheme import span_transitions

BIO = ["B-A", "B-B", "I-A", "I-B", "O"]
BIOES = [*BIO, "E-A", "E-B", "S-A", "S-B"]


def written(spans: list[tuple[str, int, int]], words: int, *, ends: bool) -> list[str]:
    """The tags that mark spans, by definition."""
    tags = ["O"] * words
    for kind, begin, end in spans:
        letters = ["B", *["I"] * (end - begin - 1)]
        if ends:
            letters = ["S"] if end - begin == 1 else [*letters[:-1], "E"]
        tags[begin:end] = [f"{letter}-{kind}" for letter in letters]
    return tags


@pytest.mark.parametrize(("names", "ends"), [(BIO, False), (BIOES, True)])
def test_exactly_those_sequences_are_allowed_that_mark_spans(names: list[str], ends: bool) -> None:
    allowed = span_transitions(names)
    assert allowed is not None
    sequences = list(itertools.product(range(len(names)), repeat=3))
    for sequence in sequences:
        tags = [names[number] for number in sequence]
        fault = allowed.first_fault(np.array(sequence), np.array([3]))
        spans = [tuple(span) for span in bio_spans(tags)]
        assert (fault is None) == (written(spans, 3, ends=ends) == tags), tags  # type: ignore[arg-type]
    texts = np.array([0, 2, 2, 3, 4])  # B-A I-A, then I-A I-B O
    assert allowed.first_fault(texts[:2], np.array([2])) == ((0, 1) if ends else None)
    assert allowed.first_fault(np.array([4, 2, 4]), np.array([1, 2])) == (1, 0)


@pytest.mark.parametrize(
    "names", [["NOUN", "VERB"], ["O", "B-A"], ["I-A", "O"], ["B-A", "I-A", "I-B", "O"], ["B-A", "I-A", "X"]]
)
def test_names_that_say_nothing(names: list[str]) -> None:
    assert span_transitions(names) is None


def test_transitions_that_leave_no_path_are_refused() -> None:
    yes, no = np.ones(2, dtype=bool), np.zeros(2, dtype=bool)
    with pytest.raises(InputError, match="leave no path for a text of 1 word"):
        AllowedTransitions(no, np.ones((2, 2), dtype=bool), yes)
    with pytest.raises(InputError, match="leave no path for a text of 2 words"):
        AllowedTransitions(yes, np.zeros((2, 2), dtype=bool), yes)
    # Texts of 1, 3, 5 … words could be tagged, others not.
    with pytest.raises(InputError, match="leave no path for a text of 2 words"):
        AllowedTransitions(np.array([True, False]), ~np.eye(2, dtype=bool), np.array([True, False]))
