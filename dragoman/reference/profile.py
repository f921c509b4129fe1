"""Features, losses and classes of some examples: what a model keeps of its training distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int, Int64, Shaped

_NO_CLASSES: Mapping[str, Classes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes of n examples, whose frequencies may shift.

    >>> lengths = Classes(("short", "long"), np.array([0, 1, 1]), edges=np.array([8.0]))
    >>> lengths.counts().tolist(), lengths.select(np.array([2])).true.tolist()
    ([1, 2], [1])

    Attributes:
        names: the names of the K classes.
        true: the class of each example, from 0 to K − 1; None if it is not known.
        probabilities: the calibrated probability of each class, of a model that predicts labels; otherwise None.
        edges: where the classes are ranges of a number, the largest number of each class but the last; otherwise None.
    """

    names: tuple[str, ...]
    true: Int64[np.ndarray, " n"] | None = None
    probabilities: Float32[np.ndarray, "n K"] | None = None
    edges: Float64[np.ndarray, " E"] | None = None

    def __post_init__(self) -> None:
        size = len(self.names)
        if not size or len(set(self.names)) != size:
            raise ValueError(f"classes need names, each another one, and these are {self.names}")
        if self.true is not None and ((self.true < 0) | (self.true >= size)).any():
            raise ValueError(f"there are {size} classes, and an example is of none of them")
        if self.probabilities is not None:
            if self.probabilities.shape[1] != size:
                raise ValueError(f"there are {size} classes and probabilities of {self.probabilities.shape[1]}")
            if not np.isfinite(self.probabilities).all() or (self.probabilities < 0).any():
                raise ValueError("a probability is negative or no number")
        if self.edges is not None and (len(self.edges) != size - 1 or (np.diff(self.edges) <= 0).any()):
            raise ValueError(f"the edges of {size} classes are {size - 1} rising numbers, and these are {self.edges}")

    @property
    def count(self) -> int | None:
        """The number of examples; None if neither their classes nor probabilities are known."""
        known = self.true if self.true is not None else self.probabilities
        return None if known is None else len(known)

    def counts(self) -> Int64[np.ndarray, " K"]:
        """How many examples are of each class.

        Raises:
            ValueError: if the classes of the examples are not known.
        """
        if self.true is None:
            raise ValueError("the classes of the examples are not known")
        return np.bincount(self.true, minlength=len(self.names)).astype(np.int64)

    def select(self, rows: Int[np.ndarray, " m"] | Bool[np.ndarray, " n"]) -> Classes:
        """The classes of the examples ``rows``, in that order."""
        return replace(self, true=_taken(self.true, rows), probabilities=_taken(self.probabilities, rows))


@dataclass(frozen=True, slots=True)
class Profile:
    """Features, losses and classes of n examples, in d features.

    A feature's name says what it measures: wherever two profiles have a feature of the same name, it was measured in
    the same way, so a feature that is measured in another way gets another name.

    >>> values = np.array([[12.0, 0.1], [40.0, 0.0]], dtype=np.float32)
    >>> profile = Profile(("length in characters", "share of digits"), values, losses=np.array([2.5, 1.0], np.float32))
    >>> len(profile), profile.select(np.array([1])).losses.tolist()
    (2, [1.0])
    >>> len(joined([profile, profile]))
    4

    Attributes:
        features: a name for people of each feature, such as ``share spelt in bytes`` or ``hidden state 7``.
        values: the features of each example: finite, and not standardised.
        losses: the loss of each example for a unit of its true output: nats for a token, a label or a tag; of a number
            the squared difference in standard deviations. None if true outputs are not known.
        residuals: prediction less truth, in the unit of the data, of models that predict numbers; otherwise None.
        classes: classes whose frequencies may shift, by what they are classes of: ``labels`` of models that predict
            labels; of text that is written ``corpus`` and ``output length``.
        documents: the number of the document that each example is from; None if documents are not known.
        inputs: the inputs as text for people; None unless they were asked for.
        origin: a phrase that says which examples these are, such as ``the validation set``.
    """

    features: tuple[str, ...]
    values: Float32[np.ndarray, "n d"]
    losses: Float32[np.ndarray, " n"] | None = None
    residuals: Float32[np.ndarray, " n"] | None = None
    classes: Mapping[str, Classes] = field(default_factory=lambda: _NO_CLASSES)
    documents: Int64[np.ndarray, " n"] | None = None
    inputs: tuple[str, ...] | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        count, width = self.values.shape
        if width != len(self.features) or len(set(self.features)) != width:
            raise ValueError(f"{width} features need as many names, each another one, and these are {self.features}")
        known = {
            "features": self.values,
            "losses": self.losses,
            "residuals": self.residuals,
            "documents": self.documents,
        }
        for name, values in known.items():
            if values is None:
                continue
            if len(values) != count:
                raise ValueError(f"there are {count} examples and {name} of {len(values)}")
            if not np.isfinite(values).all():
                raise ValueError(f"the {name} of an example are no finite numbers")
        sizes = {name: classes.count for name, classes in self.classes.items()}
        if self.inputs is not None:
            sizes["inputs"] = len(self.inputs)
        for name, size in sizes.items():
            if size not in (None, count):
                raise ValueError(f"there are {count} examples and {name} of {size}")

    def __len__(self) -> int:
        return len(self.values)

    @property
    def phrase(self) -> str:
        """What is held, in a few words for people.

        >>> Profile(("width",), np.zeros((3, 1), np.float32), origin="the validation set").phrase
        '1 feature of each of 3 examples (the validation set); no text'
        """
        features = "1 feature" if len(self.features) == 1 else f"{len(self.features):,} features"
        losses = "" if self.losses is None else " and the loss"
        examples = "1 example" if len(self) == 1 else f"each of {len(self):,} examples"
        origin = f" ({self.origin})" if self.origin else ""
        return f"{features}{losses} of {examples}{origin}; {'no text' if self.inputs is None else 'with their texts'}"

    def select(self, rows: Int[np.ndarray, " m"] | Bool[np.ndarray, " n"]) -> Profile:
        """The examples ``rows``, in that order: their numbers, or which of all examples they are."""
        places = np.arange(len(self))[rows]
        return replace(
            self,
            values=self.values[places],
            losses=_taken(self.losses, places),
            residuals=_taken(self.residuals, places),
            classes={name: classes.select(places) for name, classes in self.classes.items()},
            documents=_taken(self.documents, places),
            inputs=None if self.inputs is None else tuple(self.inputs[place] for place in places.tolist()),
        )

    def of_features(self, names: Sequence[str]) -> Profile:
        """The same examples with these of their features, in that order.

        Raises:
            ValueError: if there is no feature of one of these names.
        """
        places = [self.features.index(name) for name in names]
        return replace(self, features=tuple(names), values=self.values[:, places])


def joined(profiles: Sequence[Profile]) -> Profile:
    """The examples of several profiles as one, in their order.

    Documents of different profiles are different ones, and an example whose document is not known is a document of its
    own if others are known. Losses, residuals and inputs are kept if all profiles have them; classes of one kind, if
    all have them by the same names and edges.

    Raises:
        ValueError: if there is no profile, or the profiles have different features.
    """
    if not profiles:
        raise ValueError("there is no profile to join")
    first = profiles[0]
    if any(profile.features != first.features for profile in profiles):
        raise ValueError("profiles with different features cannot be joined")
    origins = dict.fromkeys(profile.origin for profile in profiles if profile.origin)
    kinds = [kind for kind in first.classes if all(kind in profile.classes for profile in profiles)]
    return Profile(
        features=first.features,
        values=np.concatenate([profile.values for profile in profiles]),
        losses=_concatenated([profile.losses for profile in profiles]),
        residuals=_concatenated([profile.residuals for profile in profiles]),
        classes=_joined_classes({kind: [profile.classes[kind] for profile in profiles] for kind in kinds}),
        documents=_joined_documents(profiles),
        inputs=_joined_inputs(profiles),
        origin=" and ".join(origins),
    )


def with_shared_features(one: Profile, other: Profile) -> tuple[Profile, Profile]:
    """Two profiles with those of their features that both have, in the order of the first.

    Raises:
        ValueError: if they have no feature in common.
    """
    shared = [name for name in one.features if name in other.features]
    if not shared:
        raise ValueError("the profiles have no feature in common")
    return one.of_features(shared), other.of_features(shared)


def _taken(values: np.ndarray | None, rows: Shaped[np.ndarray, " m"]) -> np.ndarray | None:
    return None if values is None else values[rows]


def _concatenated(parts: Sequence[np.ndarray | None]) -> np.ndarray | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None


def _joined_classes(kinds: Mapping[str, Sequence[Classes]]) -> dict[str, Classes]:
    found: dict[str, Classes] = {}
    for kind, several in kinds.items():
        if all(_same_ranges(several[0], classes) for classes in several):
            found[kind] = replace(
                several[0],
                true=_concatenated([classes.true for classes in several]),
                probabilities=_concatenated([classes.probabilities for classes in several]),
            )
    return found


def _same_ranges(one: Classes, other: Classes) -> bool:
    if one.names != other.names:
        return False
    if one.edges is None or other.edges is None:
        return one.edges is other.edges
    return bool((one.edges == other.edges).all())


def _joined_documents(profiles: Sequence[Profile]) -> Int64[np.ndarray, " n"] | None:
    if all(profile.documents is None for profile in profiles):
        return None
    parts: list[Int64[np.ndarray, " m"]] = []
    used = 0
    for profile in profiles:
        alone = np.arange(len(profile)) if profile.documents is None else profile.documents
        part = np.unique(alone, return_inverse=True)[1].reshape(-1).astype(np.int64)
        parts.append(part + used)
        used += int(part.max()) + 1 if len(part) else 0
    return np.concatenate(parts)


def _joined_inputs(profiles: Sequence[Profile]) -> tuple[str, ...] | None:
    found: list[str] = []
    for profile in profiles:
        if profile.inputs is None:
            return None
        found += profile.inputs
    return tuple(found)
