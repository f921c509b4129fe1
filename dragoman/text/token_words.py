"""Which words of a line as it was given the tokens of its normal form belong to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dragoman.text.placeholder_mask import Mask
from dragoman.text.vocabulary import BYTE_SYMBOLS

_SPACE = BYTE_SYMBOLS[ord(" ")]
_JOINT = "\0"


def token_words(symbols: Sequence[str]) -> list[int]:
    """The number of the word that each token belongs to, from 0.

    Words are what white space stands between. A word begins with the first token, and with each token that begins with
    a space if something visible stands before it.

    >>> token_words([" the", " hou", "se", " ", "!"])
    [0, 1, 1, 2, 2]

    Args:
        symbols: the symbol of each token, with a space as a space.
    """
    found: list[int] = []
    word, visible = -1, True
    for symbol in symbols:
        if visible and (word < 0 or symbol[:1].isspace() or symbol == _SPACE):
            word, visible = word + 1, False
        found.append(word)
        visible = visible or not (symbol.isspace() or symbol == _SPACE)
    return found


def given_words(line: str, mask: Mask, normalize: Callable[[str], str]) -> list[range]:
    """For each word that a tokenizer reads, the numbers of the words of the line as it was given.

    They are the same words, except where a placeholder with white space inside is read as one sign, and where
    normalisation makes another number of words out of one.

    >>> from dragoman.text.placeholders import UNITS
    >>> line = "see <a href='x'>this page</a>"
    >>> given_words(line, Mask.of(line, {*UNITS}), str.strip)
    [range(0, 1), range(1, 3), range(3, 4)]

    Args:
        line: a line as it was given.
        mask: mask of the placeholders of its normal form.
        normalize: function from a text to its normal form.
    """
    # The given word that each word of the normal form comes from.
    origins: list[int] = []
    for number, word in enumerate(line.split()):
        origins += [number] * len(normalize(word).split())

    def as_one(placeholder: str) -> str:
        return _JOINT.join(placeholder.split()) if placeholder in mask.units else placeholder

    joined = mask.syntax.replace(normalize(line), as_one)
    sizes = [word.count(_JOINT) + 1 for word in joined.split()]
    if sum(sizes) != len(origins):
        # Normalisation across words is none that Unicode has; should it be, words are matched by their share.
        count = len(line.split())
        origins = [number * count // sum(sizes) for number in range(sum(sizes))]
    found, first = [], 0
    for size in sizes:
        of_word = origins[first : first + size]
        found.append(range(of_word[0], of_word[-1] + 1))
        first += size
    return found
