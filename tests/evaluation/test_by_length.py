from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.evaluation.bleu import bleu, bleu_statistics
from dragoman.evaluation.by_length import by_length, length_groups, reference_lengths
from dragoman.evaluation.chrf import chrf, chrf_statistics


@given(st.lists(st.integers(0, 40), min_size=1, max_size=300), st.integers(1, 8), st.sampled_from([1, 2, 10, 30, 1000]))
def test_groups_part_the_rows_by_length(lengths, bins, smallest):
    array = np.array(lengths)
    groups = length_groups(array, bins=bins, smallest=smallest)
    assert sorted(row for group in groups for row in group) == list(range(len(lengths)))
    assert 1 <= len(groups) <= bins
    for left, right in itertools.pairwise(groups):
        assert array[left].max() < array[right].min()
    assert len(groups) == 1 or min(len(group) for group in groups) >= smallest


def test_distinct_lengths_give_even_groups():
    groups = length_groups(np.random.default_rng(0).permutation(100), bins=5, smallest=1)
    assert [len(group) for group in groups] == pytest.approx([20] * 5, abs=1)


def test_one_length_gives_one_group():
    assert len(length_groups(np.full(500, 7))) == 1


def test_lengths_in_words_or_characters():
    assert reference_lengths(["a bc  d", ""], spaced=True).tolist() == [3, 0]
    assert reference_lengths(["我喜欢 苹果", "ab"], spaced=False).tolist() == [5, 2]


def test_each_bin_has_the_scores_of_its_sentences(corpus):
    outputs, references = corpus(200, wrong=0.2)
    lengths = reference_lengths(references, spaced=True)
    equal = np.array([o == r for o, r in zip(outputs, references, strict=True)])
    found = by_length(lengths, bleu_statistics(outputs, references, "de"), chrf_statistics(outputs, references), equal)
    assert len(found) == 5
    assert sum(part.sentences for part in found) == 200
    for part in found:
        rows = [i for i in range(200) if part.shortest <= lengths[i] <= part.longest]
        left, right = [outputs[i] for i in rows], [references[i] for i in rows]
        assert part.sentences == len(rows)
        assert part.bleu == pytest.approx(bleu(left, right, "de"))
        assert part.chrf == pytest.approx(chrf(left, right))
        assert part.exact_match == pytest.approx(sum(o == r for o, r in zip(left, right, strict=True)) / len(rows))


def test_failing_on_long_sentences_shows(corpus):
    _, references = corpus(200, wrong=0)
    outputs = [reference if len(reference.split()) <= 12 else "bust" for reference in references]
    lengths = reference_lengths(references, spaced=True)
    equal = np.array([o == r for o, r in zip(outputs, references, strict=True)])
    found = by_length(lengths, bleu_statistics(outputs, references, "de"), chrf_statistics(outputs, references), equal)
    assert found[0].exact_match == 1
    assert found[0].chrf == pytest.approx(100)
    assert found[-1].chrf < 10
