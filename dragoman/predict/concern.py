"""The reasons why a person should check a translation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ConcernKind(Enum):
    """The subject of a concern; the values are what JSON and tables hold."""

    LENGTH = "length limit"
    REPETITION = "repetition cut"
    PLACEHOLDERS = "placeholders"
    NUMBERS = "numbers"
    EMOJI = "emoji"
    COPY = "copy"
    CAPITALS = "capitals"
    CHARACTERS = "unknown characters"
    PIECES = "pieces"


@dataclass(frozen=True, slots=True)
class Concern:
    """A reason why a person should check a translation.

    Attributes:
        kind: the subject of the concern.
        message: the concern in a few words, with what was found.
    """

    kind: ConcernKind
    message: str

    def __str__(self) -> str:
        return self.message
