from __future__ import annotations

from importlib.util import find_spec

import pytest
from sacrebleu.metrics.bleu import BLEU

from dragoman.evaluation import tokenization
from dragoman.evaluation.tokenization import BY_LANGUAGE, bleu_tokenizer


@pytest.mark.parametrize(
    ("code", "name", "spaced"),
    [
        ("de", "13a", True),
        ("pt-BR", "13a", True),
        ("tlh", "13a", True),
        ("zh", "zh", False),
        ("zh_Hant", "zh", False),
        ("ZH-cn", "zh", False),
        ("cmn", "zh", False),
        ("zh-Latn", "13a", True),
        ("th", "char", False),
        ("khm", "char", False),
        ("my", "char", False),
        ("lo", "char", False),
        ("bo", "char", False),
    ],
)
def test_choice_by_language(code, name, spaced):
    choice = bleu_tokenizer(code)
    assert (choice.name, choice.spaced) == (name, spaced)


@pytest.mark.parametrize(
    ("code", "analyser", "spaced"), [("ja", "ja-mecab", False), ("jpn", "ja-mecab", False), ("ko-KR", "ko-mecab", True)]
)
def test_japanese_and_korean_use_their_analyser_only_if_it_is_there(monkeypatch, code, analyser, spaced):
    monkeypatch.setattr(tokenization, "find_spec", lambda name: object())
    assert bleu_tokenizer(code).name == analyser
    monkeypatch.setattr(tokenization, "find_spec", lambda name: None)
    fallback = bleu_tokenizer(code)
    assert (fallback.name, fallback.spaced) == ("char", spaced)
    assert "not installed" in fallback.reason


def test_half_an_analyser_is_none(monkeypatch):
    monkeypatch.setattr(tokenization, "find_spec", lambda name: object() if name == "MeCab" else None)
    assert bleu_tokenizer("ja").name == "char"


def test_sacrebleu_knows_every_tokenizer_of_the_table():
    choices = [choice for row in BY_LANGUAGE.values() for choice in row]
    assert {choice.name for choice in choices} <= set(BLEU.TOKENIZERS)


@pytest.mark.parametrize("code", sorted(BY_LANGUAGE))
def test_every_row_ends_in_a_tokenizer_that_needs_nothing(code):
    assert BY_LANGUAGE[code][-1].needs == ()
    assert all(find_spec(package) for package in bleu_tokenizer(code).needs)
