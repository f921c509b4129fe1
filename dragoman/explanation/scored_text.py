"""A text with the probability that a model gives to each of its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dragoman.contracts import Ending
from dragoman.storage.json import JsonObject

SPACE = "▁"
"""The sign for a space, which SentencePiece (Kudo and Richardson 2018) made usual."""


@dataclass(frozen=True, slots=True)
class Token:
    """A symbol of a vocabulary as a reader sees it.

    Attributes:
        text: the symbol's text, with a space shown as ``▁``; a byte as ``<0xE2>``, behind the character that it is a
            part of if its text spells one; a unit that stands for a placeholder as that placeholder.
        begins_word: whether a word begins here. In languages without spaces each token counts as a word.
    """

    text: str
    begins_word: bool = True

    def to_dict(self) -> JsonObject:
        """The token as values for JSON."""
        return {"text": self.text, "begins_word": self.begins_word}


def words_of(tokens: Sequence[Token]) -> list[tuple[Token, ...]]:
    """The tokens of each word.

    >>> [len(word) for word in words_of([Token("▁dog"), Token("s", begins_word=False), Token("▁bark")])]
    [2, 1]
    """
    words: list[list[Token]] = []
    for token in tokens:
        if token.begins_word or not words:
            words.append([])
        words[-1].append(token)
    return [tuple(word) for word in words]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token that might have stood in the place of another one.

    Attributes:
        token: text of the token.
        log_probability: natural logarithm of its probability in this place.
    """

    token: str
    log_probability: float

    def to_dict(self) -> JsonObject:
        """The alternative as values for JSON."""
        return {"token": self.token, "log_probability": self.log_probability}


@dataclass(frozen=True, slots=True)
class WrittenToken:
    """A token of an output, and what might have stood in its place.

    Attributes:
        token: the token.
        log_probability: natural logarithm of its probability, given the source and the tokens before it.
        rank: 1 if it was the most probable of all tokens in its place, 2 for the second, and so on.
        alternatives: the most probable other tokens in its place, best first.
    """

    token: Token
    log_probability: float
    rank: int
    alternatives: tuple[Alternative, ...] = ()

    def to_dict(self) -> JsonObject:
        """The token as values for JSON."""
        return {
            "token": self.token.text,
            "begins_word": self.token.begins_word,
            "log_probability": self.log_probability,
            "rank": self.rank,
            "alternatives": [alternative.to_dict() for alternative in self.alternatives],
        }


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A text, token by token, as a model scores it.

    Attributes:
        text: the text.
        tokens: the tokens, the end symbol included if it is complete.
        log_probability: natural logarithm of its probability, the sum over its tokens.
        score: the score that a search ranks it by, which is the log-probability after the length penalty.
        ending: whether the text is complete, or the search had to end it.
    """

    text: str
    tokens: tuple[WrittenToken, ...]
    log_probability: float
    score: float
    ending: Ending = Ending.COMPLETE

    def to_dict(self) -> JsonObject:
        """The text as values for JSON."""
        return {
            "text": self.text,
            "log_probability": self.log_probability,
            "score": self.score,
            "ending": self.ending.value,
            "tokens": [token.to_dict() for token in self.tokens],
        }
