"""The lines of a chunk of text, of which equal ones are translated once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dragoman.data.line_chunks import LineChunk
from dragoman.predict.constraints import Constraints
from dragoman.predict.translation import Translation

Found = tuple[int, list[Translation]]
"""The place of a text, and its translations, the best first."""


@dataclass(frozen=True, slots=True)
class DistinctLines:
    """The different texts of a chunk's lines. Lines are equal if their constraints are, too.

    Attributes:
        texts: the texts.
        constraints: constraints of each.
        numbers: number of the first line that is each, counted from 1 in the whole input.
        places: for each line of the chunk the place of its text.
    """

    texts: list[str]
    constraints: list[Constraints]
    numbers: list[int]
    places: list[int]

    @classmethod
    def of(cls, chunk: LineChunk, constraints: Constraints | Sequence[Constraints]) -> DistinctLines:
        """The different texts of a chunk.

        Args:
            chunk: the lines.
            constraints: constraints of all lines, or of each line of the whole input.
        """
        places: dict[tuple[str, Constraints], int] = {}
        numbers, of_line = [], []
        for number, line in enumerate(chunk.lines, start=chunk.first):
            one = line, constraints if isinstance(constraints, Constraints) else constraints[number]
            if one not in places:
                places[one] = len(places)
                numbers.append(number + 1)
            of_line.append(places[one])
        return cls([text for text, _ in places], [one for _, one in places], numbers, of_line)

    def in_order(self, parts: Iterable[Iterable[Found]]) -> Iterator[list[list[Translation]]]:
        """The translations of one line after the other: after each part those that now follow without a gap.

        >>> lines = DistinctLines.of(LineChunk(0, ["a", "b", "a"]), Constraints())
        >>> list(lines.in_order([[(1, [])], [(0, [])]]))
        [[[], [], []]]

        Args:
            parts: the translations of some texts after the other, in any order.
        """
        of_text: dict[int, list[Translation]] = {}
        line = 0
        for part in parts:
            of_text.update(part)
            ready = []
            while line < len(self.places) and self.places[line] in of_text:
                ready.append([*of_text[self.places[line]]])
                line += 1
            if ready:
                yield ready
