"""The model card: what a model was trained on, how well it does, and when not to use it (Mitchell et al. 2019)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError

from dragoman.evaluation.translation_report import TranslationReport

SMALL_CORPUS = 100_000
"""Pairs below which a training set counts as small: general text needs far more."""
NOTABLE_FALL = 5.0
"""Points of chrF2++ between the shortest and the longest sentences that deserve a warning."""


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
        quality: measurements.
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
    quality: TranslationReport | None = None
    quality_split: str | None = None
    quality_search: str | None = None


def model_card(facts: CardFacts) -> str:
    """The card as Markdown.

    Names and phrases from ``facts`` are escaped, so that they cannot break the page.
    """
    source, target = language_name(facts.source_language), language_name(facts.target_language)
    blocks = [
        f"# {plain(facts.name)}",
        f"Translates {plain(source)} into {plain(target)}. "
        f"Trained with Dragoman {plain(facts.dragoman_version)}; card written on {plain(facts.date)}.",
        "## How to load it",
        _loading(facts.folder),
        "## Intended use",
        f"Text of the kind that it was trained on, from {plain(source)} into {plain(target)}, where a person reads "
        "the result or a mistake does no harm.",
        "## When not to use it",
        bullets(_limits(facts, source, target)),
        "## Data",
        bullets(data_facts(facts)),
        "## Model",
        bullets(model_facts(facts)),
        "## Training",
        bullets(training_facts(facts)),
        "## Quality",
        *_quality(facts),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def language_name(code: str) -> str:
    """The English name with the code, such as ``German (de)``; the code alone if it has no name."""
    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name("en")
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name} ({code})" if name else code


def _loading(folder: str) -> str:
    quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
    lines = ["import dragoman", "", f'model = dragoman.load("{quoted}")', 'model.translate(["..."])']
    return "\n".join(["```python", *lines, "```"])


def _limits(facts: CardFacts, source: str, target: str) -> list[str]:
    found = [
        "Text of another subject or style than the training text: words, names and phrases that the model has not "
        "seen are often translated wrongly, and fluently so.",
        f"Input that is not {plain(source)}: the model does not notice, and writes {plain(target)} all the same.",
    ]
    if facts.training_pairs < SMALL_CORPUS:
        found.append(
            f"Text as varied as a whole language: {facts.training_pairs:,} sentence pairs are a small training set, "
            "enough for a narrow subject at most."
        )
    if facts.longest_source is not None:
        found.append(
            f"Sentences of more than {facts.longest_source:,} tokens: the longest in training had so many, "
            "and quality beyond is unknown. Split longer text into sentences first."
        )
    report = facts.quality
    if report is not None and len(report.by_length) > 1:
        first, last = report.by_length[0], report.by_length[-1]
        if first.chrf - last.chrf > NOTABLE_FALL:
            found.append(
                f"Long sentences with the trust one has in short ones: chrF2++ falls from {first.chrf:.1f} "
                f"(up to {_words(first.longest, report.length_unit)}) to {last.chrf:.1f} (from {last.shortest})."
            )
    if report is None:
        found.append("Anything that matters, before its quality is measured: no test result is known.")
    found += [
        "Medical, legal or safety-critical text, or a decision about a person, unless someone who knows both "
        "languages reads every sentence: a translation may leave out a negation or change a number.",
        "As a judge of what is true or decent: what the training text holds, its biases included, the model repeats.",
    ]
    return found


def data_facts(facts: CardFacts, unit: str = "Sentence pairs") -> list[str | None]:
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


def _quality(facts: CardFacts) -> list[str]:
    blocks = []
    if facts.validation_loss is not None:
        blocks.append(
            f"Cross-entropy on the validation set: {facts.validation_loss:.3f} nats per target token, "
            "without label smoothing."
        )
    report = facts.quality
    if report is None:
        return [*blocks, "Translations have not been measured."]
    where = "" if facts.quality_split is None else f" of the {plain(facts.quality_split)}"
    how = "" if facts.quality_search is None else f", {plain(facts.quality_search)}"
    rows = [
        f"| {e.metric} | {e.value:.2f} | {e.low:.2f} to {e.high:.2f} |" for e in (report.bleu, report.chrf, report.ter)
    ]
    rows += [
        f"| {name} | {100 * share.value:.1f} % | {100 * share.low:.1f} to {100 * share.high:.1f} % |"
        for name, share in (("exact match", report.exact_match), ("placeholders kept", report.placeholders))
        if share is not None
    ]
    blocks.append(f"Measured on {report.sentences:,} sentences{where}{how}:")
    blocks.append("\n".join(["| metric | value | 95 % interval |", "|---|---:|---:|", *rows]))
    blocks.append(
        "BLEU and chrF2++: higher is better; TER: lower is better. "
        f"Intervals by {report.bleu.resamples:,} bootstrap resamples of the sentences (shares: Wilson). "
        f"BLEU tokenizer {report.tokenizer}: {report.tokenizer_reason}. sacreBLEU signatures:"
    )
    blocks.append(bullets([f"{e.metric}: `{e.signature}`" for e in (report.bleu, report.chrf, report.ter)]))
    lengths = [f"| {part.span} | {part.sentences:,} | {part.bleu:.2f} | {part.chrf:.2f} |" for part in report.by_length]
    heading = f"| {report.length_unit} in the reference | sentences | BLEU | chrF2++ |"
    return [*blocks, "\n".join([heading, "|---|---:|---:|---:|", *lengths])]


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


def _words(count: int, unit: str) -> str:
    """The count with its unit, ``words`` or ``characters``, in the singular where it is 1."""
    return f"{count} {unit if count != 1 else unit.removesuffix('s')}"
