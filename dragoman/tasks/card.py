"""The parts that the cards of all models share: what a model was trained on, how good it is, and when not to use it
(Mitchell et al. 2019)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """The facts that a card is written from. A line whose fact is None is left out.

    Attributes:
        name: the model's name.
        source_language: language code.
        target_language: language code.
        date: date of the card, as it is printed.
        dragoman_version: version of Dragoman that trained the model.
        folder: folder that the model is loaded from in the card's example.
        corpus: origin of the training data.
        licence: licence of the training data; ``not stated`` if None.
        pairs_read: number of examples before cleaning.
        training_pairs: number of training examples.
        validation_pairs: number of validation examples, which the best weights were chosen by.
        test_pairs: number of test examples.
        example_weights: name of the file of weights that the losses of training examples were multiplied by.
        dropped: number of examples that each cleaning rule dropped.
        placeholders: number of examples with each family of placeholders that is carried over, among the first examples
            of the corpora.
        source_tokens: number of source tokens in the training set.
        target_tokens: number of target tokens in the training set.
        longest_source: number of tokens of the longest training source.
        longest_target: number of tokens of the longest training target.
        parent: name of the model that training began from, and the SHA-256 of its list of checksums.
        taken_over: lines on what the model has from its parent.
        architecture: encoder and decoder in a phrase.
        parameters: number of trainable parameters.
        source_vocabulary: number of symbols in the source vocabulary.
        target_vocabulary: number of symbols in the target vocabulary.
        updates: number of updates done.
        best_update: the update that these weights are from.
        stopped: why training ended.
        seconds: training time in seconds.
        budget: the time that the whole run was given, in a phrase.
        device: machine or processor.
        precision: number format of training.
        seed: seed of every random generator.
        guided_alignment: the attention that was taught to align words, in a phrase.
        validation_loss: cross-entropy of these weights in nats per target token, without label smoothing.
        reference: the profile of the training distribution that is kept with the model, in a phrase.
        engine: what the native engine computes the model with, and what showed that this costs nothing, in a phrase.
        quality_split: name of the examples that quality was measured on, such as ``test set``.
        quality_search: the search for outputs, such as ``beam 5``.
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
    parent: tuple[str, str] | None = None
    taken_over: Sequence[str] = ()
    corpus: str | None = None
    licence: str | None = None
    pairs_read: int | None = None
    validation_pairs: int | None = None
    test_pairs: int | None = None
    example_weights: str | None = None
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
    budget: str | None = None
    device: str | None = None
    precision: str | None = None
    seed: int | None = None
    guided_alignment: str | None = None
    validation_loss: float | None = None
    reference: str | None = None
    engine: str | None = None
    quality_split: str | None = None
    quality_search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardText:
    """The text of a card that depends on the task; Markdown, with names escaped.

    Attributes:
        purpose: a sentence on what the model does.
        heading: heading of the part that shows how to use the model.
        use: code block that uses the model.
        intended: intended use.
        limits: when not to use it.
        examples: plural name of its examples, such as ``Sentence pairs``.
        details: paragraphs on how inputs are read and outputs are made.
        quality: paragraphs on how good the model is.
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
    """Write the card as Markdown.

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
        *parent_facts(facts),
        "## Training",
        bullets(training_facts(facts)),
        "## Quality",
        *text.quality,
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def measured_on(facts: CardFacts, report: str) -> list[str]:
    """The paragraphs on how good a model is, from a report as text."""
    return [f"Measured on the {plain(facts.quality_split or 'test set')}:", f"```\n{report}\n```"]


def language_name(code: str) -> str:
    """The English name with the code, such as ``German (de)``; the code alone if it has no name.

    >>> language_name("de")
    'German (de)'
    """
    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name("en")
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name} ({code})" if name else code


def data_facts(facts: CardFacts, unit: str) -> list[str | None]:
    """The facts about the training data; ``unit`` is the plural name of its examples."""
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
        fact("Their losses were multiplied by the weights in", facts.example_weights),
        fact(f"{unit} for validation", facts.validation_pairs),
        fact(f"{unit} for the test", facts.test_pairs),
        fact("Source tokens trained on", facts.source_tokens),
        fact("Target tokens trained on", facts.target_tokens),
        fact("Longest source sentence in tokens", facts.longest_source),
        fact("Longest target sentence in tokens", facts.longest_target),
        fact("Kept with the model, so that later inputs can be compared with it", facts.reference),
    ]


def model_facts(facts: CardFacts) -> list[str | None]:
    """The facts about the architecture."""
    return [
        fact("Architecture", facts.architecture),
        fact("Parameters", facts.parameters),
        fact("Symbols of the source vocabulary", facts.source_vocabulary),
        fact("Symbols of the target vocabulary", facts.target_vocabulary),
        fact("Computed by the native engine in", facts.engine),
    ]


def parent_facts(facts: CardFacts) -> list[str]:
    """The section on the model that training began from; none if it began from random weights."""
    if facts.parent is None:
        return []
    name, checksum = facts.parent
    began = (
        f"Training did not begin with random weights, but with those of the model {plain(name)} (SHA-256 of its list "
        f"of checksums: {checksum}). What that one was trained on, this one has seen too."
    )
    return ["## Parent", began, bullets([plain(line[:1].upper() + line[1:]) for line in facts.taken_over])]


def training_facts(facts: CardFacts) -> list[str | None]:
    """The facts about training."""
    return [
        fact("Updates", facts.updates),
        fact("These weights are of update", facts.best_update),
        fact("Ended because", facts.stopped),
        None if facts.seconds is None else fact("Training time", _duration(facts.seconds)),
        fact("Budget", facts.budget),
        fact("Machine", facts.device),
        fact("Precision", facts.precision),
        None if facts.seed is None else f"Seed: {facts.seed}",
        fact("Attention taught to align words", facts.guided_alignment),
    ]


def fact(label: str, value: str | int | None) -> str | None:
    """A line with a label and its value; None if there is no value."""
    if value is None:
        return None
    return f"{label}: {value:,}" if isinstance(value, int) else f"{label}: {plain(value)}"


def bullets(lines: list[str | None] | list[str]) -> str:
    """A list in Markdown, without the lines that are None."""
    return "\n".join(f"- {line}" for line in lines if line is not None)


def _duration(seconds: float) -> str:
    """A duration in hours and minutes, or minutes and seconds, or seconds."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def plain(text: str) -> str:
    """The text on one line, with characters escaped that Markdown or HTML would interpret."""
    return re.sub(r"([\\`*_\[\]<>|#~$&])", r"\\\1", " ".join(text.split()))
