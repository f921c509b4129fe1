"""The teacher's translations of a training set, stored as they are made."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int
from sacrebleu.metrics.bleu import BLEU

from dragoman.data.examples import Examples
from dragoman.distillation.plan import Plan
from dragoman.errors import DamagedFileError
from dragoman.evaluation.tokenization import bleu_tokenizer
from dragoman.predict.translator import Translator
from dragoman.storage.failure import unwritable

_CHUNK = 2048
_SAMPLE = 64
"""Number of sentences that are translated to estimate the time for all."""


class KeptTranslations:
    """A file with one JSON string per line, in the order of the training set. Its content survives a killed process; an
    incomplete last line is dropped.

    Args:
        path: path of the file, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0
        if path.exists():
            self._count = self._drop_torn_line()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        if not self._count:
            return
        with self._path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                yield self._parsed(line, number)

    def append(self, texts: Sequence[str]) -> None:
        """Append translations, and sync the file to disk.

        Raises:
            OutputError: if the file cannot be written.
        """
        lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts)
        try:
            with self._path.open("ab") as stream:
                stream.write(lines.encode("utf-8", "backslashreplace"))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise unwritable(self._path, error) from error
        self._count += len(texts)

    def _drop_torn_line(self) -> int:
        count = end = 0
        with self._path.open("rb") as stream:
            for line in stream:
                if line.endswith(b"\n"):
                    count, end = count + 1, end + len(line)
        try:
            os.truncate(self._path, end)
        except OSError as error:
            raise unwritable(self._path, error) from error
        return count

    def _parsed(self, line: bytes, number: int) -> str:
        try:
            return str(json.loads(line))
        except ValueError as error:
            raise DamagedFileError(
                "this line is not a translation of the teacher's",
                file=self._path,
                line=number,
                cause="the file was edited, or the disk failed",
                remedy="cut the file off before this line; the rest is then translated again.",
            ) from error


def translate(
    translator: Translator, examples: Examples, kept: KeptTranslations, plan: Plan, log: Callable[[str], None]
) -> None:
    """Translate the sources that are not translated yet, storing and reporting every few thousand.

    Args:
        translator: the teacher.
        examples: training set.
        kept: file with the translations so far, to which the rest is appended.
        plan: settings of the distillation.
        log: called with a sentence on the progress.
    """
    began, before, total = time.monotonic(), len(kept), len(examples)
    if before:
        log(f"{before:,} of {total:,} sentences were translated before")
    if total - before > _CHUNK:
        log(f"it will take about {_estimate(translator, examples, plan, total - before):.1f} minutes")
        began = time.monotonic()
    while len(kept) < total:
        indices = np.arange(len(kept), min(len(kept) + _CHUNK, total))
        kept.append(_translated(translator, examples, indices, plan))
        rate = (len(kept) - before) / (time.monotonic() - began)
        left = (total - len(kept)) / rate
        log(f"{len(kept):,} of {total:,} sentences translated, {rate:,.0f} a second, {left / 60:.1f} minutes left")


def _translated(translator: Translator, examples: Examples, indices: Int[np.ndarray, " k"], plan: Plan) -> list[str]:
    sources = examples.source_texts(indices)
    if plan.best_of == 1:
        return [translation.text for translation in translator.stream(sources, beam=plan.beam)]
    found = translator.n_best(sources, plan.best_of, beam=plan.beam)
    candidates = [[translation.text for translation in translations] for translations in found]
    return closest(candidates, examples.target_texts(indices), translator.recipe.data.target_language)


def _estimate(translator: Translator, examples: Examples, plan: Plan, left: int) -> float:
    """Estimated minutes for translating ``left`` sentences, from an evenly spread sample. A smaller sample is
    translated before it, because an engine's first call takes longer than later ones."""
    spread = np.linspace(0, len(examples) - 1, _SAMPLE).round().astype(np.int64)
    _translated(translator, examples, spread[::8], plan)
    began = time.monotonic()
    _translated(translator, examples, spread, plan)
    return (time.monotonic() - began) / _SAMPLE * left / 60


def closest(candidates: Sequence[Sequence[str]], references: Sequence[str], target_language: str) -> list[str]:
    """The candidate of each sentence with the highest smoothed sentence BLEU, as in sequence-level interpolation
    (Kim & Rush 2016, section 3.3); of equal ones the first, which the teacher ranks highest.

    Args:
        candidates: one or more candidates for each reference, best first.
        references: references of the training set.
        target_language: language code, which determines the tokenization of BLEU.
    """
    metric = BLEU(tokenize=bleu_tokenizer(target_language).name, force=True, effective_order=True)

    def best(found: Sequence[str], reference: str) -> str:
        return max(found, key=lambda candidate: metric.sentence_score(candidate, [reference]).score)

    return [best(found, reference) for found, reference in zip(candidates, references, strict=True)]
