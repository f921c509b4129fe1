"""What the cards of all models have in common: what a model was trained on, how well it does, and when not to use it
(Mitchell et al. 2019)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What a card is written from. A line whose fact is None is left out.

    Attributes:
        name: of the model.
        source_language: language code.
        target_language: language code.
        date: of the card, as it shall be printed.
        dragoman_version: that trained the model.
        folder: where the card tells the reader to load the model from.
        corpus: where the training text comes from.
        licence: of the training text; ``not stated`` if None.
        pairs_read: sentence pairs before cleaning.
        training_pairs: sentence pairs trained on.
        validation_pairs: sentence pairs that chose the best weights.
        test_pairs: sentence pairs kept for the test.
        dropped: cleaning rule to the number of pairs it dropped.
        placeholders: family of placeholders that are carried over to the number of pairs that have some, among those at
            the beginning of the corpora.
        source_tokens: tokens of the source side of the training set.
        target_tokens: tokens of its target side.
        longest_source: tokens of its longest source sentence.
        longest_target: tokens of its longest target sentence.
        architecture: encoder and decoder in a phrase.
        parameters: trainable numbers.
        source_vocabulary: symbols of the source vocabulary.
        target_vocabulary: symbols of the target vocabulary.
        updates: updates done.
        best_update: the update whose weights these are.
        stopped: why training ended.
        seconds: training time in seconds.
        device: machine or processor.
        precision: numbers it computed with.
        seed: of every random generator.
        validation_loss: cross-entropy of these weights in nats per target token, without label smoothing.
        quality_split: what they were measured on, such as ``test set``.
        quality_search: how outputs were searched for, such as ``beam 5``.
    """

    name: str
    source_language: str
    target_language: str
    date: str
    dragoman_version: str
    folder: str
    training_pairs: int
    architecture: str
    parameters: int
    corpus: str | None = None
    licence: str | None = None
    pairs_read: int | None = None
    validation_pairs: int | None = None
    test_pairs: int | None = None
    dropped: Mapping[str, int] | None = None
    placeholders: Mapping[str, int] | None = None
    source_tokens: int | None = None
    target_tokens: int | None = None
    longest_source: int | None = None
    longest_target: int | None = None
    source_vocabulary: int | None = None
    target_vocabulary: int | None = None
    updates: int | None = None
    best_update: int | None = None
    stopped: str | None = None
    seconds: float | None = None
    device: str | None = None
    precision: str | None = None
    seed: int | None = None
    validation_loss: float | None = None
    quality_split: str | None = None
    quality_search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardText:
    """What one kind of model says on its card beside the facts; Markdown, whose names are escaped already.

    Attributes:
        purpose: what the model does, in a sentence.
        heading: of the part that says how to use it.
        use: a block of code that uses it.
        intended: what it is for.
        limits: when not to use it.
        examples: what its examples are called, such as ``Sentence pairs``.
        details: blocks on how inputs are read and outputs are made.
        quality: blocks on how good it is.
    """

    purpose: str
    heading: str
    use: str
    intended: str
    limits: Sequence[str]
    examples: str
    details: Sequence[str] = ()
    quality: Sequence[str]


def card(facts: CardFacts, text: CardText) -> str:
    """The card as Markdown.

    Names and phrases from ``facts`` are escaped, so that they cannot break the page.
    """
    blocks = [
        f"# {plain(facts.name)}",
        f"{text.purpose} Trained with Dragoman {plain(facts.dragoman_version)}; card written on {plain(facts.date)}.",
        f"## {text.heading}",
        text.use,
        "## Intended use",
        text.intended,
        "## When not to use it",
        bullets(list(text.limits)),
        "## Data",
        bullets(data_facts(facts, text.examples)),
        *text.details,
        "## Model",
        bullets(model_facts(facts)),
        "## Training",
        bullets(training_facts(facts)),
        "## Quality",
        *text.quality,
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def measured_on(facts: CardFacts, report: str) -> list[str]:
    """The blocks on how good a model is, from a report for people to read."""
    return [f"Measured on the {plain(facts.quality_split or 'test set')}:", f"```\n{report}\n```"]


def language_name(code: str) -> str:
    """The English name with the code, such as ``German (de)``; the code alone if it has no name."""
    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name("en")
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name} ({code})" if name else code


def data_facts(facts: CardFacts, unit: str) -> list[str | None]:
    """What the model was trained on; ``unit`` names its examples."""
    dropped = None
    if facts.dropped is not None:
        reasons = [f"{plain(rule)} {count:,}" for rule, count in facts.dropped.items() if count]
        dropped = f"Dropped in cleaning: {', '.join(reasons) if reasons else 'nothing'}"
    kept = None
    if facts.placeholders is not None:
        families = [f"{plain(family)} {count:,}" for family, count in facts.placeholders.items()]
        kept = f"Placeholders carried over, by pairs looked at: {', '.join(families) if families else 'none seen'}"
    return [
        fact("Source of the corpus", facts.corpus),
        fact("Licence of the corpus", facts.licence if facts.licence is not None else "not stated"),
        fact(f"{unit} read", facts.pairs_read),
        dropped,
        kept,
        fact(f"{unit} trained on", facts.training_pairs),
        fact(f"{unit} for validation", facts.validation_pairs),
        fact(f"{unit} for the test", facts.test_pairs),
        fact("Source tokens trained on", facts.source_tokens),
        fact("Target tokens trained on", facts.target_tokens),
        fact("Longest source sentence in tokens", facts.longest_source),
        fact("Longest target sentence in tokens", facts.longest_target),
    ]


def model_facts(facts: CardFacts) -> list[str | None]:
    """What it is made of."""
    return [
        fact("Architecture", facts.architecture),
        fact("Parameters", facts.parameters),
        fact("Symbols of the source vocabulary", facts.source_vocabulary),
        fact("Symbols of the target vocabulary", facts.target_vocabulary),
    ]


def training_facts(facts: CardFacts) -> list[str | None]:
    """How it was trained."""
    return [
        fact("Updates", facts.updates),
        fact("These weights are of update", facts.best_update),
        fact("Ended because", facts.stopped),
        None if facts.seconds is None else fact("Training time", _duration(facts.seconds)),
        fact("Machine", facts.device),
        fact("Precision", facts.precision),
        None if facts.seed is None else f"Seed: {facts.seed}",
    ]


def fact(label: str, value: str | int | None) -> str | None:
    """A label and its value; None if there is none."""
    if value is None:
        return None
    return f"{label}: {value:,}" if isinstance(value, int) else f"{label}: {plain(value)}"


def bullets(lines: list[str | None] | list[str]) -> str:
    """A list in Markdown, without the lines that are None."""
    return "\n".join(f"- {line}" for line in lines if line is not None)


def _duration(seconds: float) -> str:
    """Hours and minutes, or minutes and seconds, or seconds."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def plain(text: str) -> str:
    """One line in which no character is read as Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]<>|#~$&])", r"\\\1", " ".join(text.split()))
