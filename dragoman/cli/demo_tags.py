"""``dragoman demo tags``: which language each word is in, and what is a name, a number or markup."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dragoman.data.examples import Examples
    from dragoman.fields.tags import TagField
    from dragoman.training.run import Run

_OWN = (
    "Heute schickt Karla Winterfeld 12 kilomètres et 3 Gramm nach Schweden .",
    "<b> Please tell Amadeo que falta {title} on the second page </b>",
    "https://example.org/en/news says woensdag 5 mars 2031 , men ingen vet varför .",
)
"""Sentences that were written by hand."""


def demo_tags(output: Path, sentences: int, seed: int) -> None:
    """Generate sentences, train a tagger, measure it, and tag sentences that it never saw.

    Args:
        output: folder of the run.
        sentences: number of sentences.
        seed: seed of the sentences.
    """
    import pandas as pd

    from dragoman.cli.report import print_run
    from dragoman.data.mixed_sentences import generate_sentences
    from dragoman.data.mixed_sentences.frames import FRAMES
    from dragoman.recipe import load_recipe
    from dragoman.training.run import train

    print(f"Generating {sentences:,} sentences that mix {', '.join(FRAMES)} with names, numbers and markup …")
    generated = generate_sentences(sentences, seed)
    frame = pd.DataFrame(
        [(" ".join(sentence.words), " ".join(sentence.tags)) for sentence in generated], columns=["source", "target"]
    )
    run = train(load_recipe("demo-tags"), output, train=frame, progress=True)
    print_run(run)
    _compare_with_a_word_list(run)
    _show_tags(run)
    print(
        "\nNext, with your own text, a word and its tag on each line:\n"
        "  dragoman train text-tags --corpus YOURS.conll --set model.decoder.kind=crf\n"
        f"Look inside this model:\n  dragoman describe {run.best}"
    )


def _compare_with_a_word_list(run: Run) -> None:
    """The accuracy and the F1 of a tagger that only remembers the most frequent tag of each word."""
    from dragoman.contracts.expect import expect
    from dragoman.evaluation.tagging_report import evaluate_tags
    from dragoman.evaluation.word_list import WordList
    from dragoman.fields.tags import TagField

    dataset = run.files.dataset()
    if dataset.test is None:
        return
    field = expect(dataset.target, TagField)
    learnt = WordList.learn(*_words_and_tags(dataset.train, field))
    words, tags = _words_and_tags(dataset.test, field)
    report = evaluate_tags(learnt.tags(words), tags, field.names)
    print(
        f"\nA list of words, each with its most frequent tag, has an accuracy of {report.accuracy.value:.1f} % and a "
        f"span F1 of {report.f1.value:.1f} % on the same sentences."
    )


def _words_and_tags(examples: Examples, field: TagField) -> tuple[list[list[str]], list[list[str]]]:
    from dragoman.tasks.tagging import true_tags

    return [text.split() for text in examples.source_texts()], true_tags(examples, field)


def _show_tags(run: Run, count: int = 5) -> None:
    """Some sentences of the test set and some written by hand, with the spans that the model finds in them."""
    from dragoman.contracts.expect import expect
    from dragoman.fields.tags import TagField
    from dragoman.predict.predictor import Predictor

    dataset = run.files.dataset()
    if dataset.test is None:
        return
    texts, true = _words_and_tags(dataset.test, expect(dataset.target, TagField))
    sentences = [*texts[:count], *(text.split() for text in _OWN)]
    found = Predictor.load(run.best).outcomes([" ".join(words) for words in sentences]).best(1)
    print("\nSentences that it never saw, the last of them written by hand:")
    for number, (words, ranked) in enumerate(zip(sentences, found, strict=True)):
        tags = list(ranked[0].prediction)
        print(f"  {' '.join(words)}\n    → {_spans(words, tags)}")
        if number < min(count, len(true)) and tags != true[number]:
            print(f"    (expected: {_spans(words, true[number])})")


def _spans(words: Sequence[str], tags: Sequence[str]) -> str:
    from dragoman.evaluation.spans import bio_spans

    return " | ".join(f"{span.type}: {' '.join(words[span.begin : span.end])}" for span in bio_spans(tags))
