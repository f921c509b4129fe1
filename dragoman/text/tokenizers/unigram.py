"""Unigram language model over subwords (Kudo 2018, *Subword Regularization*).

The library's own trainer sums in an order that changes between runs, so the same corpus need not give the same pieces.
This one visits words and pieces in a fixed order.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import tokenizers
from tokenizers import models

from dragoman.text.tokenizers.pretokenization import cutter, pattern, pre_tokenizer

_LONGEST_PIECE = 16
_LONGEST_WORD = 48
_MOST_WORDS = 200_000
_SEEDS_PER_PIECE = 8
_KEPT_SHARE = 0.75
_ITERATIONS = 2
_LEAST_EXPECTED = 0.5
_RARE = 10.0

Words = Sequence[tuple[str, int]]


def train_unigram(
    texts: Iterable[str], fixed: Sequence[str], alphabet: Sequence[str], size: int, min_count: int, single_digits: bool
) -> tokenizers.Tokenizer:
    """Train a unigram model by expectation maximisation; see :func:`train_bpe` for the arguments. Of very many
    different words only the 200,000 most frequent are used."""
    expression = pattern(single_digits=single_digits)
    words = _words(texts, expression, frozenset(alphabet))
    room = size - len(fixed) - len(alphabet)
    pieces = _seeds(words, alphabet, room * _SEEDS_PER_PIECE, min_count)
    while True:
        for _ in range(_ITERATIONS):
            pieces = _maximized(_expected_counts(words, pieces), alphabet)
        longer = [piece for piece in pieces if len(piece) > 1]
        if len(longer) <= room:
            break
        pieces = _pruned(pieces, longer, max(room, int(len(longer) * _KEPT_SHARE)), _expected_counts(words, pieces))
    lowest = min(pieces.values(), default=1.0)
    scores = {piece: math.log(probability) for piece, probability in pieces.items()}
    rare = math.log(lowest) - _RARE
    longer = sorted((piece for piece in pieces if len(piece) > 1), key=lambda piece: (-scores[piece], piece))
    symbols = [*fixed, *alphabet, *longer]
    model = models.Unigram([(symbol, scores.get(symbol, rare)) for symbol in symbols], unk_id=1, byte_fallback=True)
    backend = tokenizers.Tokenizer(model)
    backend.pre_tokenizer = pre_tokenizer(expression)
    return backend


def _words(texts: Iterable[str], expression: str, alphabet: frozenset[str]) -> Words:
    """The parts of the texts that the alphabet can spell, with their counts; overlong parts are cut."""
    cut = cutter(expression)
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(cut.findall(text))
    spelt: Counter[str] = Counter()
    for word, count in counts.items():
        if alphabet.issuperset(word):
            for begin in range(0, len(word), _LONGEST_WORD):
                spelt[word[begin : begin + _LONGEST_WORD]] += count
    return sorted(spelt.items(), key=lambda item: (-item[1], item[0]))[:_MOST_WORDS]


def _seeds(words: Words, alphabet: Sequence[str], most: int, min_count: int) -> dict[str, float]:
    """The initial pieces: the alphabet and the substrings that cover most text, with probabilities from their
    counts."""
    singles: Counter[str] = Counter(dict.fromkeys(alphabet, 1))
    longer: Counter[str] = Counter()
    for word, count in words:
        for begin in range(len(word)):
            singles[word[begin]] += count
            for end in range(begin + 2, min(begin + _LONGEST_PIECE, len(word)) + 1):
                longer[word[begin:end]] += count
    ranked = sorted(
        (item for item in longer.items() if item[1] >= min_count), key=lambda item: (-item[1] * len(item[0]), item[0])
    )
    counts = {**{piece: float(count) for piece, count in singles.items()}, **dict(ranked[: max(most, 0)])}
    total = sum(counts.values())
    return {piece: count / total for piece, count in counts.items()}


def _expected_counts(words: Words, pieces: Mapping[str, float]) -> dict[str, float]:
    """The expected count of each piece over all segmentations of the words (the E step).

    Forward and backward probabilities over the lattice of each word; words are short enough for plain numbers.
    """
    counts = dict.fromkeys(pieces, 0.0)
    for word, count in words:
        size = len(word)
        edges = [
            (begin, end, piece, probability)
            for begin in range(size)
            for end in range(begin + 1, min(begin + _LONGEST_PIECE, size) + 1)
            if (probability := pieces.get(piece := word[begin:end])) is not None
        ]
        forward = [1.0] + [0.0] * size
        for begin, end, _, probability in edges:
            forward[end] += forward[begin] * probability
        backward = [0.0] * size + [1.0]
        for begin, end, _, probability in reversed(edges):
            backward[begin] += backward[end] * probability
        scale = count / forward[size]
        for begin, end, piece, probability in edges:
            counts[piece] += scale * forward[begin] * probability * backward[end]
    return counts


def _maximized(counts: Mapping[str, float], alphabet: Sequence[str]) -> dict[str, float]:
    """Probabilities proportional to the counts (the M step); rare pieces are dropped, the alphabet stays."""
    singles = frozenset(alphabet)
    kept = {
        piece: max(count, _LEAST_EXPECTED)
        for piece, count in counts.items()
        if count >= _LEAST_EXPECTED or piece in singles
    }
    total = sum(kept.values())
    return {piece: count / total for piece, count in kept.items()}


def _pruned(
    pieces: Mapping[str, float], longer: Sequence[str], keep: int, counts: Mapping[str, float]
) -> dict[str, float]:
    """Drop the pieces whose loss costs the least likelihood, if they are spelt by the best of the others."""
    losses = {piece: counts[piece] * (math.log(pieces[piece]) - _best_without(piece, pieces)) for piece in longer}
    kept = frozenset(sorted(longer, key=lambda piece: (-losses[piece], piece))[:keep])
    return {piece: probability for piece, probability in pieces.items() if len(piece) == 1 or piece in kept}


def _best_without(word: str, pieces: Mapping[str, float]) -> float:
    """Log-probability of the best segmentation of ``word`` into two or more pieces (Viterbi)."""
    size = len(word)
    best = [0.0] + [-math.inf] * size
    for end in range(1, size + 1):
        for begin in range(max(0, end - _LONGEST_PIECE), end):
            probability = pieces.get(word[begin:end])
            if probability is not None and end - begin < size:
                best[end] = max(best[end], best[begin] + math.log(probability))
    return best[size]
