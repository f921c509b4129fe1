"""Keys under which sentences and pairs count as the same, as hashes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import regex
from jaxtyping import UInt64

from dragoman.data.seen import hashes
from dragoman.native import text as native
from dragoman.native.lines import Lines
from dragoman.text.characters import character_tables
from dragoman.text.normalization import match_key

_WORD = regex.compile(r"[\p{L}\p{M}]+|\p{N}+(?:[.,:/]\p{N}+)*|[\p{S}?？؟]|[-−](?=\p{N})|%")


def match_hashes(sources: Sequence[str]) -> UInt64[np.ndarray, " n"]:
    """64 bits for each source; equal for sources that count as the same (:func:`~dragoman.text.match_key`)."""
    if not native.available():
        return hashes(map(match_key, sources))
    found = native.match_hashes(character_tables("NFC"), Lines.of(sources))
    return _with_the_rest(found, lambda rows: hashes(match_key(sources[row]) for row in rows))


def pair_hashes(
    sources: Sequence[str], targets: Sequence[str]
) -> tuple[UInt64[np.ndarray, " n"], UInt64[np.ndarray, " n"]]:
    """64 bits for each pair, and 64 for what it says without case, white space and punctuation."""

    if not native.available():
        pairs = list(zip(sources, targets, strict=True))
        exact = hashes(f"{source}\0{target}" for source, target in pairs)
        return exact, hashes(f"{words(source)}\0{words(target)}" for source, target in pairs)
    exact, found = native.pair_hashes(character_tables("NFC"), Lines.of(sources), Lines.of(targets))
    return exact, _with_the_rest(
        found, lambda rows: hashes(f"{words(sources[row])}\0{words(targets[row])}" for row in rows)
    )


def words(text: str) -> str:
    """What is left of a text without case, white space and punctuation; numbers, signs and question marks stay."""
    return " ".join(_WORD.findall(text.casefold()))


def _with_the_rest(
    found: UInt64[np.ndarray, " n"], hash_of: Callable[[list[int]], UInt64[np.ndarray, " r"]]
) -> UInt64[np.ndarray, " n"]:
    """Hashes with those that are still 0."""
    rest = np.flatnonzero(found == 0)
    if len(rest):
        found[rest] = hash_of(rest.tolist())
    return found
