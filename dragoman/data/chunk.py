"""Some thousand examples of a corpus, column by column; and the sentence pairs that readers of text yield."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, Int64

from dragoman.data.cells import Cells, shown, values_of
from dragoman.data.drops import Drop
from dragoman.fields.place import Place
from dragoman.native.lines import Lines

CHUNK = 10_000
"""Examples that are read, cleaned, set down and encoded together."""


class Pair(NamedTuple):
    """A sentence and its translation.

    Attributes:
        source: the sentence.
        target: the translation.
        file: the name of the file it came from; inside an archive ``archive!/member``.
        line: the line there, from 1; in a format without lines the row.
    """

    source: str
    target: str
    file: str
    line: int


class Skip(NamedTuple):
    """An entry that its file itself says is not to be used, such as a fuzzy or an untranslated one. It is counted.

    Attributes:
        reason: a word or two, the same for all of a kind: ``fuzzy``, ``untranslated``, ``obsolete``.
        source: what there is of a source.
        target: what there is of a translation.
        file: the name of the file it came from, written as in :class:`Pair`.
        line: the line there, from 1; in a format without lines the row.
    """

    reason: str
    source: str
    target: str
    file: str
    line: int


Entry = Pair | Skip


@dataclass(frozen=True, slots=True)
class Chunk:
    """Examples that follow one another.

    Attributes:
        sources: the source of each.
        targets: the target of each.
        names: files.
        files: the place in ``names`` of each one's file.
        lines: the line of each in its file.
        skips: why an entry is no example, by its row.
    """

    sources: Cells
    targets: Cells
    names: Sequence[str]
    files: Int64[np.ndarray, " n"]
    lines: Int64[np.ndarray, " n"]
    skips: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Chunk:
        """Sentence pairs, and entries that are none, one by one."""
        names: dict[str, int] = {}
        files = [names.setdefault(entry.file, len(names)) for entry in entries]
        return cls(
            Lines.of([entry.source for entry in entries]),
            Lines.of([entry.target for entry in entries]),
            list(names),
            np.array(files, dtype=np.int64),
            np.array([entry.line for entry in entries], dtype=np.int64),
            {row: entry.reason for row, entry in enumerate(entries) if isinstance(entry, Skip)},
        )

    @classmethod
    def of_file(cls, sources: Cells, targets: Cells, file: str, first: int) -> Chunk:
        """Lines of a file, from line ``first`` on."""
        count = len(targets)
        return cls(sources, targets, [file], np.zeros(count, dtype=np.int64), np.arange(first, first + count))

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def places(self) -> list[Place]:
        """The file and the line of each."""
        return [(self.names[file], line) for file, line in zip(self.files.tolist(), self.lines.tolist(), strict=True)]

    @property
    def is_example(self) -> Bool[np.ndarray, " n"]:
        """Which entries are examples."""
        examples = np.ones(len(self), dtype=bool)
        examples[list(self.skips)] = False
        return examples

    def drop(self, row: int, rule: str) -> Drop:
        """What is told of an example that is left out."""
        place = self.names[self.files[row]], int(self.lines[row])
        return Drop(rule, shown(self.sources, row), shown(self.targets, row), *place)

    def select(self, rows: Int[np.ndarray, " r"]) -> Chunk:
        """Some examples, in the order given."""
        sides = (self.sources.select(rows), self.targets.select(rows))
        return Chunk(*sides, self.names, self.files[rows], self.lines[rows])

    def pairs(self) -> Iterator[Entry]:
        """Sentence pairs, and entries that are none, one by one."""
        rows = enumerate(zip(values_of(self.sources), values_of(self.targets), self.places, strict=True))
        for row, (source, target, (file, line)) in rows:
            entry = (source, target, str(file), line or 0)
            yield Skip(self.skips[row], *entry) if row in self.skips else Pair(*entry)


def chunked(entries: Iterable[Entry]) -> Iterator[Chunk]:
    """Entries in chunks of :data:`CHUNK`; the last may be shorter."""
    remaining = iter(entries)
    while part := list(itertools.islice(remaining, CHUNK)):
        yield Chunk.of(part)
