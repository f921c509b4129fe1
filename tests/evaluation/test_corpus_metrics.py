"""BLEU, chrF2++ and TER of strings against sacreBLEU's own corpus scores and values known by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.errors import InputError
from dragoman.evaluation.bleu import bleu, bleu_statistics
from dragoman.evaluation.chrf import chrf, chrf_statistics
from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.ter import ter, ter_statistics

Metric = Callable[[list[str], list[str]], float]


def german_bleu(outputs: list[str], references: list[str]) -> float:
    return bleu(outputs, references, "de")


METRICS = pytest.mark.parametrize("metric", [german_bleu, chrf, ter])
TEXTS = st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), min_size=1, max_size=6)


def test_values_are_those_of_sacrebleu(corpus):
    outputs, references = corpus(60, wrong=0.3)
    assert german_bleu(outputs, references) == pytest.approx(sacrebleu.corpus_bleu(outputs, [references]).score)
    assert chrf(outputs, references) == pytest.approx(sacrebleu.corpus_chrf(outputs, [references], word_order=2).score)
    assert ter(outputs, references) == pytest.approx(sacrebleu.corpus_ter(outputs, [references]).score)


def test_a_corpus_score_is_not_the_mean_of_sentence_scores(corpus):
    outputs, references = corpus(60, wrong=0.3)
    alone = [german_bleu([o], [r]) for o, r in zip(outputs, references, strict=True)]
    assert abs(german_bleu(outputs, references) - sum(alone) / len(alone)) > 1


def test_one_wrong_word_in_five_is_20_percent_of_edits():
    assert ter(["a b c d x"], ["a b c d e"]) == pytest.approx(20.0)


def test_bleu_by_hand():
    # Six of seven unigrams, four of six bigrams, two of five trigrams, one of four 4-grams; no brevity penalty.
    expected = 100 * (6 / 7 * 4 / 6 * 2 / 5 * 1 / 4) ** 0.25
    assert german_bleu(["a b c x d e f"], ["a b c d e f g"]) != pytest.approx(expected)
    expected = 100 * (6 / 7 * 4 / 6 * 3 / 5 * 2 / 4) ** 0.25
    assert german_bleu(["a b c d e x f"], ["a b c d e f g"]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("metric", "signature"),
    [
        (bleu_statistics(["a"], ["a"], "de"), "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"),
        (bleu_statistics(["a"], ["a"], "zh-Hant"), "nrefs:1|case:mixed|eff:no|tok:zh|smooth:exp"),
        (chrf_statistics(["a"], ["a"]), "nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no"),
        (ter_statistics(["a"], ["a"]), "nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no"),
    ],
)
def test_signatures_are_as_sacrebleu_prints_them(metric, signature):
    assert metric.signature == f"{signature}|version:{sacrebleu.__version__}"


def test_names_are_as_sacrebleu_prints_them():
    found = [bleu_statistics(["a"], ["a"], "de"), chrf_statistics(["a"], ["a"]), ter_statistics(["a"], ["a"])]
    assert [statistics.name for statistics in found] == ["BLEU", "chrF2++", "TER"]


def test_chinese_is_counted_by_character():
    output, reference = ["我喜欢红色的苹果"], ["我喜欢绿色的苹果"]
    assert bleu(output, reference, "zh") > 30
    assert bleu(output, reference, "de") == 0


@METRICS
def test_no_sentence_is_an_input_error(metric: Metric):
    with pytest.raises(InputError, match="no sentence"):
        metric([], [])


@METRICS
def test_different_counts_are_an_input_error_with_both_counts(metric: Metric):
    with pytest.raises(InputError, match=r"2 outputs.*1 references"):
        metric(["a", "b"], ["a"])


def test_an_empty_cell_is_an_input_error_with_its_number():
    with pytest.raises(InputError, match="reference 2 is not text but nan") as found:
        checked_pairs(["a", "b"], ["a", float("nan")])
    assert found.value.line == 2


@METRICS
@settings(max_examples=60, deadline=None)
@given(pairs=TEXTS)
def test_any_text_has_a_finite_score_in_range(metric: Metric, pairs: list[tuple[str, str]]):
    value = metric([o for o, _ in pairs], [r for _, r in pairs])
    assert 0 <= value < float("inf")
    assert metric is ter or value <= 100 + 1e-9


@METRICS
def test_more_wrong_words_score_worse(metric: Metric, corpus):
    scores = [metric(*corpus(40, wrong=wrong)) for wrong in (0.0, 0.3, 0.8)]
    assert scores == sorted(scores, reverse=metric is not ter)
    assert scores[0] == pytest.approx(0 if metric is ter else 100)


@METRICS
def test_the_order_of_sentences_does_not_matter(metric: Metric, corpus):
    outputs, references = corpus(30, wrong=0.3)
    assert metric(outputs[::-1], references[::-1]) == pytest.approx(metric(outputs, references))
