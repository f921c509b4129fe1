"""What a finished run says of its best language model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.evaluation.language_report import LanguageReport, evaluate_language_model
from dragoman.model.folder import LoadedModel
from dragoman.predict.writer import Writer
from dragoman.training.assessment import card_facts, test_split
from dragoman.training.language_card import language_card
from dragoman.training.observer import RunStart

if TYPE_CHECKING:
    from pandas import DataFrame


def measure_language_model(model: LoadedModel, examples: Examples) -> LanguageReport:
    """Perplexity and bits per character of a split's lines, in their order."""
    writer = Writer.of(model, "the run's best model")
    texts = examples.target_texts()
    scores = writer.score_ids(examples.target_ids(), texts)
    return evaluate_language_model(scores.nats, scores.tokens, scores.characters)


def assess_language_model(
    best: LoadedModel, dataset: Dataset, start: RunStart, history: DataFrame, reason: str
) -> tuple[LanguageReport, str]:
    """Measure on the test set, or on the validation set where there is none, and write the card."""
    split, examples = test_split(dataset)
    report = measure_language_model(best, examples)
    return report, language_card(card_facts(best, dataset, start, history, reason, split), report)
