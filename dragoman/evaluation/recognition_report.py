"""The report on lines read from pictures, as numbers and as text."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from dragoman.evaluation.confidence import RESAMPLES, SEED, Estimate, estimates
from dragoman.evaluation.edit_distance import edits
from dragoman.evaluation.exact_match import Share, wilson_interval
from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.recognition import comparable, recognition_statistics
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import aligned
from dragoman.storage.json import JsonObject

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class CharacterConfusion:
    """One character read as another.

    Attributes:
        expected: the character of the reference; empty if there is none.
        found: the character that was read; empty if none was.
        count: number of occurrences.
    """

    expected: str
    found: str
    count: int


@dataclass(frozen=True, slots=True, repr=False)
class RecognitionReport(Shown):
    """The report on how close lines read from pictures are to their references.

    Attributes:
        lines: number of lines.
        characters: number of code points of the references, in composed form.
        words: number of words of the references.
        cer: character error rate: edits for each 100 characters.
        wer: word error rate: edits for each 100 words.
        exact: share of lines without any edit.
        substituted: number of characters that were read as others.
        missed: number of characters that were not read.
        added: number of characters that were read and are not in the reference.
        empty_outputs: number of lines of which nothing was read although the reference is not empty.
        confusions: the most frequent edits, the most frequent first.
    """

    lines: int
    characters: int
    words: int
    cer: Estimate
    wer: Estimate
    exact: Share
    substituted: int
    missed: int
    added: int
    empty_outputs: int
    confusions: tuple[CharacterConfusion, ...]

    def summary(self) -> Summary:
        """The report as a title and a few lines, which an interpreter and a notebook show."""
        facts = {e.metric: f"{e.value:.2f} ({e.low:.2f} to {e.high:.2f})" for e in (self.cer, self.wer)}
        facts["lines without a mistake"] = f"{100 * self.exact.value:.1f} %"
        return Summary(f"{self.cer.metric} {self.cer.value:.2f} on {self.lines:,} lines", facts)

    def to_dict(self) -> JsonObject:
        """The report as values for JSON."""
        return {**asdict(self), "confusions": [asdict(part) for part in self.confusions]}

    def as_text(self) -> str:
        """The report as plain aligned tables, without markup."""
        scores = [("metric", "value", "95 % interval")]
        scores += [(e.metric, f"{e.value:.2f} %", f"{e.low:.2f} to {e.high:.2f} %") for e in (self.cer, self.wer)]
        exact = self.exact
        scores.append(
            ("exact lines", f"{100 * exact.value:.2f} %", f"{100 * exact.low:.2f} to {100 * exact.high:.2f} %")
        )
        confusions = [("stands there", "was read", "times")]
        confusions += [(_shown(c.expected), _shown(c.found), f"{c.count:,}") for c in self.confusions]
        count = "1 line" if self.lines == 1 else f"{self.lines:,} lines"
        return "\n".join(
            [
                f"{count}, {self.words:,} words, {self.characters:,} characters",
                "",
                *aligned(scores),
                "",
                "CER and WER are edits for each 100 characters (code points, NFC) and words: lower is better.",
                f"Intervals: {self.cer.resamples:,} bootstrap resamples of the lines, seed {self.cer.seed}; "
                "exact lines by Wilson's formula.",
                f"Characters substituted: {self.substituted:,}; missed: {self.missed:,}; added: {self.added:,}.",
                *([f"Empty outputs: {self.empty_outputs:,}."] if self.empty_outputs else []),
                *(["", *aligned(confusions)] if self.confusions else []),
            ]
        )


def evaluate_recognition(
    outputs: Sequence[str], references: Sequence[str], *, resamples: int = RESAMPLES, seed: int = SEED
) -> RecognitionReport:
    """Measure lines read from pictures against their references.

    >>> report = evaluate_recognition(["the bat", "a dog"], ["the cat", "a dog"])
    >>> round(report.cer.value, 1), round(report.wer.value, 1), report.confusions
    (8.3, 25.0, (CharacterConfusion(expected='c', found='b', count=1),))

    Args:
        outputs: lines as they were read.
        references: the text of each line, in the same order.
        resamples: number of bootstrap resamples.
        seed: seed of the bootstrap.

    Raises:
        InputError: if the numbers of outputs and references differ, or there is none.
    """
    left, right = checked_pairs(outputs, references)
    statistics = recognition_statistics(left, right)
    cer, wer = estimates(statistics, resamples=resamples, seed=seed)
    characters, words = (metric.counts for metric in statistics)
    counted: Counter[tuple[str, str]] = Counter()
    for output, reference in zip(map(comparable, left), map(comparable, right), strict=True):
        counted.update(
            (
                "" if edit.expected is None else reference[edit.expected],
                "" if edit.found is None else output[edit.found],
            )
            for edit in (edits(output, reference) if output != reference else ())
        )
    order = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    return RecognitionReport(
        lines=len(left),
        characters=int(characters[:, 1].sum()),
        words=int(words[:, 1].sum()),
        cer=cer,
        wer=wer,
        exact=wilson_interval(int((characters[:, 0] == 0).sum()), len(left)),
        substituted=sum(count for (expected, found), count in counted.items() if expected and found),
        missed=sum(count for (_, found), count in counted.items() if not found),
        added=sum(count for (expected, _), count in counted.items() if not expected),
        empty_outputs=sum(bool(r.strip()) and not o.strip() for o, r in zip(left, right, strict=True)),
        confusions=tuple(CharacterConfusion(expected, found, count) for (expected, found), count in order),
    )


def _shown(character: str) -> str:
    if not character:
        return "nothing"
    if character.isprintable() and not character.isspace() and not unicodedata.combining(character):
        return character
    return unicodedata.name(character, f"U+{ord(character):04X}").lower()
