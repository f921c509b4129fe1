"""Readers of pictures side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from jaxtyping import Int

from dragoman.comparison.kind import Examined, HeldOut
from dragoman.comparison.report import Examination
from dragoman.comparison.same_sources import same_sources
from dragoman.comparison.subject import Trained
from dragoman.contracts import Pictures
from dragoman.data.bucketing import in_order
from dragoman.data.examples import Examples
from dragoman.evaluation.confidence import estimates
from dragoman.evaluation.recognition import recognition_statistics
from dragoman.predict.reader import Reader
from dragoman.storage.output import write_output

_PARTS = 5
_WARM_UP = 20
_TOGETHER = 2048
"""Target tokens of the lines that are read together."""

Batches = list[tuple[Int[np.ndarray, " B"], Pictures]]
"""The places of some examples, and their pictures."""


class Readers:
    """The character error rate at the recipe's beam is their quality; that of greedy search is watched while they
    train."""

    title = "a reader of pictures"
    score = "greedy CER on the validation set, in percent"
    column = "cer"
    higher_is_better = False
    unit = "target tokens"
    loss = "nats per target token"
    speed_unit = "lines per second, whose pictures are prepared already"
    remarks: tuple[str, ...] = ("CER and WER are edits for each 100 characters and words, and lower is better.",)

    def same_examples(self, one: HeldOut, other: HeldOut) -> bool:
        """Whether pictures and texts are equal."""
        return one.examples.target_texts() == other.examples.target_texts() and same_sources(one, other)

    def examine(
        self,
        subjects: Sequence[Trained],
        held_out: Sequence[HeldOut],
        outputs: Path,
        beam: int | None,
        tell: Callable[[str], None],
    ) -> list[Examined]:
        """Read greedily and with the beam. Subjects take turns, part by part, so that what slows the machine down for a
        while slows down all of them."""
        readers = [Reader.load(subject.best) for subject in subjects]
        beams = [beam or reader.recipe.search.beam for reader in readers]
        splits: list[Examples] = [split.examples for split in held_out]
        for reader, examples, width in zip(readers, splits, beams, strict=True):
            _read(reader, _pictures(examples, np.arange(min(len(examples), _WARM_UP))), width)
        found: list[dict[int, dict[int, str]]] = [{1: {}, width: {}} for width in beams]
        speeds: list[dict[int, list[float]]] = [{1: [], width: []} for width in beams]
        parts = np.array_split(np.arange(len(splits[0])), min(_PARTS, len(splits[0])))
        for number, part in enumerate(parts, start=1):
            tell(f"reading part {number} of {len(parts)}")
            for reader, examples, width, texts, rates in zip(readers, splits, beams, found, speeds, strict=True):
                batches = _pictures(examples, part)
                for used in {1, width}:
                    began = time.perf_counter()
                    texts[used].update(_read(reader, batches, used))
                    rates[used].append(len(part) / (time.perf_counter() - began))
        references = splits[0].target_texts()
        examined = []
        for subject, width, texts, rates in zip(subjects, beams, found, speeds, strict=True):
            greedy, of_beam = ([texts[used][place] for place in range(len(references))] for used in (1, width))
            lines = "".join(" ".join(text.splitlines()) + "\n" for text in of_beam)
            write_output(outputs / f"{subject.name}.txt", lines.encode())
            named = {"greedy": statistics.median(rates[1]), "beam": statistics.median(rates[width])}
            examined.append(_examined(of_beam, greedy, references, named))
        return examined


def _pictures(examples: Examples, chosen: Int[np.ndarray, " k"]) -> Batches:
    """The pictures of some examples, rendered where they are to be, which takes no part in the reader's time."""
    lengths = examples.target_lengths[chosen]
    batches: Iterator[Int[np.ndarray, " B"]] = (chosen[p] for p in in_order(lengths, lengths, tokens=_TOGETHER))
    return [(places, cast(Pictures, examples.batch(places).source)) for places in batches]


def _read(reader: Reader, batches: Batches, beam: int) -> dict[int, str]:
    """The text of each example."""
    return {
        place: text
        for places, pictures in batches
        for place, text in zip(places.tolist(), reader.read_prepared(pictures, beam=beam), strict=True)
    }


def _examined(of_beam: list[str], greedy: list[str], references: list[str], speeds: dict[str, float]) -> Examined:
    characters, words = recognition_statistics(of_beam, references)
    quality, of_greedy, wer = estimates([characters, recognition_statistics(greedy, references)[0], words])
    others = (replace(of_greedy, metric="CER greedy"), wer)
    return Examined(Examination(quality, others, speeds), characters)
