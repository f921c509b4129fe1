"""Subword regularisation: a random segmentation of the same text each time, so that a model learns how words are
composed."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dragoman.text.tokenizer import SPECIAL_NAMES, Tokenizer
from dragoman.text.tokenizers.pretokenization import cutter
from dragoman.text.vocabulary import BYTE_SYMBOLS

_LONGEST_PIECE = 16
_MOST_WORDS = 200_000

Segment = Callable[[str, random.Random], list[str]]


class SubwordSampler:
    """Encodes texts with a random segmentation of each word.

    For each different word some segmentations are drawn, each when it is first chosen, by a generator that is seeded by
    the word, its number and the seed; a call only chooses among them. So it is fast from the first batch on, and the
    result depends on the call's generator alone, not on what was encoded before.

    Args:
        tokenizer: tokenizer whose symbols are used.
        segment: function that draws the pieces of a word.
        variants: number of segmentations drawn for each word.
        seed: seed of the draws.

    >>> tokenizer = Tokenizer.train(["low lower lowest"] * 3, vocabulary_size=300)
    >>> sampler = SubwordSampler.bpe_dropout(tokenizer, rate=0.5)
    >>> ids = sampler.encode_batch(["low lower"], np.random.default_rng(1))
    >>> tokenizer.decode_batch(ids)
    ['low lower']
    """

    def __init__(self, tokenizer: Tokenizer, segment: Segment, *, variants: int, seed: int) -> None:
        self._ids = tokenizer.vocabulary.ids
        self._cut = cutter(tokenizer.content["pre_tokenizer"]["pattern"]["Regex"])
        self._segment = segment
        self._variants = variants
        self._seed = seed
        self._known: dict[str, dict[int, list[int]]] = {}

    @classmethod
    def bpe_dropout(cls, tokenizer: Tokenizer, *, rate: float, variants: int = 32, seed: int = 0) -> SubwordSampler:
        """BPE-dropout (Provilkov et al. 2020): each possible merge is left out with probability ``rate`` at each step.

        Raises:
            ValueError: if the tokenizer has no merges to leave out.
        """
        if tokenizer.kind != "bpe":
            raise ValueError(f"BPE-dropout needs a tokenizer with merges, and this one is of {tokenizer.kind}")
        ranks = {tuple(pair): rank for rank, pair in enumerate(tokenizer.content["model"]["merges"])}
        return cls(tokenizer, lambda word, draw: _merged(word, ranks, rate, draw), variants=variants, seed=seed)

    @classmethod
    def unigram(cls, tokenizer: Tokenizer, *, alpha: float, variants: int = 32, seed: int = 0) -> SubwordSampler:
        """Unigram sampling (Kudo 2018): a segmentation of probability P is drawn in proportion to P^α.

        Raises:
            ValueError: if the tokenizer is not a unigram model.
        """
        if tokenizer.kind != "unigram":
            raise ValueError(f"unigram sampling needs a unigram tokenizer, and this one is of {tokenizer.kind}")
        vocabulary: list[Any] = tokenizer.content["model"]["vocab"]
        special = len(SPECIAL_NAMES) + len(BYTE_SYMBOLS)
        weights = {piece: math.exp(alpha * score) for piece, score in vocabulary[special:]}
        return cls(tokenizer, lambda word, draw: _sampled(word, weights, draw), variants=variants, seed=seed)

    def encode_batch(self, texts: Sequence[str], generator: np.random.Generator) -> list[list[int]]:
        """The ids of each text, without start and end symbol; none for the empty text."""
        words = [self._cut.findall(" " + text) if text else [] for text in texts]
        chosen = iter(generator.integers(0, self._variants, sum(map(len, words))).tolist())
        return [
            list(itertools.chain.from_iterable(self._variant_of(word, next(chosen)) for word in row)) for row in words
        ]

    def _variant_of(self, word: str, number: int) -> list[int]:
        variants = self._known.get(word)
        if variants is None:
            if len(self._known) >= _MOST_WORDS:
                self._known.clear()
            variants = self._known[word] = {}
        found = variants.get(number)
        if found is None:
            draw = random.Random(f"{self._seed} {number} {word}")
            found = variants[number] = self._ids_of(self._segment(word, draw))
        return found

    def _ids_of(self, pieces: Sequence[str]) -> list[int]:
        ids: list[int] = []
        for piece in pieces:
            known = self._ids.get(piece)
            if known is not None:
                ids.append(known)
            else:
                ids += [self._ids[BYTE_SYMBOLS[byte]] for byte in piece.encode("utf-8")]
        return ids


def _merged(word: str, ranks: dict[tuple[str, ...], int], rate: float, draw: random.Random) -> list[str]:
    symbols = list(word)
    unmerged = len(ranks)
    # The rank of each symbol with the next one; a merge changes two of them at most.
    following = [ranks.get(pair, unmerged) for pair in itertools.pairwise(symbols)]
    while True:
        lowest, chosen = unmerged, 0
        for place, rank in enumerate(following):
            # Whether a merge is left out matters, and is drawn, only where it would come before the best so far.
            if rank < lowest and draw.random() >= rate:
                lowest, chosen = rank, place
        if lowest == unmerged:
            return symbols
        symbols[chosen : chosen + 2] = [symbols[chosen] + symbols[chosen + 1]]
        del following[chosen]
        for place in (chosen - 1, chosen):
            if 0 <= place < len(following):
                following[place] = ranks.get((symbols[place], symbols[place + 1]), unmerged)


def _sampled(word: str, weights: dict[str, float], draw: random.Random) -> list[str]:
    """Forward filtering, backward sampling over the lattice of pieces; unknown characters are single pieces."""
    size = len(word)
    lowest = min(weights.values())
    forward = [1.0] + [0.0] * size
    edges: list[list[tuple[int, float]]] = [[] for _ in range(size + 1)]
    for end in range(1, size + 1):
        for begin in range(max(0, end - _LONGEST_PIECE), end):
            weight = weights.get(word[begin:end], lowest if end - begin == 1 else None)
            if weight is not None:
                edges[end].append((begin, forward[begin] * weight))
        forward[end] = sum(weight for _, weight in edges[end])
        # Only proportions matter; scaling keeps long words from running out of numbers.
        if forward[end] < 1e-200:
            forward = [value * 1e200 for value in forward]
            edges = [[(begin, weight * 1e200) for begin, weight in row] for row in edges]
    pieces, end = [], size
    while end:
        begins, shares = zip(*edges[end], strict=True)
        begin = draw.choices(begins, shares)[0]
        pieces.append(word[begin:end])
        end = begin
    return pieces[::-1]
