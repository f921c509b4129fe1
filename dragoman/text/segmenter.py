"""The protocol of segmenters, which cut text into the symbols of a vocabulary, whatever library does it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from dragoman.text.ragged import Ragged
from dragoman.text.vocabulary import Vocabulary


@runtime_checkable
class Segmenter(Protocol):
    """Text to the ids of a vocabulary and back.

    :class:`~dragoman.text.tokenizer.Tokenizer` is the one that is learnt here; it restores every text exactly. Those of
    other libraries may normalise text, and lose characters that they have no symbol for.
    """

    @property
    def vocabulary(self) -> Vocabulary:
        """The symbols and their ids, including the special symbols."""
        ...

    @property
    def suffix(self) -> str:
        """The ending of the file that it is saved in, such as ``.json``; no two kinds have the same."""
        ...

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, without start and end symbol; none for the empty text.

        Raises:
            InputError: if a text has a lone surrogate, which is no character.
        """
        ...

    def encode_ragged(self, texts: Sequence[str]) -> Ragged:
        """The ids of each text as :meth:`encode_batch` gives them, concatenated.

        Raises:
            InputError: if a text has a lone surrogate.
        """
        ...

    def decode_batch(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The text of each row of ids; special symbols are left out."""
        ...

    def extended(self, texts: Iterable[str], units: Sequence[str] = ()) -> Segmenter:
        """The segmenter with symbols behind its own for ``units``, private characters that stand for placeholders, and
        for characters of ``texts`` that have none; the same one if its library cannot add any.

        Raises:
            InputError: if a text has a lone surrogate.
        """
        ...

    def save(self, path: Path) -> None:
        """Write the segmenter into one self-contained file."""
        ...
