"""Which kind of output each model has."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.fields.label import LabelField
from dragoman.fields.number import NumberField
from dragoman.fields.tags import TagField
from dragoman.model.folder import LoadedModel
from dragoman.model.language_model import LanguageModel
from dragoman.reference.outputs.labels import Labels
from dragoman.reference.outputs.language import PredictedText
from dragoman.reference.outputs.numbers import Numbers
from dragoman.reference.outputs.said import OutputKind
from dragoman.reference.outputs.tags import Tags
from dragoman.reference.outputs.written import WrittenText
from dragoman.text.codec import Codec

BY_TARGET: Mapping[type, OutputKind] = MappingProxyType(
    {Codec: WrittenText(), LabelField: Labels(), NumberField: Numbers(), TagField: Tags()}
)
"""By the field of the outputs."""
BY_MODEL: Mapping[type, OutputKind] = MappingProxyType({LanguageModel: PredictedText()})
"""By the model, where its output is its input."""


def output_kind(loaded: LoadedModel) -> OutputKind:
    """The kind of output of a model."""
    return BY_MODEL.get(type(loaded.model)) or BY_TARGET[type(loaded.target)]
