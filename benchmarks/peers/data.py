"""The one corpus that all toolkits train on: tokenised by Dragoman, once.

A folder holds ``dataset``, which Dragoman reads, and ``tokens``: the same examples as text for the others, each token
as ``t`` and its id, which no toolkit's tokenizer takes apart, and ``vocabulary.txt``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dragoman.contracts import DEFAULT_SYMBOLS
from dragoman.data.dataset import Dataset
from dragoman.data.examples import Examples
from dragoman.data.prepare import prepare
from dragoman.recipe import load_recipe
from dragoman.storage.folder import new_folder
from dragoman.text.codec import masks_for

END = DEFAULT_SYMBOLS.end

SPLITS = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
"""Ours and Multi30k's names of them (Elliott et al. 2016)."""
WRITTEN_AT_ONCE = 10_000


def corpora(corpus: Path) -> dict[str, dict[str, Path]]:
    """Where the splits lie, as a recipe says it."""
    return {split: {"source": corpus / f"{name}.en", "target": corpus / f"{name}.de"} for split, name in SPLITS.items()}


def prepared(corpus: Path, folder: Path) -> Path:
    """The data of Multi30k English→German in ``folder``, made if it is not there: BPE of 10,000 symbols for both."""
    dataset = folder / "dataset"
    if not dataset.exists():
        prepare(load_recipe("tiny", changes={"data": corpora(corpus)}), dataset)
    if not (folder / "tokens").exists():
        write_tokens(Dataset.open(dataset), folder / "tokens")
    return folder.absolute()


def write_tokens(dataset: Dataset, folder: Path) -> None:
    """All splits as text, without end symbols, which every toolkit adds itself."""
    with new_folder(folder) as unfinished:
        vocabulary = range(END + 1, dataset.target.size.symbols)
        (unfinished / "vocabulary.txt").write_text("".join(f"t{id}\n" for id in vocabulary), encoding="utf-8")
        for name in SPLITS:
            examples = getattr(dataset, name)
            for side in ("source", "target"):
                _write_side(examples, side, unfinished / f"{name}.{side}")


def texts_of(rows: Sequence[str], data: Path) -> list[str]:
    """The translations of the test set that a toolkit wrote as tokens.

    Args:
        rows: of each sentence, tokens as :func:`write_tokens` writes them; what is none of them is left out.
        data: the folder of :func:`prepared`.
    """
    dataset = Dataset.open(data / "dataset")
    assert dataset.test is not None
    ids = [[int(token[1:]) for token in row.split() if token[1:].isdigit()] for row in rows]
    masks = masks_for(dataset.test.source_texts(), dataset.source, dataset.target)
    return dataset.target.decode_batch(ids, masks)


def _write_side(examples: Examples, side: str, path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for begin in range(0, len(examples), WRITTEN_AT_ONCE):
            batch = examples.batch(np.arange(begin, min(begin + WRITTEN_AT_ONCE, len(examples))))
            packed = getattr(batch, side)
            for row in packed.rows():
                stream.write(" ".join(f"t{id}" for id in row[:-1]) + "\n")
