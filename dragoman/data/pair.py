"""What a reader of corpora yields: sentence pairs, and entries that are no pair, each with its place."""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    """A sentence and its translation.

    Attributes:
        source: the sentence.
        target: its translation.
        file: the name of the file it came from; inside an archive ``archive!/member``.
        line: its line there, from 1; in a format without lines its row.
    """

    source: str
    target: str
    file: str
    line: int


class Skip(NamedTuple):
    """An entry that its file itself says is not to be used, such as a fuzzy or an untranslated one. It is counted.

    Attributes:
        reason: a word or two, the same for all of a kind: ``fuzzy``, ``untranslated``, ``obsolete``.
        source: its source, as far as there is one.
        target: its translation, as far as there is one.
        file: as in :class:`Pair`.
        line: as in :class:`Pair`.
    """

    reason: str
    source: str
    target: str
    file: str
    line: int


Entry = Pair | Skip
