"""How far a log was read, and whether what stands there still is that log."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

from dragoman.storage.json import JsonObject

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a log, behind a whole row.

    Attributes:
        offset: bytes before it, decompressed; of Parquet rows.
        line: lines before it.
        before: digest of what stands right before it, by which another file of the same name is told; empty at the
            beginning.
    """

    offset: int = 0
    line: int = 0
    before: str = ""

    def to_dict(self) -> JsonObject:
        """The position for JSON."""
        return asdict(self)


START = Position()


def digest(data: bytes) -> str:
    """A digest for :attr:`Position.before`; empty if there is nothing."""
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest() if data else ""
