"""Whether what was encoded by the fields of one dataset can be read by those of another."""

from __future__ import annotations

from collections.abc import Callable

from dragoman.contracts.expect import expect
from dragoman.data.dataset import Dataset
from dragoman.errors import InputError
from dragoman.fields.field import Field, PredictedField
from dragoman.fields.label import LabelField
from dragoman.fields.tags import TagField
from dragoman.text.codec import Codec


def check_extends(old: Dataset, new: Dataset) -> None:
    """Make sure that the fields of the new examples give the old symbols, labels and columns the numbers that they had.

    Raises:
        InputError: if they do not, so that stored old examples would mean something else.
    """
    for side, before, after in (("inputs", old.source, new.source), ("outputs", old.target, new.target)):
        if not _extends(before, after):
            raise InputError(
                f"the old examples were stored by other fields of the {side} than the new ones",
                file=old.folder.path,
                cause="the model was trained on another dataset than this.",
                remedy="give the old examples as files (--old-corpus), or adapt without them: --replay 0.",
            )


def knows_all(field: Field, other: Field) -> bool:
    """Whether a model's field can encode what another field encodes: texts always, labels and tags only if it has them
    all."""
    return type(field) not in _CLOSED or set(_of_classes(other)) <= set(_of_classes(field))


def _extends(before: Field, after: Field) -> bool:
    if type(before) is not type(after):
        return False
    names_of = NAMES.get(type(before))
    if names_of is None:
        return before == after
    names = names_of(before)
    return names_of(after)[: len(names)] == names


def _of_codec(field: Field) -> tuple[str, ...]:
    return expect(field, Codec).tokenizer.vocabulary.symbols


def _of_classes(field: Field) -> tuple[str, ...]:
    return expect(field, PredictedField).labels


NAMES: dict[type, Callable[[Field], tuple[str, ...]]] = {
    Codec: _of_codec,
    LabelField: _of_classes,
    TagField: _of_classes,
}
"""What a field numbers, in order, by its type. Fields that number nothing to which something may be added are absent:
they must be equal."""
_CLOSED = (LabelField, TagField)
"""Fields that encode nothing but what they name."""
