"""The best alignment of a text with the picture that it was read from."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.storage.json import JsonObject


@dataclass(frozen=True, slots=True)
class CharacterSpan:
    """The columns of a picture that the best alignment gives to a character.

    Attributes:
        text: the character, or another symbol of the vocabulary.
        begin: first column, in pixels of the picture as the model reads it, from 0.
        end: column behind the last one.
        log_probability: sum of the natural logarithms of the character's probabilities at the positions of its span.
        positions: positions of the encoder that write the character.
    """

    text: str
    begin: int
    end: int
    log_probability: float
    positions: int

    def to_dict(self) -> JsonObject:
        """The span as values for JSON."""
        return {
            "text": self.text,
            "begin": self.begin,
            "end": self.end,
            "log_probability": self.log_probability,
            "positions": self.positions,
        }


@dataclass(frozen=True, slots=True)
class LineAlignment:
    """The best alignment of a text with a picture, by the Viterbi algorithm.

    Attributes:
        text: the text.
        characters: the symbols of the text in order, with their columns; no two spans overlap.
        log_probability: natural logarithm of the probability of this alignment: of its characters and blanks.
        text_log_probability: natural logarithm of the probability of the text, the sum over all its alignments.
        width: width of the picture as the model reads it, in columns of pixels.
    """

    text: str
    characters: tuple[CharacterSpan, ...]
    log_probability: float
    text_log_probability: float
    width: int

    def to_dict(self) -> JsonObject:
        """The alignment as values for JSON."""
        return {
            "text": self.text,
            "characters": [span.to_dict() for span in self.characters],
            "log_probability": self.log_probability,
            "text_log_probability": self.text_log_probability,
            "width": self.width,
        }
