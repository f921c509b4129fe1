from __future__ import annotations

import json

import pytest

from dragoman.errors import InputError
from dragoman.evaluation.bleu import bleu
from dragoman.evaluation.chrf import chrf
from dragoman.evaluation.ter import ter
from dragoman.evaluation.translation_report import evaluate_translations


def test_the_report_holds_the_corpus_scores(corpus):
    outputs, references = corpus(200, wrong=0.3)
    report = evaluate_translations(outputs, references, target_language="de")
    assert report.sentences == 200
    assert report.bleu.value == pytest.approx(bleu(outputs, references, "de"))
    assert report.chrf.value == pytest.approx(chrf(outputs, references))
    assert report.ter.value == pytest.approx(ter(outputs, references))
    for found in (report.bleu, report.chrf, report.ter):
        assert found.low < found.value < found.high
        assert (found.resamples, found.seed) == (1000, 12345)
        assert "bs:" not in found.signature
    assert report.length_unit == "words"
    assert sum(part.sentences for part in report.by_length) == 200


def test_the_same_seed_gives_the_same_report_and_another_seed_other_intervals_only(corpus):
    pair = corpus(50, wrong=0.3)
    first = evaluate_translations(*pair, target_language="de", resamples=100)
    assert evaluate_translations(*pair, target_language="de", resamples=100) == first
    other = evaluate_translations(*pair, target_language="de", resamples=100, seed=1)
    assert other.bleu.value == first.bleu.value
    assert other.bleu.low != first.bleu.low


def test_the_dictionary_is_ready_for_json_and_complete(corpus):
    report = evaluate_translations(*corpus(50, wrong=0.3), target_language="de", resamples=50)
    values = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert values["bleu"]["signature"] == report.bleu.signature
    assert values["by_length"][0]["sentences"] == report.by_length[0].sentences
    assert values["exact_match"]["total"] == 50


def test_the_text_is_plain_and_aligned(corpus):
    report = evaluate_translations(*corpus(200, wrong=0.3), target_language="de", resamples=50)
    text = report.as_text()
    for expected in (f"{report.bleu.value:.2f}", report.ter.signature, "13a (words are separated", "50 bootstrap"):
        assert expected in text
    table = [line for line in text.splitlines() if line.startswith(("metric", "BLEU  ", "chrF2++  ", "TER  "))]
    assert len(table) == 4
    assert len({len(line) for line in table}) == 1
    assert "\x1b" not in text
    assert "[" not in text


def test_the_choice_for_a_language_without_spaces_is_stated():
    report = evaluate_translations(["ฉันรักแมว"] * 3, ["ฉันรักหมา"] * 3, target_language="th", resamples=10)
    assert (report.tokenizer, report.length_unit) == ("char", "characters")
    assert "char (the script has no spaces between words" in report.as_text()
    assert "|tok:char|" in report.bleu.signature


def test_empty_outputs_are_counted_and_shown():
    report = evaluate_translations(["", " ", "c", ""], ["a", "b", "c", ""], target_language="de", resamples=10)
    assert report.empty_outputs == 2
    assert "Empty outputs: 2." in report.as_text()


def test_too_short_outputs_show_in_the_length_ratio():
    report = evaluate_translations(["a b"] * 4, ["a b c d"] * 4, target_language="de", resamples=10)
    assert report.length_ratio == pytest.approx(0.5)


def test_empty_references_are_no_reason_to_fail():
    report = evaluate_translations(["a", ""], ["", ""], target_language="de", resamples=10)
    assert report.length_ratio is None
    json.dumps(report.to_dict(), allow_nan=False)
    assert report.as_text()


def test_one_sentence_is_enough():
    report = evaluate_translations(["a b c d"], ["a b c d"], target_language="de")
    assert (report.bleu.low, report.bleu.value, report.bleu.high) == pytest.approx((100, 100, 100))
    assert report.as_text().startswith("1 sentence,")


@pytest.mark.parametrize(("outputs", "references"), [([], []), (["a"], []), (["a"], ["a", "b"])])
def test_what_cannot_be_compared_is_an_input_error(outputs, references):
    with pytest.raises(InputError, match="Remedy"):
        evaluate_translations(outputs, references, target_language="de")


def test_placeholders_and_corpora_have_their_own_lines() -> None:
    outputs = ["Hallo {name}", "Hallo", "ohne", "ganz falsch"]
    references = ["Hallo {name}", "Hallo {name}", "ohne", "richtig so"]
    report = evaluate_translations(outputs, references, target_language="de", corpora=["one", "one", "two", "two"])
    assert report.placeholders is not None
    assert (report.placeholders.count, report.placeholders.total) == (1, 2)
    assert [(part.name, part.sentences, part.exact_match) for part in report.by_corpus] == [
        ("one", 2, 0.5),
        ("two", 2, 0.5),
    ]
    assert json.loads(json.dumps(report.to_dict()))["by_corpus"][1]["name"] == "two"
    text = report.as_text()
    assert "placeholders" in text
    assert any(line.startswith("two ") for line in text.splitlines())


def test_without_placeholders_and_with_one_corpus_there_is_no_such_line() -> None:
    report = evaluate_translations(["a b"], ["a b"], target_language="de", corpora=["one"])
    assert report.placeholders is None
    assert report.by_corpus == ()
    assert "corpus" not in report.as_text()


def test_perfect_short_texts_are_not_zero_without_a_word() -> None:
    texts = ["Guten Tag", "Hallo"]
    report = evaluate_translations(texts, texts, target_language="de", resamples=10)
    assert (report.bleu.value, report.has_four_grams) == (0.0, False)
    said = report.as_text()
    assert "0.00*" in said
    assert "go by chrF2++ and exact match" in said
    long = evaluate_translations(["a b c d"], ["a b c d"], target_language="de", resamples=10)
    assert long.has_four_grams
    assert "*" not in long.as_text()


def test_a_corpus_of_short_texts_is_marked_beside_one_of_long_texts() -> None:
    texts = ["a b c d e", "Hallo"]
    report = evaluate_translations(texts, texts, target_language="de", corpora=["long", "short"], resamples=10)
    (line,) = [line for line in report.as_text().splitlines() if line.startswith("short")]
    assert "0.00*" in line
