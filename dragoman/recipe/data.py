"""Where the parallel text comes from and how it is cleaned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from dragoman.recipe.section import Section

FilePath = Annotated[Path, BeforeValidator(lambda value: Path(value) if isinstance(value, str) else value)]


class CorpusRecipe(Section):
    """One corpus: either two line-aligned files (``source`` and ``target``) or one ``table``."""

    source: FilePath | None = None
    """Text file with one source sentence a line."""
    target: FilePath | None = None
    """Text file with one target sentence a line, as many lines as ``source``."""
    table: FilePath | None = None
    """TSV or CSV file with a header line that names the columns."""
    source_column: str = "source"
    """Column of ``table`` that holds the source."""
    target_column: str = "target"
    """Column of ``table`` that holds the target."""

    @model_validator(mode="after")
    def _one_way_in(self) -> CorpusRecipe:
        lines = self.source is not None and self.target is not None
        partial = (self.source is None) != (self.target is None)
        if partial or lines == (self.table is not None):
            raise ValueError("give either both `source` and `target`, or `table`")
        return self


class DataRecipe(Section):
    """The corpora and the two languages."""

    source_language: str = Field(default="en", pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*$")
    """Language code of the source (ISO 639, optionally with script or region: ``en``, ``pt-BR``, ``zh-Hant``)."""
    target_language: str = Field(default="de", pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*$")
    """Language code of the target."""
    train: CorpusRecipe | None = None
    """The training corpus. May be absent only if a DataFrame is handed over from Python."""
    validation: CorpusRecipe | None = None
    """The validation corpus; taken from the training corpus if absent."""
    test: CorpusRecipe | None = None
    """The test corpus; taken from the training corpus if absent and ``validation`` is absent too."""
    validation_pairs: int = Field(default=1000, ge=1)
    """Pairs to hold out for validation where no corpus is given; at most a tenth of the corpus is taken."""
    test_pairs: int = Field(default=1000, ge=0)
    """Pairs to hold out for the test where no corpus is given; at most a tenth of the corpus is taken."""


class CleaningRecipe(Section):
    """Which pairs are kept. Each rule is counted in the dataset's report."""

    unicode_form: Literal["NFC", "NFKC", "none"] = "NFC"
    """Unicode normalisation form of both sides."""
    collapse_white_space: bool = True
    """Turn every run of white space into one space and strip both ends."""
    max_characters: int = Field(default=1000, ge=1)
    """Longest side kept, in characters."""
    max_ratio: float = Field(default=4.0, gt=1)
    """Largest ratio of the longer to the shorter side kept, in UTF-8 bytes, 10 added to each."""
    drop_duplicates: bool = True
    """Keep only the first of pairs whose two sides are equal."""


class TokenizerRecipe(Section):
    """How text becomes ids."""

    kind: Literal["bpe"] = "bpe"
    """Byte-pair encoding with byte fallback."""
    vocabulary_size: int = Field(default=10_000, ge=300)
    """Symbols in each vocabulary: 4 special ones, 256 bytes, the rest characters and merges."""
    shared: bool = True
    """One vocabulary for both languages; else one for each."""
    single_digits: bool = True
    """Each digit is a symbol of its own, so that numbers are spelt and never memorised."""
