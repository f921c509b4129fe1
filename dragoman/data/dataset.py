"""A dataset on disk: the splits as ids and text, the tokenizers, and the report of how it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Int

from dragoman.contracts import Batch, Layout, Packed
from dragoman.data.arrow import EncodedPair, RaggedColumn, write_pairs
from dragoman.errors import InputError, UnsupportedError
from dragoman.storage.folder import new_folder, recover
from dragoman.storage.manifest import MANIFEST, verify
from dragoman.text.tokenizer import Tokenizer
from dragoman.text.tokenizer_files import load_tokenizers, save_tokenizers

FORMAT = 1


class DatasetWriter:
    """Writes a dataset; nothing exists at ``folder`` until the block ends without an error."""

    def __init__(self, folder: Path) -> None:
        self._context: AbstractContextManager[Path] = new_folder(folder)
        self._folder = folder

    def __enter__(self) -> DatasetWriter:
        self._folder = self._context.__enter__()
        (self._folder / "dataset.json").write_text(json.dumps({"format": FORMAT}) + "\n", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._context.__exit__(kind, error, trace)

    def write_split(self, name: str, rows: Iterable[EncodedPair]) -> int:
        """Write ``train``, ``validation`` or ``test`` as it comes; the number of rows."""
        return write_pairs(self._folder / f"{name}.arrow", rows)

    def write_tokenizers(self, source: Tokenizer, target: Tokenizer) -> None:
        """Of both languages; the same object twice if shared."""
        save_tokenizers(self._folder, source, target)

    def write_report(self, report: dict[str, object]) -> None:
        """How the dataset was made: what was read, dropped and changed."""
        text = json.dumps(report, indent=2, ensure_ascii=False)
        (self._folder / "report.json").write_text(text + "\n", encoding="utf-8")


class Examples:
    """One split. Only the lengths are held in memory; ids and texts stay on disk until asked for.

    Args:
        path: its Arrow file.
    """

    def __init__(self, path: Path) -> None:
        self._table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        self._source = RaggedColumn(self._table.column("source_ids"))
        self._target = RaggedColumn(self._table.column("target_ids"))

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

    def source_texts(self, indices: Int[np.ndarray, " B"] | None = None) -> list[str]:
        """The source of these examples, or of all."""
        return self._texts("source_text", indices)

    def target_texts(self, indices: Int[np.ndarray, " B"] | None = None) -> list[str]:
        """The target of these examples, or of all."""
        return self._texts("target_text", indices)

    def _texts(self, name: str, indices: Int[np.ndarray, " B"] | None) -> list[str]:
        column = self._table.column(name)
        return (column if indices is None else column.take(pa.array(indices))).to_pylist()


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset that was opened.

    Attributes:
        train: what is learnt from.
        validation: what chooses the best weights.
        test: what is measured on at the end; None if there is none.
        source_tokenizer: text to ids of the source.
        target_tokenizer: of the target; the same object if shared.
        report: how the dataset was made.
        fingerprint: SHA-256 of the manifest: two datasets with the same one are the same.
    """

    train: Examples
    validation: Examples
    test: Examples | None
    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer
    report: dict[str, Any]
    fingerprint: str

    @classmethod
    def open(cls, folder: Path) -> Dataset:
        """Open a dataset after checking every file's checksum.

        Raises:
            InputError: if there is none.
            DamagedFileError: if a file is missing or was altered.
            UnsupportedError: if it was written by a newer version.
        """
        recover(folder)
        if not (folder / "dataset.json").is_file():
            raise InputError("no dataset here", file=folder, remedy="give a dataset that `dragoman train` prepared.")
        verify(folder)
        version = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))["format"]
        if version > FORMAT:
            raise UnsupportedError(
                f"{folder} has dataset format {version}, and this version reads up to {FORMAT}",
                remedy="use the version of dragoman that wrote it, or prepare the data anew.",
            )
        source, target = load_tokenizers(folder)
        test = folder / "test.arrow"
        return cls(
            Examples(folder / "train.arrow"),
            Examples(folder / "validation.arrow"),
            Examples(test) if test.exists() else None,
            source,
            target,
            json.loads((folder / "report.json").read_text(encoding="utf-8")),
            hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest(),
        )


def _packed(values: Int[np.ndarray, " N"], lengths: Int[np.ndarray, " B"]) -> Packed:
    return Packed(torch.from_numpy(values), Layout.of(torch.from_numpy(lengths)))
