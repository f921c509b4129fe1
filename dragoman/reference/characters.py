"""What kinds of characters texts consist of."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float64

from dragoman.reference.features import Features
from dragoman.text.rules.script import foreign_letters

_SHARES: dict[str, Callable[[str], bool]] = {
    "share of capitals": lambda category: category in ("Lu", "Lt"),
    "share of digits": lambda category: category == "Nd",
    "share of punctuation": lambda category: category[0] == "P",
    "share of symbols and emoji": lambda category: category[0] == "S",
}
"""By name, which of Unicode's general categories are counted."""
FOREIGN = "share of letters of another script"


def shares_of_characters(texts: Sequence[str], language: str) -> Features:
    """The share of all characters of each text that is of each kind; 0 of an empty text.

    >>> found = shares_of_characters(["Ab 12!", ""], "en")
    >>> {name: values.round(2).tolist() for name, values in found.items()}["share of digits"]
    [0.33, 0.0]

    Args:
        texts: the texts.
        language: code of the language that they should be of. Where its script is not known, no letter is foreign.
    """
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    rows = np.repeat(np.arange(len(texts)), lengths)
    # There are few different characters, and each is looked at once.
    different, places = np.unique(codes, return_inverse=True)
    characters = [chr(code) for code in different.tolist()]
    categories = [unicodedata.category(character) for character in characters]
    kinds = {name: [counts(category) for category in categories] for name, counts in _SHARES.items()}
    foreign = foreign_letters(language)
    kinds[FOREIGN] = [foreign is not None and foreign.match(character) is not None for character in characters]

    def share(is_counted: list[bool]) -> Float64[np.ndarray, " n"]:
        weights: Float64[np.ndarray, " m"] = np.array(is_counted, dtype=np.float64)[places.reshape(-1)]
        return np.bincount(rows, weights=weights, minlength=len(texts)) / np.maximum(lengths, 1)

    return {name: share(is_counted) for name, is_counted in kinds.items()}
