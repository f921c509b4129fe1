"""The tags of words as numbers and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from jaxtyping import Float64

from dragoman.contracts import TagSize
from dragoman.contracts.expect import expect
from dragoman.errors import InputError
from dragoman.fields.field import PredictedField
from dragoman.fields.label import log_shares
from dragoman.fields.near import unknown_name
from dragoman.fields.place import Place
from dragoman.fields.saved import checked
from dragoman.storage.json import JsonObject
from dragoman.text.ragged import Ragged

_MANY = 200
"""Tags up to which no column is suspected to hold something else."""
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class TagField(PredictedField):
    """The tags that a model gives to words.

    >>> field = TagField.learn(["B-PER O", "O"])
    >>> field.names, field.counts
    (('B-PER', 'O'), (1, 2))
    >>> field.encode(["O O B-PER"]).to_lists()
    [[1, 1, 0]]

    Attributes:
        names: names of the tags in alphabetical order; the number of a tag is its position here, from 0.
        counts: number of words with each tag in the training examples.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    plural: ClassVar[str] = "tags"

    @classmethod
    def learn(cls, values: Iterable[str], *, file: Path | str | None = None) -> TagField:
        """The tags of the training examples.

        Args:
            values: the tags of each example, with white space between them.
            file: where the examples are from, for errors.

        Raises:
            InputError: if there is only one tag, or so many that they must be something else.
        """
        counts: Counter[str] = Counter()
        for value in values:
            counts.update(value.split())
        if len(counts) < 2:
            found = f"only one tag, `{next(iter(counts))}`" if counts else "no tag"
            raise InputError(
                f"the training examples have {found}",
                file=file,
                cause="another column than that of the tags.",
                remedy="give examples with at least two tags.",
            )
        _refuse_free_text(counts, file)
        names = sorted(counts)
        return cls(tuple(names), tuple(counts[name] for name in names))

    def extended(self, values: Iterable[str], *, file: Path | str | None = None) -> TagField:
        """The field for other examples: these tags with their numbers, and behind them those that are new, in
        alphabetical order.

        >>> TagField.learn(["B-PER O", "O"]).extended(["B-LOC O"]).names
        ('B-PER', 'O', 'B-LOC')

        Args:
            values: the tags of each of the other examples, with white space between them.
            file: file of the examples, for errors.

        Raises:
            InputError: if there are so many tags that they must be something else.
        """
        counts: Counter[str] = Counter()
        for value in values:
            counts.update(value.split())
        _refuse_free_text(counts, file)
        names = (*self.names, *sorted(counts.keys() - set(self.names)))
        return TagField(names, tuple(counts[name] for name in names))

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the tags."""
        return self.names

    @property
    def size(self) -> TagSize:
        """The tags, from which a decoder is built."""
        return TagSize(self.names)

    @property
    def uninformed(self) -> Float64[np.ndarray, " K"]:
        """The logits under which each tag is as probable as it was frequent in training."""
        return log_shares(self.counts)

    @property
    def uninformed_remark(self) -> str:
        """The meaning of :attr:`uninformed`, as a phrase for people."""
        return "each word has the most frequent tag"

    @property
    def calibration(self) -> tuple[Float64[np.ndarray, ""], float]:
        """0 and 1: logits stay as they are."""
        return np.array(0.0), 1.0

    def written(self, prediction: str | float | list[str]) -> str:
        """The tags of a text with a space between them."""
        return " ".join(expect(prediction, list))

    def describe(self) -> list[str]:
        """The tags, for people to read."""
        more = " …" if len(self.names) > _SHOWN else ""
        return [f"{len(self.names):,} tags: {', '.join(self.names[:_SHOWN])}{more}"]

    def encode(self, values: Sequence[str], places: Sequence[Place] = ()) -> Ragged:
        """The numbers of the tags of each example.

        Args:
            values: tags with white space between them.
            places: where each is from, for errors.

        Raises:
            InputError: if a tag was not among those of the training examples.
        """
        numbers = {name: number for number, name in enumerate(self.names)}
        rows = [value.split() for value in values]
        try:
            return Ragged.of([[numbers[tag] for tag in row] for row in rows])
        except KeyError:
            row, tag = next((row, tag) for row, tags in enumerate(rows) for tag in tags if tag not in numbers)
            raise unknown_name("tag", tag, self.names, places[row] if places else (None, None)) from None

    def decode(self, ids: Ragged) -> list[list[str]]:
        """The names of the tags of each example."""
        return [[self.names[number] for number in row] for row in ids.to_lists()]

    def to_dict(self) -> JsonObject:
        """The field as JSON can write it."""
        return {"field": "tags", **asdict(self), "names": list(self.names), "counts": list(self.counts)}

    @classmethod
    def from_dict(cls, content: JsonObject) -> TagField:
        """The field that :meth:`to_dict` wrote."""
        return checked(cls(tuple(content["names"]), tuple(content["counts"])))


def _refuse_free_text(counts: Counter[str], file: Path | str | None) -> None:
    """Refuse tags of which there are so many that they must be something else."""
    if len(counts) > max(_MANY, counts.total() / 2):
        raise InputError(
            f"{counts.total():,} words of the training examples have {len(counts):,} different tags, "
            f"`{next(iter(counts))}` among them",
            file=file,
            cause="a column of text, or texts and tags that are swapped.",
            remedy="name the column of the texts and that of the tags, such as --columns text,tags.",
        )
