"""A dataset on disk: the splits as ids and text, the tokenizers, and the report of how it was made."""

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
import pyarrow as pa
import torch
from jaxtyping import Float, Int

from dragoman.contracts import Batch, Layout, Packed, TextBatch
from dragoman.data.arrow import ChainedColumn, RaggedColumn, SplitWriter, open_table
from dragoman.data.split_file import open_split
from dragoman.errors import InputError, UnsupportedError
from dragoman.reports.shown import Shown, Summary
from dragoman.storage.folder import new_folder, recover
from dragoman.storage.manifest import MANIFEST
from dragoman.storage.verified import VerifiedFolder
from dragoman.text.codec import Codec
from dragoman.text.codec_files import load_codecs, save_codecs
from dragoman.text.vocabulary import START

_FACTS = "dataset.json"
FORMAT = 4
"""Format 2 adds to each pair its corpus and its file; datasets of format 1 are read as one corpus. Format 3 adds
pictures and rows of tables as sources, labels and numbers as targets. Format 4 says what counts as a placeholder."""


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

    def write_codecs(self, source: Codec, target: Codec) -> None:
        """Of both languages."""
        save_codecs(self.folder, source, target)

    def write_facts(self, corpora: Sequence[Corpus], files: Sequence[str]) -> None:
        """The corpora and files that the numbers in the splits stand for."""
        facts = {"format": FORMAT, "corpora": [asdict(corpus) for corpus in corpora], "files": list(files)}
        text = json.dumps(facts, indent=2, ensure_ascii=False)
        (self.folder / _FACTS).write_text(text + "\n", encoding="utf-8")

    def write_report(self, report: dict[str, object]) -> None:
        """How the dataset was made: what was read, dropped and changed."""
        text = json.dumps(report, indent=2, ensure_ascii=False)
        (self.folder / "report.json").write_text(text + "\n", encoding="utf-8")


class Examples:
    """One split. Only the lengths are held in memory; ids and texts stay on disk until asked for.

    Args:
        table: what its file holds.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._source = RaggedColumn(self._table.column("source_ids"))
        self._target = RaggedColumn(self._table.column("target_ids"))
        has_corpora = "corpus" in self._table.column_names
        self.corpora: Int[np.ndarray, " n"] = (
            self._table.column("corpus").to_numpy() if has_corpora else np.zeros(len(self), dtype=np.int16)
        )
        """The number of each example's corpus."""

    @classmethod
    def open(cls, path: Path) -> Examples:
        """The split of an Arrow file, which is mapped into memory."""
        return cls(open_table(path))

    def take(self, indices: Int[np.ndarray, " k"]) -> Examples:
        """These examples alone, in this order, held in memory."""
        return Examples(self._table.take(pa.array(indices)).combine_chunks())

    def spread(self, count: int) -> Examples:
        """So many of these examples, evenly spread over them, in their order, held in memory.

        Args:
            count: from 1 to how many there are.
        """
        return self.take(np.linspace(0, len(self) - 1, count).round().astype(np.int64))

    def __len__(self) -> int:
        return self._table.num_rows

    @property
    def source_lengths(self) -> Int[np.ndarray, " n"]:
        """Tokens of each source row, its end symbol included."""
        return self._source.lengths

    @property
    def target_lengths(self) -> Int[np.ndarray, " n"]:
        """Tokens of each target row, its end symbol included."""
        return self._target.lengths

    def batch(self, indices: Int[np.ndarray, " B"]) -> Batch:
        """These examples, in this order."""
        return Batch(
            _packed(*self._source.gather(indices)), _packed(*self._target.gather(indices)), torch.from_numpy(indices)
        )

    def text_batch(self, indices: Int[np.ndarray, " B"]) -> TextBatch:
        """The targets of these examples for a language model, each by itself."""
        target = _packed(*self._target.gather(indices))
        return TextBatch(target.shifted(START), target, False, torch.from_numpy(indices))

    @property
    def target_tokens(self) -> ChainedColumn:
        """The ids of all targets end to end."""
        return ChainedColumn(self._target)

    def ids(self, indices: Int[np.ndarray, " B"]) -> tuple[list[list[int]], list[list[int]]]:
        """The ids of the sources and of the targets of these examples, each row ended by the end symbol."""
        rows = pa.array(indices)
        return (
            self._table.column("source_ids").take(rows).to_pylist(),
            self._table.column("target_ids").take(rows).to_pylist(),
        )

    def target_ids(self) -> list[list[int]]:
        """The ids of all targets, each ended by the end symbol."""
        return self._table.column("target_ids").to_pylist()

    def source_texts(self, indices: Int[np.ndarray, " B"] | None = None) -> list[str]:
        """The source of these examples, or of all."""
        return self._texts("source_text", indices)

    def target_texts(self, indices: Int[np.ndarray, " B"] | None = None) -> list[str]:
        """The target of these examples, or of all."""
        return self._texts("target_text", indices)

    def places(self, indices: Int[np.ndarray, " B"]) -> list[tuple[int, int]]:
        """The number of the file, and the line there, that each of these examples came from."""
        rows = pa.array(indices)
        lines = self._table.column("line").take(rows).to_pylist()
        has_files = "file" in self._table.column_names
        files = self._table.column("file").take(rows).to_pylist() if has_files else [0] * len(lines)
        return list(zip(files, lines, strict=True))

    def _texts(self, name: str, indices: Int[np.ndarray, " B"] | None) -> list[str]:
        column = self._table.column(name)
        return (column if indices is None else column.take(pa.array(indices))).to_pylist()


@dataclass(frozen=True, slots=True, repr=False)
class DatasetFacts(Shown):
    """What a dataset's folder says of itself.

    Attributes:
        folder: where it lies, its checksums verified.
        corpora: what it was made from, by number.
        files: the files that these were read from, by number.
        report: how the dataset was made.
        fingerprint: SHA-256 of the manifest: two datasets with the same one are the same.
    """

    folder: VerifiedFolder
    corpora: tuple[Corpus, ...]
    files: tuple[str, ...]
    report: dict[str, Any]
    fingerprint: str

    def summary(self) -> Summary:
        """What there is to say of it."""
        splits = {name: getattr(self, name, None) for name in ("train", "validation", "test")}
        facts = {name: f"{len(split):,} examples" for name, split in splits.items() if split is not None}
        corpora = ", ".join(corpus.name for corpus in self.corpora)
        return Summary(f"dataset in {self.folder.path}", {**facts, "corpora": corpora})

    @classmethod
    def read(cls, folder: Path) -> DatasetFacts:
        """Read them after checking every file's checksum.

        Raises:
            InputError: if there is no dataset.
            DamagedFileError: if a file is missing, was altered, or does not fit the others.
            UnsupportedError: if it was written by a newer version.
        """
        recover(folder)
        if not (folder / _FACTS).is_file():
            raise InputError("no dataset here", file=folder, remedy="give a dataset that `dragoman train` prepared.")
        verified = VerifiedFolder.open(folder)
        facts, report = verified.json(_FACTS), verified.json("report.json")
        with verified.understanding(_FACTS):
            version = int(facts["format"])
            corpora = tuple(Corpus(**corpus) for corpus in facts.get("corpora", [{"name": "corpus", "weight": 1.0}]))
            files = tuple(str(file) for file in facts.get("files", [""]))
        if version > FORMAT:
            raise UnsupportedError(
                f"{folder} has dataset format {version}, and this version reads up to {FORMAT}",
                remedy="use the version of dragoman that wrote it, or prepare the data anew.",
            )
        with verified.understanding("report.json"):
            if not isinstance(report, dict):
                raise TypeError("no report on how the data were prepared")
        return cls(verified, corpora, files, report, hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest())

    def all(self) -> tuple[VerifiedFolder, tuple[Corpus, ...], tuple[str, ...], dict[str, Any], str]:
        """The attributes in their order."""
        return self.folder, self.corpora, self.files, self.report, self.fingerprint

    def weights_of(self, numbers: Int[np.ndarray, " n"]) -> Float[np.ndarray, " n"] | None:
        """How often each example is seen in one pass, by the number of its corpus; None if each is seen once."""
        weights = np.array([corpus.weight for corpus in self.corpora])
        return None if (weights == 1).all() else weights[numbers]


@dataclass(frozen=True, slots=True, repr=False)
class Dataset(DatasetFacts):
    """A dataset that was opened.

    Attributes:
        train: what is learnt from.
        validation: what chooses the best weights.
        test: what is measured on at the end; None if there is none.
        source: text to ids of the source.
        target: of the target.
    """

    train: Examples
    validation: Examples
    test: Examples | None
    source: Codec
    target: Codec

    @classmethod
    def open(cls, folder: Path) -> Dataset:
        """Open a dataset after checking every file's checksum.

        Raises:
            InputError: if there is none.
            DamagedFileError: if a file is missing, was altered, or does not fit the others.
            UnsupportedError: if it was written by a newer version.
        """
        facts = DatasetFacts.read(folder)
        source, target = load_codecs(facts.folder)

        def split(name: str) -> Examples:
            table = open_split(facts.folder, name, source, target, corpora=len(facts.corpora), files=len(facts.files))
            return Examples(table)

        test = split("test") if facts.folder.holds("test.arrow") else None
        return cls(*facts.all(), split("train"), split("validation"), test, source, target)

    @property
    def training_weights(self) -> Float[np.ndarray, " n"] | None:
        """How often each training example is seen in one pass; None if each is seen once."""
        return self.weights_of(self.train.corpora)


def _packed(values: Int[np.ndarray, " N"], lengths: Int[np.ndarray, " B"]) -> Packed:
    return Packed(torch.from_numpy(values), Layout.of(torch.from_numpy(lengths)))
