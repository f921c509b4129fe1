from __future__ import annotations

import dataclasses
import re

import pytest

from dragoman.evaluation.translation_report import TranslationReport, evaluate_translations
from dragoman.tasks.card import CardFacts, language_name
from dragoman.tasks.translation_card import translation_card


def fewest(**changes: object) -> CardFacts:
    needed: dict[str, object] = {
        "name": "mine",
        "source_language": "en",
        "target_language": "de",
        "date": "2024-05-01",
        "dragoman_version": "0.1.0",
        "folder": "runs/mine/best",
        "training_pairs": 29_000,
        "architecture": "Transformer of 6 + 6 layers",
        "parameters": 12_345_678,
    }
    return CardFacts(**{**needed, **changes})


def card_of(facts: CardFacts, quality: TranslationReport | None = None) -> str:
    return translation_card(facts, quality)


def measured() -> TranslationReport:
    references = [" ".join(f"w{(i * 7 + j) % 50}" for j in range(1 + i % 20)) for i in range(200)]
    outputs = [reference if len(reference.split()) < 10 else "wrong" for reference in references]
    return evaluate_translations(outputs, references, target_language="de", resamples=20)


ALL = {
    "parent": ("older", "0f1e2d"),
    "reference": "17 features of 900 examples",
    "corpus": "train.en and train.de",
    "licence": "CC BY 4.0",
    "pairs_read": 31_000,
    "validation_pairs": 1_014,
    "test_pairs": 1_001,
    "example_weights": "new-weights.parquet",
    "dropped": {"empty side": 1_500, "too long": 0, "duplicate": 500},
    "placeholders": {"qt": 1_203, "printf": 17},
    "source_tokens": 400_001,
    "target_tokens": 410_002,
    "longest_source": 87,
    "longest_target": 93,
    "source_vocabulary": 10_003,
    "target_vocabulary": 9_004,
    "updates": 4_005,
    "best_update": 3_506,
    "stopped": "no better loss in 10 validations",
    "seconds": 3_725.0,
    "device": "8 threads",
    "precision": "bfloat16",
    "seed": 1234,
    "engine": "int8, chosen on 500 sentences",
    "budget": "10 minutes for the whole run",
    "guided_alignment": "the first head of layer 2, with weight 0.1",
    "validation_loss": 1.8765,
    "quality_split": "test set",
    "quality_search": "beam 5",
}


def test_missing_facts_leave_no_trace():
    card = card_of(fewest())
    assert "None" not in card
    assert "nan" not in card
    assert "have not been measured" in card
    assert "no test result is known" in card
    assert "- Licence of the corpus: not stated" in card


def test_every_fact_is_on_the_card():
    card = card_of(fewest(**ALL), measured())
    for expected in (
        "English (en) into German (de)", "2024-05-01", "Dragoman 0.1.0", 'dragoman.load("runs/mine/best")',
        "train.en and train.de", "CC BY 4.0", "31,000", "29,000", "1,014", "1,001", "empty side 1,500, duplicate 500",
        "qt 1,203, printf 17", "multiplied by the weights in: new-weights.parquet",
        "older (SHA-256 of its list of checksums: 0f1e2d)", "17 features of 900 examples",
        "int8, chosen on 500 sentences",
        "400,001", "410,002", "87", "93", "12,345,678", "10,003", "9,004", "4,005", "3,506", "no better loss",
        "1 h 2 min", "8 threads", "bfloat16", "Seed: 1234", "1.877 nats", "200 sentences of the test set, beam 5",
    ):  # fmt: skip
        assert expected in card
    assert "too long" not in card


@pytest.mark.parametrize("name", sorted(ALL))
def test_leaving_out_one_fact_leaves_out_its_text_only(name):
    with_all, without = card_of(fewest(**ALL)), card_of(fewest(**{**ALL, name: None}))
    assert "None" not in without
    if not name.startswith("quality"):
        assert without != with_all
        missing = [line for line in with_all.splitlines() if line and line not in without]
        assert 1 <= len(missing) <= 2


def test_no_optional_fact_is_forgotten_by_these_tests():
    optional = {f.name for f in dataclasses.fields(CardFacts) if f.default is None}
    assert optional == {*ALL}


def test_the_quality_table_is_that_of_the_report():
    report = measured()
    card = card_of(fewest(), report)
    assert f"| BLEU | {report.bleu.value:.2f} | {report.bleu.low:.2f} to {report.bleu.high:.2f} |" in card
    assert report.ter.signature in card
    tables = re.findall(r"(?:^\|.*\n)+", card, re.MULTILINE)
    assert len(tables) == 2
    for table in tables:
        assert len({row.count("|") for row in table.splitlines()}) == 1


def test_warnings_follow_from_the_facts():
    assert "29,000 sentence pairs are a small training set" in card_of(fewest())
    assert "small training set" not in card_of(fewest(training_pairs=5_000_000))
    assert "more than 87 tokens" in card_of(fewest(longest_source=87))
    assert re.search(r"chrF2\+\+ falls from \d+\.\d .* to \d+\.\d", card_of(fewest(), measured()))
    perfect = evaluate_translations(["a b c d", "a b c d e f"] * 50, ["a b c d", "a b c d e f"] * 50,
                                    target_language="de", resamples=5)  # fmt: skip
    assert "falls" not in card_of(fewest(), perfect)


def test_names_cannot_break_the_page():
    card = card_of(fewest(name="<script>\n# [x](y) a|b `c` *d*", corpus="a\n\n## Fake\n", folder='a"b\\c'))
    assert "<script>" not in card.replace("\\<script\\>", "")
    assert "\n## Fake" not in card
    assert 'dragoman.load("a\\"b\\\\c")' in card
    assert card.splitlines()[0].startswith("# ")
    assert [line for line in card.splitlines() if line.startswith("# ")] == card.splitlines()[:1]


def test_the_same_facts_give_the_same_card():
    assert card_of(fewest(**ALL)) == card_of(fewest(**ALL))


@pytest.mark.parametrize(
    ("code", "name"),
    [("de", "German (de)"), ("pt-BR", "Portuguese (Brazil) (pt-BR)"), ("zh_Hant", "Chinese (Traditional) (zh_Hant)"),
     ("qqq", "qqq"), ("tlh", "tlh"), ("x", "x")],
)  # fmt: skip
def test_languages_have_their_names(code, name):
    assert language_name(code) == name
