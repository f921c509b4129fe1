"""What the model that training starts from knows of its inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass

from dragoman.fields.field import SourceField, TargetField


@dataclass(frozen=True, slots=True)
class ParentFields:
    """The fields of the model that training starts from, its parent, which the fields of the dataset are made of, so
    that inputs and outputs mean the same to both.

    Attributes:
        source: field of the parent's inputs.
        target: field of the parent's outputs.
        vocabularies: whether texts are cut by the parent's vocabularies; else the recipe's are learnt.
    """

    source: SourceField
    target: TargetField
    vocabularies: bool = True
