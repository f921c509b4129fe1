"""Translators side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dragoman.comparison.kind import Examined, HeldOut
from dragoman.comparison.report import Examination
from dragoman.comparison.subject import Trained
from dragoman.data.examples import Examples
from dragoman.evaluation.bleu import bleu_statistics
from dragoman.evaluation.chrf import chrf_statistics
from dragoman.evaluation.confidence import Estimate, estimates
from dragoman.predict.translator import Translator
from dragoman.storage.output import write_output

_PARTS = 5
_WARM_UP = 50


class Translators:
    """BLEU at the recipe's beam is their quality; greedy BLEU is watched while they train."""

    title = "a translator"
    score = "greedy BLEU on the validation set"
    column = "bleu"
    higher_is_better = True
    unit = "target tokens"
    loss = "nats per target token"
    speed_unit = "sentences per second"
    remarks: tuple[str, ...] = ()

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether sources and references are equal."""
        mine, theirs = one.examples, other.examples
        return bool(mine.source_texts() == theirs.source_texts() and mine.target_texts() == theirs.target_texts())

    def examine(
        self,
        subjects: Sequence[Trained],
        held_out: Sequence[HeldOut],
        outputs: Path,
        beam: int | None,
        tell: Callable[[str], None],
    ) -> list[Examined]:
        """Translate greedily and with the beam. Subjects take turns, part by part, so that what slows the machine down
        for a while slows down all of them."""
        translators = [Translator.load(subject.best) for subject in subjects]
        found = side_by_side(translators, held_out[0].examples, beam, tell)
        for subject, (_, texts) in zip(subjects, found, strict=True):
            lines = "".join(" ".join(text.splitlines()) + "\n" for text in texts)
            write_output(outputs / f"{subject.name}.txt", lines.encode())
        return [examined for examined, _ in found]


def side_by_side(
    translators: Sequence[Translator], examples: Examples, beam: int | None, tell: Callable[[str], None]
) -> list[tuple[Examined, list[str]]]:
    """What each translator makes of the same sentences, greedily and with the beam, and what it writes with the beam.

    Args:
        translators: take turns, part by part.
        examples: sources and references.
        beam: for all; by default each recipe's.
        tell: is given a sentence on each part.
    """
    sources, references = examples.source_texts(), examples.target_texts()
    beams = [beam or translator.recipe.search.beam for translator in translators]
    for translator, width in zip(translators, beams, strict=True):
        translator.translate(sources[:_WARM_UP], beam=width)
    found: list[dict[int, list[str]]] = [{1: [], width: []} for width in beams]
    speeds: list[dict[int, list[float]]] = [{1: [], width: []} for width in beams]
    for number, part in enumerate(np.array_split(np.arange(len(sources)), min(_PARTS, len(sources))), start=1):
        tell(f"translating part {number} of {min(_PARTS, len(sources))}")
        texts = [sources[row] for row in part]
        for translator, width, written, rates in zip(translators, beams, found, speeds, strict=True):
            for used in {1, width}:
                began = time.perf_counter()
                written[used] += translator.translate(texts, beam=used)
                rates[used].append(len(texts) / (time.perf_counter() - began))
    language = translators[0].recipe.data.target_language
    medians = [{used: statistics.median(measured) for used, measured in rates.items()} for rates in speeds]
    return [
        (_examined(written, width, references, language, rates), written[width])
        for written, width, rates in zip(found, beams, medians, strict=True)
    ]


def _examined(
    written: dict[int, list[str]], width: int, references: list[str], language: str, speeds: dict[int, float]
) -> Examined:
    of_beam = bleu_statistics(written[width], references, language)
    measured = [of_beam, bleu_statistics(written[1], references, language), chrf_statistics(written[width], references)]
    quality, greedy, chrf = estimates(measured)
    others = (_renamed(greedy, "BLEU greedy"), chrf)
    named = {"greedy": speeds[1], "beam": speeds[width]}
    return Examined(Examination(quality, others, named), of_beam)


def _renamed(estimate: Estimate, name: str) -> Estimate:
    return replace(estimate, metric=name)
