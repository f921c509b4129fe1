"""Character error rate and word error rate: edits for each 100 characters or words of the reference.

Characters are the code points of the text in Unicode's composed form (NFC): an accented letter counts as one wherever
Unicode has a code point for it, and other combined characters count as several. Words are separated by white space.
White space at both ends of a line does not count.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from dragoman.evaluation.edit_distance import edit_distance
from dragoman.evaluation.pairs import checked_pairs
from dragoman.evaluation.sentence_statistics import SentenceStatistics


def comparable(line: str) -> str:
    """The line in composed form (NFC), without white space at both ends.

    >>> comparable(" cafe" + chr(0x301)) == "café"  # a combining accent
    True
    """
    return unicodedata.normalize("NFC", line).strip()


def recognition_statistics(outputs: Sequence[str], references: Sequence[str]) -> list[SentenceStatistics]:
    """The counts behind the character error rate and the word error rate, in this order.

    The counts of a line are its edits, and the characters or words of its reference (K = 2). Rates are in percent, and
    can exceed 100.

    >>> [round(rate.corpus_score(), 1) for rate in recognition_statistics(["a bat"], ["a cat"])]
    [20.0, 50.0]

    Raises:
        InputError: if the numbers of outputs and references differ, or there is none.
    """
    pairs = [
        (comparable(output), comparable(reference))
        for output, reference in zip(*checked_pairs(outputs, references), strict=True)
    ]
    characters = [(edit_distance(output, reference), len(reference)) for output, reference in pairs]
    words = [(output.split(), reference.split()) for output, reference in pairs]
    counted = [(edit_distance(output, reference), len(reference)) for output, reference in words]
    return [
        SentenceStatistics("CER", "", np.array(characters, dtype=np.float64), _rate),
        SentenceStatistics("WER", "", np.array(counted, dtype=np.float64), _rate),
    ]


def _rate(sums: Float[np.ndarray, " K"]) -> float:
    # Where all references are empty, each edit counts as if there were one character.
    return 100 * float(sums[0] / max(1.0, sums[1]))
