"""Which inputs a model takes that predicts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.fields.field import Field, TargetField
from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.fields.tags import TagField
from dragoman.predict.inputs import Inputs, Pictures, TableRows, Texts
from dragoman.predict.words import Words
from dragoman.text.codec import Codec

BY_SOURCE: Mapping[type, Inputs] = MappingProxyType({Codec: Texts(), PictureField: Pictures(), RowField: TableRows()})
"""The inputs that each field encodes."""
BY_TARGET: Mapping[type, Inputs] = MappingProxyType({TagField: Words()})
"""The inputs of which each field predicts more than one thing."""


def inputs_for(source: Field, target: TargetField) -> Inputs:
    """What a model with these fields takes."""
    return BY_TARGET.get(type(target)) or BY_SOURCE[type(source)]
