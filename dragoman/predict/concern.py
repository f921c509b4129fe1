"""Why a person should look at a translation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ConcernKind(Enum):
    """What a concern is about; the values are what JSON and tables hold."""

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
    """Why a person should look at a translation.

    Attributes:
        kind: what it is about.
        message: the same in a few words, with what was found.
    """

    kind: ConcernKind
    message: str

    def __str__(self) -> str:
        return self.message
