"""Some thousand entries of a corpus, column by column."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Int, Int64

from dragoman.data.pair import Entry, Pair, Skip
from dragoman.native.lines import Lines

CHUNK = 10_000
"""Pairs that are read, cleaned, set down and encoded together."""


@dataclass(frozen=True, slots=True)
class PairChunk:
    """Entries that follow one another; goes through them as they are one by one.

    Attributes:
        sources: the source of each.
        targets: the target of each.
        names: files.
        files: the place in ``names`` of each one's file.
        lines: its line there.
        skips: why an entry is no pair, by its row.
    """

    sources: Lines
    targets: Lines
    names: Sequence[str]
    files: Int64[np.ndarray, " n"]
    lines: Int64[np.ndarray, " n"]
    skips: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> PairChunk:
        """From entries one by one."""
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
    def of_file(cls, sources: Lines, targets: Lines, file: str, first: int) -> PairChunk:
        """Lines of a file, from line ``first`` on."""
        count = len(sources)
        return cls(sources, targets, [file], np.zeros(count, dtype=np.int64), np.arange(first, first + count))

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[Entry]:
        places = zip(self.files.tolist(), self.lines.tolist(), strict=True)
        rows = enumerate(zip(self.sources, self.targets, places, strict=True))
        for row, (source, target, (file, line)) in rows:
            entry = (source, target, self.names[file], line)
            yield Skip(self.skips[row], *entry) if row in self.skips else Pair(*entry)

    def pair(self, row: int) -> Pair:
        """The texts of an entry, and their place."""
        return Pair(self.sources[row], self.targets[row], self.names[self.files[row]], int(self.lines[row]))

    @property
    def is_pair(self) -> Bool[np.ndarray, " n"]:
        """Which entries are pairs."""
        pairs = np.ones(len(self), dtype=bool)
        pairs[list(self.skips)] = False
        return pairs

    def select(self, rows: Int[np.ndarray, " r"]) -> PairChunk:
        """Some pairs, in the order given."""
        sides = (self.sources.select(rows), self.targets.select(rows))
        return PairChunk(*sides, self.names, self.files[rows], self.lines[rows])


def chunked(entries: Iterable[Entry]) -> Iterator[PairChunk]:
    """Entries in chunks of :data:`CHUNK`; the last may be shorter."""
    remaining = iter(entries)
    while part := list(itertools.islice(remaining, CHUNK)):
        yield PairChunk.of(part)
