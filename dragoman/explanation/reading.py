"""Explanations of texts that were read from pictures: where each character stands, and which pixels show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, UInt8

from dragoman.explanation.bars import shades
from dragoman.explanation.explanation import Explanation
from dragoman.explanation.first_layer import FirstLayer
from dragoman.explanation.input_panels import first_layer_panel, reading_panel
from dragoman.explanation.input_pictures import characters_pixels_picture, first_layer_picture, reading_picture
from dragoman.explanation.page import explanation_page
from dragoman.explanation.prediction import Attribution
from dragoman.optional import plots
from dragoman.predict.line_alignment import LineAlignment
from dragoman.reports.shown import Summary
from dragoman.reports.text import aligned, signed
from dragoman.storage.json import JsonObject

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class ReadCharacter:
    """A character (or another symbol of the vocabulary) that was read, and the pixels that it was read from.

    Attributes:
        text: the character.
        log_probability: natural logarithm of the character's probability: on its span if the text is aligned with the
            picture, and otherwise after the characters before it.
        attribution: the contribution of each pixel of each channel to ``log_probability``, [C H W]; None if it was not
            asked for.
    """

    text: str
    log_probability: float
    attribution: Attribution | None

    @property
    def map(self) -> Float64[np.ndarray, "H W"] | None:
        """The contribution of each pixel, summed over the channels."""
        return None if self.attribution is None else self.attribution.contributions.sum(axis=0)

    def to_dict(self) -> JsonObject:
        """The character as values for JSON."""
        return {
            "text": self.text,
            "log_probability": self.log_probability,
            "attribution": None if self.attribution is None else self.attribution.to_dict(),
        }


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ReadingExplanation(Explanation):
    """Which part of a picture each character of its text was read from.

    Attributes:
        model: the model's task in a sentence.
        name: file of the picture, or another name.
        text: the text that is explained: what was read, or what was proposed.
        read: the text that the model reads in the picture.
        baseline: the picture that the gradients begin at, as a phrase for people.
        picture: the picture as the model reads it, [C H W], from 0, black, to 255, white.
        characters: the characters of ``text``, in order.
        alignment: the span of columns of each character, and their scores; None if the model's decoder aligns nothing
            (only connectionist temporal classification does).
        first_layer: what the first convolution looks for, and where it finds it; None if there is no convolution.
    """

    model: str
    name: str
    text: str
    read: str
    baseline: str
    picture: UInt8[np.ndarray, "C H W"]
    characters: tuple[ReadCharacter, ...]
    alignment: LineAlignment | None
    first_layer: FirstLayer | None

    def summary(self) -> Summary:
        """The text, and its log-probability."""
        facts = (
            {} if self.alignment is None else {"log-probability": signed(f"{self.alignment.text_log_probability:.3f}")}
        )
        return Summary(f"{self.name}: {self.text}", facts)

    def frame(self) -> DataFrame:
        """A row for each character: ``character``, ``begin`` and ``end`` (columns of the picture, the end not included;
        missing where nothing is aligned), and ``log_probability``."""
        import pandas as pd

        spans = self._spans()
        rows = [
            (character.text, begin, end, character.log_probability)
            for character, (begin, end) in zip(self.characters, spans, strict=True)
        ]
        return pd.DataFrame(rows, columns=["character", "begin", "end", "log_probability"])

    def to_dict(self) -> JsonObject:
        """The explanation as values for JSON."""
        return {
            "kind": "reading",
            "model": self.model,
            "name": self.name,
            "text": self.text,
            "read": self.read,
            "baseline": self.baseline,
            "picture": self.picture.tolist(),
            "characters": [character.to_dict() for character in self.characters],
            "alignment": None if self.alignment is None else self.alignment.to_dict(),
            "first_layer": None if self.first_layer is None else self.first_layer.to_dict(),
        }

    def page(self) -> str:
        """The explanation as a page: the picture with its characters, and the first layer."""
        spans = [] if self.alignment is None else [(span.begin, span.end) for span in self.alignment.characters]
        maps = [character.map for character in self.characters if character.map is not None]
        said = [f"log-probability {_score(character)}" for character in self.characters]
        if spans:
            said = [f"columns {begin} to {end - 1}, {line}" for (begin, end), line in zip(spans, said, strict=True)]
        lines = [(character.text, line) for character, line in zip(self.characters, said, strict=True)]
        panel = reading_panel(self.picture, lines, spans, maps if len(maps) == len(lines) else ())
        panels = [panel, *([] if self.first_layer is None else [first_layer_panel(self.first_layer)])]
        facts = {"picture": self.name, **self.summary().facts}
        if self.read != self.text:
            facts["what the model reads"] = self.read
        return explanation_page(self.text, self.model, facts, panels, {})

    def pictures(self) -> Mapping[str, Callable[[], plots.Figure]]:
        """The columns of all characters, the pixels that each was read from, and the first layer if there is one."""
        spans = [] if self.alignment is None else [(span.begin, span.end) for span in self.alignment.characters]
        texts = [character.text for character in self.characters]
        drawn: dict[str, Callable[[], plots.Figure]] = {
            "characters": lambda: reading_picture(self.text, self.picture, texts, spans)
        }
        maps = [character.map for character in self.characters if character.map is not None]
        if maps and len(maps) == len(texts):
            drawn["pixels"] = lambda: characters_pixels_picture(self.picture, texts, maps, spans)
        layer = self.first_layer
        return drawn if layer is None else {**drawn, "first-layer": lambda: first_layer_picture(layer)}

    def as_text(self) -> str:
        """The picture as shades, and a table of the characters with their columns and scores."""
        rows = [
            (character.text, *(["", ""] if begin is None else [str(begin), str(end)]), _score(character))
            for character, (begin, end) in zip(self.characters, self._spans(), strict=True)
        ]
        table = aligned([("character", "from column", "to column", "log-probability"), *rows])
        ink = 1.0 - self.picture.astype(np.float64).mean(axis=0) / 255
        lines = [f"{self.name}: {self.text}", "", *shades(ink), "", *table]
        if self.alignment is not None:
            best, total = (
                signed(f"{value:.3f}")
                for value in (self.alignment.log_probability, self.alignment.text_log_probability)
            )
            lines += ["", f"log-probability of the text: {total}; of this alignment, the best of all: {best}"]
        return "\n".join(lines)

    def _spans(self) -> list[tuple[int | None, int | None]]:
        if self.alignment is None:
            return [(None, None)] * len(self.characters)
        return [(span.begin, span.end) for span in self.alignment.characters]


def _score(character: ReadCharacter) -> str:
    return signed(f"{character.log_probability:.3f}")
