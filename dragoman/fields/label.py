"""The labels that a model predicts, as class numbers and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float, Float64, Int, Int64

from dragoman.errors import InputError
from dragoman.fields.cells import cell_text, is_missing
from dragoman.fields.field import PredictedField
from dragoman.fields.near import unknown_name
from dragoman.fields.place import Place
from dragoman.fields.saved import checked, positive
from dragoman.storage.json import JsonObject
from dragoman.text.normalization import fold

WEIGHTED = "re-weighted label"
"""The name in files of a field with prior weights."""
_UNSEEN = 0.5
_MANY = 50
"""The most labels that never make a column suspect of holding something else."""


@dataclass(frozen=True, slots=True)
class LabelField(PredictedField):
    """The classes that a model predicts.

    >>> field = LabelField.learn(["ham", "spam", "ham"])
    >>> field.names, field.encode(["spam", "ham"])
    (('ham', 'spam'), array([1, 0]))
    >>> field.predictions(np.array([[0.3, 1.2]]))
    ['spam']

    Attributes:
        names: names of the classes; the number of a class is its position here, from 0.
        counts: number of training examples of each class.
        temperature: divisor of the logits before they become probabilities (Guo et al. 2017).
        prior_weights: factor of each class's probability before all are made to sum to 1: its share among the inputs
            that the model is for, by its share among those that it was trained on; empty if these are alike.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    temperature: float = 1.0
    prior_weights: tuple[float, ...] = ()
    plural: ClassVar[str] = "labels"

    @classmethod
    def learn(cls, values: Sequence[object], places: Sequence[Place] = ()) -> LabelField:
        """The field of the training examples' labels, in order: whole numbers by value, all others by alphabet.

        Args:
            values: the label of each training example.
            places: file and line of each example, for errors.

        Raises:
            InputError: if a label is missing, there is only one, or hardly any occurs twice.
        """
        counts = Counter(_label(value, place) for value, place in _placed(values, places))
        return cls.of_counts(counts, file=places[0][0] if places else None)

    @classmethod
    def of_counts(cls, counts: Counter[str], *, file: Path | str | None = None) -> LabelField:
        """The field of the labels in order, from the number of training examples of each.

        Args:
            counts: number of training examples of each label.
            file: file of the examples, for errors.

        Raises:
            InputError: if there is only one label, or hardly any occurs twice.
        """
        if len(counts) < 2:
            found = f"only one label, `{next(iter(counts))}`" if counts else "no label"
            raise InputError(
                f"the training examples have {found}",
                file=file,
                cause="another column than that of the labels, or a file of one class only",
                remedy="give examples of at least two classes.",
            )
        _refuse_free_text(counts, file)
        names = _ordered(counts)
        return cls(tuple(names), tuple(counts[name] for name in names))

    def extended(self, counts: Counter[str], *, file: Path | str | None = None) -> LabelField:
        """The field for other examples: these labels with their numbers, and behind them those that are new, in order.

        >>> LabelField.learn(["ham", "spam", "ham"]).extended(Counter(["spam", "advert"])).names
        ('ham', 'spam', 'advert')

        Args:
            counts: number of the other examples of each label, of which some may have none.
            file: file of the examples, for errors.

        Raises:
            InputError: if hardly any label occurs twice.
        """
        _refuse_free_text(counts, file)
        names = (*self.names, *_ordered(counts.keys() - set(self.names)))
        return LabelField(names, tuple(counts[name] for name in names))

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self.names

    @property
    def uninformed(self) -> Float64[np.ndarray, " K"]:
        """The logits under which each class is as probable as it was frequent in training."""
        return self.temperature * log_shares(self.counts)

    @property
    def _weights(self) -> Float64[np.ndarray, " K"]:
        return np.array(self.prior_weights or [1.0] * self.size, dtype=np.float64)

    @property
    def uninformed_remark(self) -> str:
        """The meaning of :attr:`uninformed`, as a phrase for people."""
        weighted = ", re-weighted" if self.prior_weights else ""
        return f"the probabilities of the labels are their shares in training{weighted}"

    @property
    def calibration(self) -> tuple[Float64[np.ndarray, " K"], float]:
        """The offset ln w of the logits, where w are the prior weights, 0 without any, and the factor
        1 / temperature."""
        return np.log(self._weights), 1 / self.temperature

    def reweighted(self, weights: Float[np.ndarray, " K"]) -> LabelField:
        """The field for inputs among which the classes have other shares, with p'(y | x) ∝ w(y) p(y | x) (Saerens et
        al. 2002, equation 2.4).

        It takes for granted that the inputs of each class are distributed as before, and the probabilities calibrated.

        >>> field = LabelField(("ham", "spam"), (90, 10)).reweighted(np.array([0.5 / 0.9, 0.5 / 0.1]))
        >>> field.probabilities(np.log([[0.9, 0.1]])).round(2)
        array([[0.5, 0.5]])

        Args:
            weights: new share of each class by its old share, above 0.

        Raises:
            ValueError: if a weight is not above 0 or not finite.
        """
        found: Float64[np.ndarray, " K"] = self._weights * weights.astype(np.float64)
        if not (np.isfinite(found) & (found > 0)).all():
            raise ValueError(f"prior weights are finite and above 0, and these are {found}")
        return replace(self, prior_weights=tuple(found.tolist()))

    def predictions(self, outputs: Float64[np.ndarray, "n K"]) -> list[str]:
        """The most probable label of each row of logits."""
        return self.decode(self.probabilities(outputs).argmax(1))

    @property
    def size(self) -> int:
        """The number of classes, K."""
        return len(self.names)

    def alike(self) -> list[tuple[str, ...]]:
        """Groups of labels that differ only in case or white space, and may be meant as one."""
        groups: dict[str, list[str]] = {}
        for name in self.names:
            groups.setdefault(" ".join(fold(name).split()), []).append(name)
        return [tuple(names) for names in groups.values() if len(names) > 1]

    def describe(self) -> list[str]:
        """The labels, and those that may be meant as one, as text for people."""
        shown = ", ".join(self.names[:10]) + (" …" if self.size > 10 else "")
        meant = [" and ".join(f"`{name}`" for name in names) for names in self.alike()]
        alike = [
            f"the labels {names} differ in case or white space alone, and are learnt as different ones"
            for names in meant
        ]
        return [f"{self.size:,} labels: {shown}", *alike]

    def encode(self, values: Sequence[object], places: Sequence[Place] = ()) -> Int64[np.ndarray, " n"]:
        """The class number of each label.

        Args:
            values: the labels.
            places: file and line of each label, for errors.

        Raises:
            InputError: if a label is missing, or was not among those of the training examples.
        """
        numbers = {name: number for number, name in enumerate(self.names)}
        found = np.empty(len(values), dtype=np.int64)
        for row, (value, place) in enumerate(_placed(values, places)):
            label = _label(value, place)
            if label not in numbers:
                raise unknown_name("label", label, self.names, place)
            found[row] = numbers[label]
        return found

    def decode(self, ids: Int[np.ndarray, " n"]) -> list[str]:
        """The name of each class number."""
        return [self.names[number] for number in ids.tolist()]

    def class_weights(self, kind: Literal["none", "balanced"]) -> Float64[np.ndarray, " K"]:
        """The factor of the loss of each class's examples; 1 on average over the training examples.

        Args:
            kind: ``none`` gives 1 to all; ``balanced`` gives n / (K · n_k), so that all classes weigh the same.
        """
        counts = np.array(self.counts, dtype=np.float64)
        if kind == "none":
            return np.ones(self.size)
        # A label that a parent knew and no example has weighs nothing: no example asks for its weight.
        found = counts > 0
        return np.where(found, counts.sum() / (found.sum() * np.where(found, counts, 1)), 0.0)

    def probabilities(self, logits: Float[np.ndarray, "B K"]) -> Float64[np.ndarray, "B K"]:
        """The probability of each class: the softmax of logits / temperature, plus ln w with prior weights w."""
        scaled = logits.astype(np.float64) / self.temperature
        if self.prior_weights:
            scaled = scaled + np.log(self._weights)
        exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def to_dict(self) -> JsonObject:
        """The field as JSON values."""
        content = {"field": "label", **asdict(self), "names": list(self.names), "counts": list(self.counts)}
        del content["prior_weights"]
        # Under another name, so that versions that know nothing of these weights refuse the field.
        return (
            {**content, "field": WEIGHTED, "prior_weights": list(self.prior_weights)} if self.prior_weights else content
        )

    @classmethod
    def from_dict(cls, content: JsonObject) -> LabelField:
        """The field that :meth:`to_dict` wrote."""
        weights = tuple(positive(weight) for weight in content.get("prior_weights", ()))
        names, counts = tuple(content["names"]), tuple(content["counts"])
        if len(weights) not in (0, len(names)):
            raise ValueError(f"{len(weights)} prior weights do not fit {len(names)} classes")
        return checked(cls(names, counts, positive(content["temperature"]), weights))


def log_shares(counts: Sequence[int]) -> Float64[np.ndarray, " K"]:
    """The natural logarithm of the share of each class; a class without any example counts as half an example."""
    each = np.array(counts, dtype=np.float64)
    each = np.where(each > 0, each, _UNSEEN)
    return np.log(each / each.sum())


def _placed(values: Sequence[object], places: Sequence[Place]) -> zip[tuple[object, Place]]:
    nowhere: Place = (None, None)
    return zip(values, places or [nowhere] * len(values), strict=True)


def label_of(value: object) -> str:
    """The label that a cell holds, which is not empty."""
    return cell_text(value)


def _label(value: object, place: Place) -> str:
    if is_missing(value):
        raise InputError(
            "the label is missing",
            file=place[0],
            line=place[1],
            cause="an empty cell",
            remedy="fill it in, or leave out the example.",
        )
    return label_of(value)


def _refuse_free_text(counts: Counter[str], file: Path | str | None) -> None:
    """Refuse labels of which hardly any occurs twice."""
    if len(counts) > max(_MANY, counts.total() / 2):
        raise InputError(
            f"{counts.total():,} training examples have {len(counts):,} different labels, `{next(iter(counts))}` "
            "among them",
            file=file,
            cause="a column of numbers, identifiers or free text",
            remedy='give several examples of each label, or, for numbers, use decoder.kind = "number".',
        )


def _ordered(names: Collection[str]) -> list[str]:
    """Names that are all whole numbers by value, all others by alphabet."""
    return sorted(names, key=_by_value) if all(map(_is_whole, names)) else sorted(names)


def _is_whole(name: str) -> bool:
    return name.removeprefix("-").isdecimal()


def _by_value(name: str) -> tuple[int, str]:
    return int(name), name
