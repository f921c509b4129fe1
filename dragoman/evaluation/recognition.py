"""How close read text is to what stands there: edits of characters and of words, for each 100 of the reference.

Characters are the code points of the text in Unicode's composed form (NFC): an accent is one with its letter wherever
Unicode has a code point for both, and other combined characters count as several. Words are what stands between white
space. White space at both ends of a line is no part of it.
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
    """A line as it is compared: composed, without white space at both ends."""
    return unicodedata.normalize("NFC", line).strip()


def recognition_statistics(outputs: Sequence[str], references: Sequence[str]) -> list[SentenceStatistics]:
    """The counts behind the character error rate and the word error rate, in this order.

    Per line: edits, and characters or words of the reference (K = 2). Rates are in percent, and can pass 100.

    Raises:
        InputError: if the counts differ or there is no line.
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
