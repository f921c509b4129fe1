"""The corpora that a student learns from: files in the run's folder, and their sections in its recipe."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.storage.folder import new_folder
from dragoman.storage.json import JsonObject

_ROWS = 10_000


def write_corpora(
    dataset: Dataset, translations: Iterable[str], folder: Path, *, origin: str, keep_original: bool
) -> JsonObject:
    """Write the sources with the teacher's translations, and the validation and test sets as they are.

    Each corpus stays a corpus of its own, with its weight.

    Args:
        dataset: dataset whose sources were translated.
        translations: translations of all training sources, in order.
        folder: folder of the files; it is left empty if anything fails.
        origin: sentence on how the targets were made, for the model's card.
        keep_original: whether to train on the references too.

    Returns:
        The recipe's sections ``train``, ``validation`` and, if there is one, ``test``.

    Raises:
        OutputError: if the folder cannot be written.
    """
    held_out = {"validation": dataset.validation, **({"test": dataset.test} if dataset.test is not None else {})}
    with new_folder(folder, replace=True) as temporary:
        distilled = _write(dataset.train, translations, temporary, "distilled")
        original = _write(dataset.train, _targets(dataset.train), temporary, "original") if keep_original else {}
        given = {split: _write(examples, _targets(examples), temporary, split) for split, examples in held_out.items()}
    training = [_distilled(dataset, number, folder / file, origin) for number, file in distilled.items()]
    training += [_original(dataset, number, folder / file) for number, file in original.items()]
    sections = {
        split: [_section(dataset.corpora[number].name, folder / file) for number, file in files.items()]
        for split, files in given.items()
    }
    return {"train": training, **sections}


def _write(examples: Examples, targets: Iterable[str], folder: Path, split: str) -> dict[int, str]:
    """Write one file of JSON lines for each corpus of a split; returns the file names by the corpora's numbers."""
    files = {int(number): f"{split}-{number}.jsonl" for number in np.unique(examples.corpora)}
    streams = {number: (folder / file).open("w", encoding="utf-8") for number, file in files.items()}
    try:
        for number, source, target in zip(examples.corpora, _sources(examples), targets, strict=True):
            streams[int(number)].write(json.dumps({"source": source, "target": target}) + "\n")
    finally:
        for stream in streams.values():
            stream.close()
    return files


def _sources(examples: Examples) -> Iterator[str]:
    for indices in _parts(examples):
        yield from examples.source_texts(indices)


def _targets(examples: Examples) -> Iterator[str]:
    for indices in _parts(examples):
        yield from examples.target_texts(indices)


def _parts(examples: Examples) -> Iterator[Int64[np.ndarray, " r"]]:
    for begin in range(0, len(examples), _ROWS):
        yield np.arange(begin, min(begin + _ROWS, len(examples)))


def _distilled(dataset: Dataset, number: int, file: Path, origin: str) -> JsonObject:
    corpus = dataset.corpora[number]
    about = _about(dataset, number)
    about["origin"] = f"{about.get('origin', corpus.name)}, its targets written by {origin}"
    return {**_section(corpus.name, file), "weight": corpus.weight, **about}


def _original(dataset: Dataset, number: int, file: Path) -> JsonObject:
    corpus = dataset.corpora[number]
    return {**_section(f"{corpus.name} (references)", file), "weight": corpus.weight, **_about(dataset, number)}


def _about(dataset: Dataset, number: int) -> dict[str, str]:
    facts = dataset.report.get("corpora", {}).get(dataset.corpora[number].name, {})
    return {key: facts[key] for key in ("licence", "origin") if facts.get(key)}


def _section(name: str, file: Path) -> JsonObject:
    return {"name": name, "path": file, "format": "json-lines"}
