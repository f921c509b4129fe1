"""Which kind of input each model reads."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dragoman.fields.picture import PictureField
from dragoman.fields.row import RowField
from dragoman.fields.tags import TagField
from dragoman.model.folder import LoadedModel
from dragoman.model.language_model import LanguageModel
from dragoman.reference.inputs.pictures import Pictures
from dragoman.reference.inputs.read_inputs import InputKind
from dragoman.reference.inputs.rows import TableRows
from dragoman.reference.inputs.texts import OwnTexts, TaggedTexts, Texts, TranslatedTexts
from dragoman.text.codec import Codec

BY_SOURCE: Mapping[type, InputKind] = MappingProxyType(
    {Codec: Texts(), PictureField: Pictures(), RowField: TableRows()}
)
"""By the field of the inputs."""
BY_FIELDS: Mapping[tuple[type, type], InputKind] = MappingProxyType(
    {(Codec, Codec): TranslatedTexts(), (Codec, TagField): TaggedTexts()}
)
"""By the fields of the inputs and of the outputs, where inputs are read for these outputs alone."""
BY_MODEL: Mapping[type, InputKind] = MappingProxyType({LanguageModel: OwnTexts()})
"""By the model, where it reads no input but what it predicts."""


def input_kind(loaded: LoadedModel) -> InputKind:
    """The kind of input that a model reads."""
    by_output = BY_MODEL.get(type(loaded.model)) or BY_FIELDS.get((type(loaded.source), type(loaded.target)))
    return by_output or BY_SOURCE[type(loaded.source)]
