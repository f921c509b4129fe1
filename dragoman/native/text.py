"""Kernels that prepare text: they look at every character of many lines at once.

Each function is defined in Python in :mod:`dragoman.text` or :mod:`dragoman.data`, which is used where the library was
not built, and for each line that the library leaves to Python.
"""

from __future__ import annotations

import ctypes
import itertools
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int, Int32, Int64, UInt8, UInt16, UInt64

from dragoman.native.library import load, present
from dragoman.native.lines import Lines

TRIGRAM_SLOTS = 1 << 18
FOLD_WIDTH = 3
_THREADS = os.cpu_count() or 1


class _Characters(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_void_p), ("casefold", ctypes.c_void_p), ("match", ctypes.c_void_p))


class _Limits(ctypes.Structure):
    _fields_ = (
        ("max_characters", ctypes.c_int64),
        ("max_word_characters", ctypes.c_int64),
        ("max_ratio", ctypes.c_double),
        ("source_space", ctypes.c_int32),
        ("target_space", ctypes.c_int32),
        ("judges_copies", ctypes.c_int32),
    )


def available() -> bool:
    """Whether the library can be used."""
    return load("text") is not None


@dataclass(frozen=True, slots=True)
class CharacterTables:
    """Tables of all characters of the Basic Multilingual Plane; :mod:`dragoman.text.characters` makes them.

    Attributes:
        flags: properties of each character, which ``text_characters.h`` names.
        casefold: each character after case folding, filled up with zeros.
        match: each character in a match key, filled up with zeros.
    """

    flags: UInt16[np.ndarray, " 65536"]
    casefold: UInt16[np.ndarray, "65536 3"]
    match: UInt16[np.ndarray, "65536 3"]

    def _pointer(self) -> Any:
        return ctypes.byref(_Characters(*(array.ctypes.data for array in (self.flags, self.casefold, self.match))))


def _library() -> ctypes.CDLL:
    return present(load("text"))


@dataclass(frozen=True, slots=True)
class ScreenLimits:
    """Limits of the rules on single pairs; see :class:`~dragoman.recipe.data.CleaningRecipe`."""

    max_characters: int
    max_word_characters: int
    max_ratio: float
    source_space: int
    target_space: int
    copies: bool


def screen(
    tables: CharacterTables,
    limits: ScreenLimits,
    sources: Lines,
    targets: Lines,
    foreign: tuple[UInt8[np.ndarray, " 65536"], UInt8[np.ndarray, " 65536"]],
    triggers: UInt8[np.ndarray, " 128"],
) -> Bool[np.ndarray, " n"]:
    """Which pairs certainly break none of the rules on single pairs, and are already normalised.

    Args:
        tables: tables of the characters that the chosen Unicode form leaves unchanged.
        limits: limits of the rules.
        sources: source texts of the pairs.
        targets: target texts of the pairs.
        foreign: for source and target, 1 for each letter of a script that its language does not use.
        triggers: for each ASCII character, 1 if a placeholder may stand there, 2 if one may where the character ends
            ``://`` or ``www.``.
    """
    passes = np.zeros(len(sources), dtype=np.uint8)
    bounds = _Limits(
        limits.max_characters,
        limits.max_word_characters,
        limits.max_ratio,
        limits.source_space,
        limits.target_space,
        limits.copies,
    )
    _library().dragoman_screen(
        tables._pointer(),
        ctypes.byref(bounds),
        sources.pointer(),
        targets.pointer(),
        *(ctypes.c_void_p(table.ctypes.data) for table in (*foreign, triggers)),
        ctypes.c_int64(len(sources)),
        ctypes.c_void_p(passes.ctypes.data),
        _THREADS,
    )
    return passes.astype(bool)


def match_hashes(tables: CharacterTables, lines: Lines) -> UInt64[np.ndarray, " n"]:
    """The hash of each text's match key; 0 where Python has to compute it."""
    found = np.zeros(len(lines), dtype=np.uint64)
    rows, pointer = ctypes.c_int64(len(lines)), ctypes.c_void_p(found.ctypes.data)
    _library().dragoman_match_hashes(tables._pointer(), lines.pointer(), rows, pointer, _THREADS)
    return found


def pair_hashes(
    tables: CharacterTables, sources: Lines, targets: Lines
) -> tuple[UInt64[np.ndarray, " n"], UInt64[np.ndarray, " n"]]:
    """The hash of each pair, and the hash of its words alone, which is 0 where Python has to compute it."""
    exact, words = (np.zeros(len(sources), dtype=np.uint64) for _ in range(2))
    _library().dragoman_pair_hashes(
        tables._pointer(),
        sources.pointer(),
        targets.pointer(),
        ctypes.c_int64(len(sources)),
        ctypes.c_void_p(exact.ctypes.data),
        ctypes.c_void_p(words.ctypes.data),
        _THREADS,
    )
    return exact, words


def white_space(*, collapse: bool, no_break: bool) -> int:
    """The library's number for the treatment of white space."""
    return 0 if not collapse else 2 if no_break else 1


def collapse(tables: CharacterTables, lines: Lines, white_space: int) -> tuple[Lines, UInt8[np.ndarray, " n"]]:
    """Texts in which, depending on ``white_space``, every run of white space is one space and both ends are stripped.

    Args:
        tables: tables of the characters that the chosen Unicode form leaves unchanged.
        lines: the texts.
        white_space: treatment of white space, from :func:`white_space`.

    Returns:
        The texts, and a number for each: 0 if it is unchanged, 1 if it changed, 2 if Python has to normalise it.
    """
    content = np.empty(int(lines.sizes.sum()), dtype=np.uint8)
    offsets = np.zeros(len(lines) + 1, dtype=np.int64)
    states = np.zeros(len(lines), dtype=np.uint8)
    rows = ctypes.c_int64(len(lines))
    pointers = (ctypes.c_void_p(array.ctypes.data) for array in (content, offsets, states))
    _library().dragoman_collapse(tables._pointer(), lines.pointer(), rows, white_space, *pointers)
    return Lines(content, offsets, 0), states


def may_hold_placeholders(lines: Lines, triggers: UInt8[np.ndarray, " 128"]) -> Bool[np.ndarray, " n"]:
    """Whether each text may contain a placeholder, by the ``triggers`` of :func:`screen`."""
    found = np.zeros(len(lines), dtype=np.uint8)
    rows, pointer = ctypes.c_int64(len(lines)), ctypes.c_void_p(found.ctypes.data)
    _library().dragoman_may_hold_placeholders(lines.pointer(), rows, ctypes.c_void_p(triggers.ctypes.data), pointer)
    return found.astype(bool)


def count_trigrams(lines: Lines, chosen: Bool[np.ndarray, " n"]) -> Int64[np.ndarray, " 262144"]:
    """The number of occurrences of each slot's trigrams in the chosen texts."""
    counts = np.zeros(TRIGRAM_SLOTS, dtype=np.int64)
    mask = chosen.astype(np.uint8)
    pointers = (ctypes.c_void_p(mask.ctypes.data), ctypes.c_int64(len(lines)), ctypes.c_void_p(counts.ctypes.data))
    _library().dragoman_count_trigrams(lines.pointer(), *pointers)
    return counts


def weigh_trigrams(lines: Lines, weights: Float32[np.ndarray, " 262144"]) -> Float32[np.ndarray, " n"]:
    """The sum of the weights of each text's trigrams."""
    sums = np.zeros(len(lines), dtype=np.float32)
    pointers = (ctypes.c_void_p(weights.ctypes.data), ctypes.c_void_p(sums.ctypes.data))
    _library().dragoman_weigh_trigrams(lines.pointer(), ctypes.c_int64(len(lines)), *pointers, _THREADS)
    return sums


class Cutter:
    """Cuts texts into the parts across whose boundaries a tokenizer never merges, and numbers each different part.

    Args:
        tables: tables of characters.
        single_digits: whether each digit is a part by itself.
    """

    def __init__(self, tables: CharacterTables, *, single_digits: bool) -> None:
        self._tables = tables
        self._single_digits = single_digits
        self._native = _library()
        for name in ("new", "bytes", "ends", "numbers"):
            getattr(self._native, f"dragoman_cutter_{name}").restype = ctypes.c_void_p
        for name in ("words", "cut"):
            getattr(self._native, f"dragoman_cutter_{name}").restype = ctypes.c_int64
        self._handle = ctypes.c_void_p(self._native.dragoman_cutter_new())

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self._native.dragoman_cutter_free(self._handle)

    def __len__(self) -> int:
        return int(self._native.dragoman_cutter_words(self._handle))

    def number(self, word: str) -> int:
        """The number of a part."""
        content = word.encode("utf-8")
        return int(self._native.dragoman_cutter_add(self._handle, content, ctypes.c_int64(len(content))))

    def words(self, first: int = 0) -> list[str]:
        """The parts from number ``first`` on."""
        count = len(self) - first
        if not count:
            return []
        ends = _copied(self._native.dragoman_cutter_ends(self._handle), first + count + 1, ctypes.c_int64)[first:]
        address = self._native.dragoman_cutter_bytes(self._handle) + int(ends[0])
        content = ctypes.string_at(address, int(ends[-1] - ends[0]))
        bounds = (ends - ends[0]).tolist()
        return [content[begin:end].decode("utf-8") for begin, end in itertools.pairwise(bounds)]

    def cut(self, lines: Lines) -> tuple[Int32[np.ndarray, " m"], Int64[np.ndarray, " n"]]:
        """The numbers of all texts' parts, and how many parts each text has: −1, and no parts, where Python has to cut
        it."""
        counts = np.zeros(len(lines), dtype=np.int64)
        size = self._native.dragoman_cutter_cut(
            self._handle,
            self._tables._pointer(),
            int(self._single_digits),
            lines.pointer(),
            ctypes.c_int64(len(lines)),
            ctypes.c_void_p(counts.ctypes.data),
        )
        return _copied(self._native.dragoman_cutter_numbers(self._handle), size, ctypes.c_int32), counts


def _copied(address: int | None, size: int, kind: type[ctypes.c_int32 | ctypes.c_int64]) -> Int[np.ndarray, " m"]:
    if not size or address is None:
        return np.zeros(0, dtype=kind)
    return np.ctypeslib.as_array(ctypes.cast(address, ctypes.POINTER(kind)), (size,)).copy()


def learn_bpe(
    symbols: Int32[np.ndarray, " s"],
    ends: Int64[np.ndarray, " w1"],
    counts: Int64[np.ndarray, " w"],
    alphabet: Int32[np.ndarray, " a"],
    *,
    first_id: int,
    room: int,
    min_count: int,
) -> Int32[np.ndarray, "m 3"]:
    """The merges of byte-pair encoding, the most frequent pair first: left, right and the symbol they become.

    Args:
        symbols: ids of the characters of all words, end to end.
        ends: index of each word's first character, and the end of the last word.
        counts: number of occurrences of each word.
        alphabet: code points of the characters, in the order of their ids.
        first_id: id of the first character of the alphabet.
        room: the most new symbols.
        min_count: the fewest occurrences of a pair that is merged.
    """
    native = _library()
    native.dragoman_learn_bpe.restype = ctypes.c_int64
    most = max(2 * room, 0) + 1
    merges = np.zeros((most, 3), dtype=np.int32)
    done = native.dragoman_learn_bpe(
        *(ctypes.c_void_p(array.ctypes.data) for array in (symbols, ends, counts)),
        ctypes.c_int64(len(counts)),
        ctypes.c_void_p(alphabet.ctypes.data),
        ctypes.c_int64(len(alphabet)),
        ctypes.c_int32(first_id),
        ctypes.c_int64(room),
        ctypes.c_int64(min_count),
        ctypes.c_void_p(merges.ctypes.data),
        ctypes.c_int64(most),
    )
    return merges[:done]
