"""A dataset on disk: its splits, its fields, and the report of how it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from jaxtyping import Float

from dragoman.contracts.expect import expect
from dragoman.data.arrow import SplitWriter
from dragoman.data.examples import Examples
from dragoman.data.rendering import Rendering
from dragoman.data.split_file import open_split
from dragoman.errors import InputError, UnsupportedError
from dragoman.fields.field import Field, SourceField, TargetField
from dragoman.fields.files import load_fields, save_fields
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.folder import new_folder, recover
from dragoman.storage.manifest import MANIFEST
from dragoman.storage.verified import VerifiedFolder
from dragoman.text.codec import Codec

_FACTS = "dataset.json"
FORMAT, UNWEIGHTED = 5, 4
"""Format 2 adds to each pair its corpus and its file; datasets of format 1 are read as one corpus. Format 3 adds
pictures and rows of tables as sources, labels and numbers as targets. Format 4 says what counts as a placeholder.
Format 5 adds weights of training examples; datasets without any are still written as format 4."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """One of the corpora that a dataset was made from.

    Attributes:
        name: what statistics call it.
        weight: how often each of its training pairs is seen in one pass.
    """

    name: str
    weight: float


class DatasetWriter:
    """Writes a dataset; nothing exists at ``folder`` until the block ends without an error."""

    def __init__(self, folder: Path) -> None:
        self._context: AbstractContextManager[Path] = new_folder(folder)
        self.folder = folder

    def __enter__(self) -> DatasetWriter:
        self.folder = self._context.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._context.__exit__(kind, error, trace)

    def split(self, name: str) -> SplitWriter:
        """A writer of ``train``, ``validation`` or ``test``, to be closed before the block ends."""
        return SplitWriter(self.folder / f"{name}.arrow")

    def write_fields(self, source: Field, target: TargetField) -> None:
        """Write what was learnt of the sources and of the targets."""
        save_fields(self.folder, source, target)

    def write_facts(self, corpora: Sequence[Corpus], files: Sequence[str], *, weighted: bool = False) -> None:
        """The corpora and files that the numbers in the splits stand for.

        Args:
            corpora: corpora, by number.
            files: files, by number.
            weighted: whether training examples have weights.
        """
        facts = {
            "format": FORMAT if weighted else UNWEIGHTED,
            "corpora": [asdict(corpus) for corpus in corpora],
            "files": list(files),
        }
        text = json.dumps(facts, indent=2, ensure_ascii=False)
        (self.folder / _FACTS).write_text(text + "\n", encoding="utf-8")

    def write_report(self, report: dict[str, object]) -> None:
        """How the dataset was made: what was read, dropped and changed."""
        text = json.dumps(report, indent=2, ensure_ascii=False)
        (self.folder / "report.json").write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True, repr=False)
class Dataset(Shown):
    """A prepared dataset, opened from its folder.

    >>> dataset = Dataset.open(Path("runs/demo/dataset"))
    >>> batch = dataset.train.batch(np.arange(2), np.random.default_rng(1))
    >>> batch.source.layout.batch, batch.target.layout.batch
    (2, 2)

    Attributes:
        folder: folder of the dataset, whose checksums are verified.
        corpora: the corpora that it was made from, by number.
        files: the files that these were read from, by number.
        report: facts on how the dataset was made, as JSON values.
        fingerprint: SHA-256 of the manifest, which is the same for equal datasets.
        train: the training set.
        validation: the validation set, which chooses the best weights.
        test: the test set, which the finished model is measured on; None if there is none.
        source: the field of the inputs, which turns them into numbers.
        target: the field of the outputs, which turns numbers into them.
    """

    folder: VerifiedFolder
    corpora: tuple[Corpus, ...]
    files: tuple[str, ...]
    report: dict[str, Any]
    fingerprint: str
    train: Examples
    validation: Examples
    test: Examples | None
    source: SourceField
    target: TargetField

    @classmethod
    def open(cls, folder: Path) -> Dataset:
        """Open a dataset after checking every file's checksum.

        Raises:
            InputError: if there is no dataset, or its pictures are rendered in fonts that are not on this machine.
            DamagedFileError: if a file is missing, was altered, or does not fit the others.
            UnsupportedError: if the dataset was written by a newer version.
        """
        recover(folder)
        if not (folder / _FACTS).is_file():
            raise InputError("no dataset here", file=folder, remedy="give a dataset that `dragoman train` prepared.")
        verified = VerifiedFolder.open(folder)
        corpora, files = _facts(verified)
        report = verified.json("report.json")
        with verified.understanding("report.json"):
            if not isinstance(report, dict):
                raise TypeError("no report on how the data were prepared")
        source, target = load_fields(verified)
        rendering = Rendering.load(verified)
        counts = {"corpora": len(corpora), "files": len(files)}

        def split(name: str) -> Examples:
            table = open_split(verified, name, source, target, **counts, rendered=rendering is not None)
            return Examples(table, source, target, rendering)

        return cls(
            folder=verified,
            corpora=corpora,
            files=files,
            report=report,
            fingerprint=hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest(),
            train=split("train"),
            validation=split("validation"),
            test=split("test") if verified.holds("test.arrow") else None,
            source=source,
            target=target,
        )

    @property
    def codecs(self) -> tuple[Codec, Codec]:
        """Source and target of a dataset of texts.

        Raises:
            InputError: if one is no text.
        """
        return expect(self.source, Codec), expect(self.target, Codec)

    @property
    def has_one_vocabulary(self) -> bool:
        """Whether source and target are texts whose symbols have the same numbers.

        Raises:
            InputError: if one is no text.
        """
        source, target = self.codecs
        return source.tokenizer is target.tokenizer

    @property
    def training_weights(self) -> Float[np.ndarray, " n"] | None:
        """How often each training example is seen in one pass; None if each is seen once."""
        weights = np.array([corpus.weight for corpus in self.corpora])
        return None if (weights == 1).all() else weights[self.train.corpora]

    def summary(self) -> Summary:
        """What there is to say of it."""
        splits = {"train": self.train, "validation": self.validation, "test": self.test}
        facts = {name: f"{len(split):,} examples" for name, split in splits.items() if split is not None}
        corpora = ", ".join(corpus.name for corpus in self.corpora)
        return Summary(f"dataset in {self.folder.path}", {**facts, "corpora": corpora})


def _facts(folder: VerifiedFolder) -> tuple[tuple[Corpus, ...], tuple[str, ...]]:
    """The corpora and the files that the numbers in the splits stand for."""
    facts = folder.json(_FACTS)
    with folder.understanding(_FACTS):
        version = int(facts["format"])
        corpora = tuple(Corpus(**corpus) for corpus in facts.get("corpora", [{"name": "corpus", "weight": 1.0}]))
        files = tuple(str(file) for file in facts.get("files", [""]))
    if version > FORMAT:
        raise UnsupportedError(
            f"{folder.path} has dataset format {version}, and this version reads up to {FORMAT}",
            remedy="use the version of dragoman that wrote it, or prepare the data anew.",
        )
    return corpora, files
