"""Searching for the outputs of examples by any method, for reports that compare searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from dragoman.contracts import Ending, Pictures, Proof, SearchMethod, SearchRequest, SearchResult
from dragoman.contracts.expect import expect
from dragoman.data.examples import Examples
from dragoman.evaluation.bleu import bleu_statistics
from dragoman.evaluation.chrf import chrf_statistics
from dragoman.evaluation.confidence import Estimate, estimates
from dragoman.evaluation.recognition import recognition_statistics
from dragoman.evaluation.search_report import SearchOutput
from dragoman.predict.reader import Reader
from dragoman.predict.translation import Translation
from dragoman.predict.translator import Translator
from dragoman.tasks.in_turn import Part
from dragoman.text.language import writes_spaces

Outputs = tuple[list[SearchOutput], int]
"""The best output of each of some examples, and how many hypotheses were expanded for all of them together."""


@runtime_checkable
class Searcher(Protocol):
    """A model with the examples that it is measured on, and any method of search.

    Attributes:
        references: the reference of each example.
        spaced: whether the language of the outputs separates words by spaces.
        things: name of the examples.
    """

    references: list[str]
    spaced: bool
    things: str

    def search(self, rows: Part, method: SearchMethod) -> Outputs:
        """The best outputs for some examples, by PyTorch and without a second search for any of them."""
        ...

    def quality(self, outputs: Sequence[str]) -> tuple[Estimate, ...]:
        """The measures of quality of one output for each example."""
        ...


class TranslationSearcher:
    """A :class:`Searcher` for translators.

    Args:
        translator: the translator.
        examples: sentence pairs.
    """

    things = "sentences"

    def __init__(self, translator: Translator, examples: Examples) -> None:
        self._translator = translator
        self.sources = examples.source_texts()
        self._language = translator.recipe.data.target_language
        self.references = examples.target_texts()
        self.spaced = writes_spaces(self._language)

    def search(self, rows: Part, method: SearchMethod) -> Outputs:
        """The best translations. A source that is too long for the model is searched for in pieces."""
        found, calls = self._translator.searched([self.sources[row] for row in rows], SearchRequest(method))
        return [_of_translation(translations[0]) for translations in found], calls or 0

    def quality(self, outputs: Sequence[str]) -> tuple[Estimate, ...]:
        """BLEU and chrF2++."""
        counts = [
            bleu_statistics(outputs, self.references, self._language),
            chrf_statistics(outputs, self.references),
        ]
        return tuple(estimates(counts))


class ReadingSearcher:
    """A :class:`Searcher` for readers of pictures.

    Args:
        reader: the reader.
        examples: pictures with their texts.
    """

    things = "lines"

    def __init__(self, reader: Reader, examples: Examples) -> None:
        self._reader = reader
        self._examples = examples
        self.references = examples.target_texts()
        self.spaced = writes_spaces(reader.recipe.data.target_language)

    def search(self, rows: Part, method: SearchMethod) -> Outputs:
        """The best texts."""
        pictures = expect(self._examples.batch(rows).source, Pictures)
        result = self._reader.search(pictures, SearchRequest(method))
        return _of_result(result, self._reader.texts(result.best)), result.calls or 0

    def quality(self, outputs: Sequence[str]) -> tuple[Estimate, ...]:
        """Character and word error rate."""
        return tuple(estimates(recognition_statistics(outputs, self.references)))


def _of_translation(found: Translation) -> SearchOutput:
    return SearchOutput(found.text, found.log_probability, found.ending is Ending.COMPLETE, found.proof)


def _of_result(result: SearchResult, texts: Sequence[str]) -> list[SearchOutput]:
    proofs: Sequence[Proof | None] = result.proofs or [None] * len(texts)
    return [
        SearchOutput(text, best.log_probability, best.ending is Ending.COMPLETE, proof)
        for text, best, proof in zip(texts, result.best, proofs, strict=True)
    ]
