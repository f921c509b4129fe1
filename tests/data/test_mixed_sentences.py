"""Generated sentences of several languages, with a tag for each word."""

from __future__ import annotations

import numpy as np

from dragoman.data.mixed_sentences import generate_sentences
from dragoman.data.mixed_sentences.frames import FRAMES
from dragoman.evaluation.spans import bio_spans
from dragoman.text.tag_scheme import span_transitions


def test_sentences_are_distinct_tagged_and_the_same_for_a_seed() -> None:
    sentences = list(generate_sentences(300, seed=5))
    assert sentences == list(generate_sentences(300, seed=5))
    assert sentences[:20] != list(generate_sentences(20, seed=6))
    assert len({sentence.words for sentence in sentences}) == 300
    assert all(len(sentence.words) == len(sentence.tags) for sentence in sentences)
    assert all(len(word.split()) == 1 for sentence in sentences for word in sentence.words)
    names = sorted({tag for sentence in sentences for tag in sentence.tags})
    assert {name[2:] for name in names if name != "O"} == {*FRAMES, "name", "number", "markup"}
    allowed = span_transitions(names)
    assert allowed is not None
    numbers = np.array([names.index(tag) for sentence in sentences for tag in sentence.tags])
    assert allowed.first_fault(numbers, np.array([len(sentence.words) for sentence in sentences])) is None


def test_languages_are_mixed_within_sentences() -> None:
    sentences = list(generate_sentences(200, seed=1, languages=["en", "fr"]))
    found = [{span.type for span in bio_spans(sentence.tags)} for sentence in sentences]
    assert {"en", "fr"} <= set().union(*found) <= {"en", "fr", "name", "number", "markup"}
    assert sum({"en", "fr"} <= kinds for kinds in found) > 60
    numbers = [
        word
        for sentence in sentences
        for word, tag in zip(sentence.words, sentence.tags, strict=True)
        if tag.endswith("number")
    ]
    assert all(any(character.isdecimal() for character in word) for word in numbers)
