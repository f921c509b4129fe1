"""The report on a set of translations, as numbers and as text."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from dragoman.evaluation.bleu import bleu_statistics
from dragoman.evaluation.by_corpus import CorpusScores, by_corpus
from dragoman.evaluation.by_length import LengthBin, by_length, reference_lengths
from dragoman.evaluation.chrf import chrf_statistics
from dragoman.evaluation.confidence import RESAMPLES, SEED, Estimate, estimates
from dragoman.evaluation.exact_match import Share, matches, wilson_interval
from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.placeholder_accuracy import placeholder_accuracy
from dragoman.evaluation.ter import ter_statistics
from dragoman.evaluation.tokenization import bleu_tokenizer
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned
from dragoman.storage.json import JsonObject
from dragoman.text.placeholders import LEGACY_SYNTAX, PlaceholderSyntax


@dataclass(frozen=True, slots=True, repr=False)
class TranslationReport(Shown):
    """The report on how close translations are to their references.

    Attributes:
        sentences: number of sentences.
        target_language: the language code by which BLEU's tokenizer was chosen.
        tokenizer: name of BLEU's tokenizer in sacreBLEU.
        tokenizer_reason: why this tokenizer was chosen, in words.
        bleu: BLEU, 0 to 100, higher is better.
        chrf: chrF2++, 0 to 100, higher is better.
        ter: TER in edits for each 100 words, lower is better.
        exact_match: share of outputs equal to their reference.
        placeholders: share of outputs with the placeholders of their reference; None if no reference has any.
        length_ratio: BLEU tokens of all outputs to those of all references; None if the references are empty.
        empty_outputs: number of outputs without a visible character although the reference has one.
        length_unit: unit of the lengths in ``by_length``: ``words`` or ``characters``.
        by_length: the scores by length of the reference, short to long.
        by_corpus: the scores by corpus; empty if there is only one.
        has_four_grams: whether any output has four tokens, without which BLEU is 0, however good the outputs are.
    """

    sentences: int
    target_language: str
    tokenizer: str
    tokenizer_reason: str
    bleu: Estimate
    chrf: Estimate
    ter: Estimate
    exact_match: Share
    placeholders: Share | None
    length_ratio: float | None
    empty_outputs: int
    length_unit: str
    by_length: tuple[LengthBin, ...]
    by_corpus: tuple[CorpusScores, ...] = ()
    has_four_grams: bool = True

    def summary(self) -> Summary:
        """The report as a title and a few lines, which an interpreter and a notebook show."""
        scores = (self.bleu, self.chrf, self.ter)
        facts = {e.metric: f"{e.value:.2f} ({e.low:.2f} to {e.high:.2f})" for e in scores}
        facts["exact match"] = f"{100 * self.exact_match.value:.1f} %"
        if self.placeholders is not None:
            facts["placeholders kept"] = f"{100 * self.placeholders.value:.1f} %"
        return Summary(f"{self.bleu.metric} {self.bleu.value:.2f} on {self.sentences:,} sentences", facts)

    def to_dict(self) -> JsonObject:
        """The report as values for JSON."""
        parts = {name: [asdict(part) for part in getattr(self, name)] for name in ("by_length", "by_corpus")}
        return {**asdict(self), **parts}

    def as_text(self) -> str:
        """The report as plain aligned tables, without markup."""
        scores = [("metric", "value", "95 % interval")]
        marks = ("" if self.has_four_grams else _NO_FOUR_GRAMS, "", "")
        scores += [
            (e.metric, f"{e.value:.2f}{mark}", f"{e.low:.2f} to {e.high:.2f}")
            for e, mark in zip((self.bleu, self.chrf, self.ter), marks, strict=True)
        ]
        scores += [
            (name, f"{100 * share.value:.1f} %", f"{100 * share.low:.1f} to {100 * share.high:.1f} %")
            for name, share in (("exact match", self.exact_match), ("placeholders", self.placeholders))
            if share is not None
        ]
        lengths = [_part(part.span, part) for part in self.by_length]
        corpora = [_part(part.name, part) for part in self.by_corpus]
        tables = [aligned([(self.length_unit, *_PART), *lengths])]
        tables += [["", *aligned([("corpus", *_PART), *corpora])]] if corpora else []
        parts = itertools.chain(*tables)
        return "\n".join([*self._heading(), "", *aligned(scores), "", *self._notes(), "", *parts])

    def _heading(self) -> list[str]:
        count = "1 sentence" if self.sentences == 1 else f"{self.sentences:,} sentences"
        return [f"{count}, target language {self.target_language}"]

    def _notes(self) -> list[str]:
        bootstrap = f"{self.bleu.resamples:,} bootstrap resamples of the sentences, seed {self.bleu.seed}"
        notes = [
            "BLEU and chrF2++: higher is better. TER: lower is better.",
            f"Intervals: {bootstrap}; exact match by Wilson's formula.",
            f"BLEU tokenizer: {self.tokenizer} ({self.tokenizer_reason}).",
            *(f"{e.metric}: {e.signature}" for e in (self.bleu, self.chrf, self.ter)),
        ]
        parts: tuple[LengthBin | CorpusScores, ...] = (*self.by_length, *self.by_corpus)
        if not self.has_four_grams or any(_lacks_four_grams(part) for part in parts):
            notes.append(
                f"{_NO_FOUR_GRAMS} No output here has four words, so BLEU is 0 however good they are: "
                "go by chrF2++ and exact match."
            )
        if self.length_ratio is not None:
            notes.append(f"Length of outputs to references: {self.length_ratio:.3f}.")
        if self.empty_outputs:
            notes.append(f"Empty outputs: {self.empty_outputs:,}.")
        return notes


def evaluate_translations(
    outputs: Sequence[str],
    references: Sequence[str],
    *,
    target_language: str,
    corpora: Sequence[str] | None = None,
    seed: int = SEED,
    resamples: int = RESAMPLES,
    placeholders: PlaceholderSyntax = LEGACY_SYNTAX,
) -> TranslationReport:
    """Measure translations against one reference each.

    >>> outputs = ["the cat sat on the mat", "a dog"]
    >>> report = evaluate_translations(outputs, ["the cat sat on a mat", "a dog"], target_language="en")
    >>> round(report.bleu.value, 1), round(report.chrf.value, 1), report.exact_match.value
    (55.8, 74.7, 0.5)

    Args:
        outputs: translations, untokenised.
        references: the reference of each translation, untokenised.
        target_language: language code, by which BLEU's tokenizer is chosen.
        corpora: the name of each sentence's corpus, for scores by corpus.
        seed: seed of the bootstrap.
        resamples: number of bootstrap resamples, at least 1.
        placeholders: the syntax of placeholders.

    Raises:
        InputError: if the numbers of outputs and references differ, or there is none.
    """
    left, right = checked_pairs(outputs, references)
    tokenizer = bleu_tokenizer(target_language)
    bleu, chrf, ter = (
        bleu_statistics(left, right, target_language),
        chrf_statistics(left, right),
        ter_statistics(left, right),
    )
    equal = matches(left, right)
    estimated = estimates([bleu, chrf, ter], resamples=resamples, seed=seed)
    output_length, reference_length = bleu.counts[:, :2].sum(axis=0)
    bins = by_length(reference_lengths(right, spaced=tokenizer.spaced), bleu, chrf, np.array(equal))
    return TranslationReport(
        sentences=len(left),
        target_language=target_language,
        tokenizer=tokenizer.name,
        tokenizer_reason=tokenizer.reason,
        bleu=estimated[0],
        chrf=estimated[1],
        ter=estimated[2],
        exact_match=wilson_interval(sum(equal), len(equal)),
        placeholders=placeholder_accuracy(left, right, placeholders),
        length_ratio=float(output_length / reference_length) if reference_length else None,
        empty_outputs=sum(bool(r.strip()) and not o.strip() for o, r in zip(left, right, strict=True)),
        length_unit="words" if tokenizer.spaced else "characters",
        by_length=tuple(bins),
        by_corpus=tuple(by_corpus(corpora, bleu, chrf, np.array(equal))) if corpora and len(set(corpora)) > 1 else (),
        has_four_grams=bool(bleu.counts[:, -1].sum()),
    )


_NO_FOUR_GRAMS = "*"
_PART = ("sentences", "BLEU", "chrF2++", "exact match")


def _part(name: str, part: LengthBin | CorpusScores) -> tuple[str, ...]:
    """The row of scores of a part, under the heading :data:`_PART`."""
    mark = _NO_FOUR_GRAMS if _lacks_four_grams(part) else ""
    return name, f"{part.sentences:,}", f"{part.bleu:.2f}{mark}", f"{part.chrf:.2f}", f"{100 * part.exact_match:.1f} %"


def _lacks_four_grams(part: LengthBin | CorpusScores) -> bool:
    """Whether BLEU is 0 although outputs are right, which happens if none has four tokens."""
    return part.bleu == 0 and part.exact_match > 0
