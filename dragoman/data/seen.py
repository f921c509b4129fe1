"""Which texts have been met, in 16 bytes of memory or less for each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, UInt64

_SMALLEST = 1 << 12
_LARGEST_LOAD = 0.6
_FREE = np.uint64(0)


def hashes(texts: Iterable[str]) -> UInt64[np.ndarray, " n"]:
    """64 bits of BLAKE2b for each text, the same on every machine; never 0. Two texts share one by chance only: among
    ten million the odds are about 1 in 400,000."""
    digests = b"".join(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    keys = np.frombuffer(digests, dtype="<u8").astype(np.uint64)
    return np.maximum(keys, np.uint64(1))


class SeenBefore:
    """A set of 64-bit keys as one array with open addressing; many are asked and added at once."""

    def __init__(self) -> None:
        self._slots = np.zeros(_SMALLEST, dtype=np.uint64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, keys: UInt64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Add keys in their order; true where a key was there already, or came before in ``keys``."""
        unique, first = np.unique(keys, return_index=True)
        while self._count + len(unique) > _LARGEST_LOAD * len(self._slots):
            self._grow()
        met = np.ones(len(keys), dtype=bool)
        met[first] = self._insert(unique)
        return met

    def _insert(self, keys: UInt64[np.ndarray, " u"]) -> Bool[np.ndarray, " u"]:
        """Insert different keys; true where one was there."""
        mask = np.uint64(len(self._slots) - 1)
        met = np.zeros(len(keys), dtype=bool)
        pending = np.arange(len(keys))
        places = keys & mask
        while len(pending):
            here = self._slots[places]
            met[pending[here == keys[pending]]] = True
            free = here == _FREE
            # Of several keys that want one free slot the last written stays; the others find it taken and go on.
            self._slots[places[free]] = keys[pending[free]]
            settled = self._slots[places] == keys[pending]
            pending, places = pending[~settled], (places[~settled] + np.uint64(1)) & mask
        self._count += len(keys) - int(met.sum())
        return met

    def _grow(self) -> None:
        keys = self._slots[self._slots != _FREE]
        self._slots = np.zeros(2 * len(self._slots), dtype=np.uint64)
        self._count = 0
        self._insert(keys)
