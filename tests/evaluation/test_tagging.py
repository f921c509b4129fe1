"""F1 of spans against cases with known answers."""

from __future__ import annotations

import pytest

from dragoman.errors import InputError
from dragoman.evaluation.spans import are_bio, bio_spans
from dragoman.evaluation.tagging_report import evaluate_tags

BIO = ("B-LOC", "B-PER", "I-LOC", "I-PER", "O")


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O O", []),
        ("B-PER I-PER O B-LOC", [("PER", 0, 2), ("LOC", 3, 4)]),
        ("B-PER B-PER", [("PER", 0, 1), ("PER", 1, 2)]),
        ("I-PER I-PER O I-LOC", [("PER", 0, 2), ("LOC", 3, 4)]),
        ("B-PER I-LOC I-LOC", [("PER", 0, 1), ("LOC", 1, 3)]),
        ("I-PER B-PER I-PER", [("PER", 0, 1), ("PER", 1, 3)]),
        ("B I O B", [("", 0, 2), ("", 3, 4)]),
    ],
)
def test_spans_are_those_of_conlleval(tags: str, spans: list[tuple[str, int, int]]) -> None:
    assert bio_spans(tags.split()) == spans


def test_which_tags_mark_spans() -> None:
    assert are_bio(BIO)
    assert are_bio(("B", "I", "O"))
    assert not are_bio(("NOUN", "O"))
    assert not are_bio(("O",))


def test_span_f1_by_hand() -> None:
    # Four spans are there, and five are said; two of these have the right ends and type.
    true = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-LOC", "I-LOC", "B-PER"]]
    said = [["B-PER", "I-PER", "O", "B-PER"], ["B-LOC", "B-LOC", "O", "B-PER"]]
    report = evaluate_tags(said, true, BIO, resamples=50)
    assert report.precision.value == pytest.approx(100 * 2 / 5)
    assert report.recall.value == pytest.approx(100 * 2 / 4)
    assert report.f1.value == pytest.approx(100 * 2 * 2 / 9)
    assert report.f1.low <= report.f1.value <= report.f1.high
    assert report.accuracy.value == pytest.approx(100 * 5 / 8)
    per = next(part for part in report.types if part.name == "PER")
    assert (per.support, per.predicted, per.recall) == (2, 3, 1.0)
    assert (report.sentences, report.words, report.spans) == (2, 8, True)
    assert "44.4 %" in report.as_text()
    assert report.to_dict()["f1"]["value"] == report.f1.value


def test_other_tags_are_spans_of_one_word() -> None:
    report = evaluate_tags([["N", "V"], ["N"]], [["N", "N"], ["N"]], ("N", "V"), resamples=50)
    assert not report.spans
    assert report.f1.value == pytest.approx(report.accuracy.value) == pytest.approx(100 * 2 / 3)


def test_a_tag_too_few_names_the_sentence() -> None:
    with pytest.raises(InputError, match="sentence 2 has 1 predicted tags and 2 true ones"):
        evaluate_tags([["O"], ["O"]], [["O"], ["O", "O"]], ("B-X", "O"))
