"""A dataset on disk whose sources or targets are not both text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from dragoman.data.dataset import DatasetFacts
from dragoman.data.grid.examples import GridExamples
from dragoman.data.grid.rendering import Rendering
from dragoman.data.split_file import open_split
from dragoman.fields.files import SourceField, TargetField, load_fields


@dataclass(frozen=True, slots=True, repr=False)
class GridDataset(DatasetFacts):
    """A dataset that was opened; of the same form as a :class:`~dragoman.data.dataset.Dataset`.

    Attributes:
        train: what is learnt from.
        validation: what chooses the best weights.
        test: what is measured on at the end; None if there is none.
        source: what goes in, to numbers.
        target: what comes out, from numbers.
    """

    train: GridExamples
    validation: GridExamples
    test: GridExamples | None
    source: SourceField
    target: TargetField

    @classmethod
    def open(cls, folder: Path) -> GridDataset:
        """Open a dataset after checking every file's checksum.

        Raises:
            InputError: if there is none, or its pictures are rendered in fonts that are not on this machine.
            DamagedFileError: if a file is missing, was altered, or does not fit the others.
            UnsupportedError: if it was written by a newer version.
        """
        facts = DatasetFacts.read(folder)
        source, target = load_fields(facts.folder)
        rendering = Rendering.load(facts.folder)

        def split(name: str) -> GridExamples:
            table = open_split(
                facts.folder,
                name,
                source,
                target,
                corpora=len(facts.corpora),
                files=len(facts.files),
                rendered=rendering is not None,
            )
            return GridExamples(table, source, target, rendering)

        test = split("test") if facts.folder.holds("test.arrow") else None
        return cls(*facts.all(), split("train"), split("validation"), test, source, target)

    @property
    def training_weights(self) -> Float[np.ndarray, " n"] | None:
        """How often each training example is seen in one pass; None if each is seen once."""
        return self.weights_of(self.train.corpora)
