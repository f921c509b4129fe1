"""The model card of a translator."""

from __future__ import annotations

from dragoman.evaluation.translation_report import TranslationReport
from dragoman.tasks.card import CardFacts, CardText, bullets, card, language_name, plain

SMALL_CORPUS = 100_000
"""Number of pairs below which a training set counts as small; general text needs far more."""
NOTABLE_FALL = 5.0
"""Difference in chrF2++ between the shortest and the longest sentences that deserves a warning."""


def translation_card(facts: CardFacts, report: TranslationReport | None) -> str:
    """Write the card as Markdown.

    Args:
        facts: facts of the run.
        report: the model's quality; None if it was not measured.
    """
    source, target = language_name(facts.source_language), language_name(facts.target_language)
    return card(
        facts,
        CardText(
            purpose=f"Translates {plain(source)} into {plain(target)}.",
            heading="How to load it",
            use=_loading(facts.folder),
            intended=f"Text of the kind that it was trained on, from {plain(source)} into {plain(target)}, where a "
            "person reads the result or a mistake does no harm.",
            limits=_limits(facts, report, source, target),
            examples="Sentence pairs",
            quality=_quality(facts, report),
        ),
    )


def _loading(folder: str) -> str:
    quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
    lines = ["import dragoman", "", f'model = dragoman.load("{quoted}")', 'model.translate(["..."])']
    return "\n".join(["```python", *lines, "```"])


def _limits(facts: CardFacts, report: TranslationReport | None, source: str, target: str) -> list[str]:
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


def _quality(facts: CardFacts, report: TranslationReport | None) -> list[str]:
    blocks = []
    if facts.validation_loss is not None:
        blocks.append(
            f"Cross-entropy on the validation set: {facts.validation_loss:.3f} nats per target token, "
            "without label smoothing."
        )
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


def _words(count: int, unit: str) -> str:
    """The count with its unit, ``words`` or ``characters``, in the singular where it is 1."""
    return f"{count} {unit if count != 1 else unit.removesuffix('s')}"
