"""Where the examples come from and how they are cleaned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from dragoman.recipe.picture import Names
from dragoman.recipe.placeholders import PlaceholderFamilies
from dragoman.recipe.section import Section

FilePath = Annotated[Path, BeforeValidator(lambda value: Path(value) if isinstance(value, str) else value)]


Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*(@[A-Za-z0-9]+)?$")]


def _separator(value: object) -> object:
    return "\t" if value in ("tab", "\\t") else value


Separator = Annotated[str, BeforeValidator(_separator), Field(min_length=1, max_length=1, pattern=r'[^"\r\n]')]
"""One character; a tab may be called by its name."""


class CorpusRecipe(Section):
    """One corpus: two line-aligned files (``source`` and ``target``), or one file or folder of pairs (``path``), or one
    file of ``text``: for a language model, for a reader of pictures that learns from rendered lines, or, with a
    ``label``, for a model that tells labels apart."""

    name: str | None = None
    """What statistics call it; by default the name of the file."""
    weight: float = Field(default=1.0, gt=0, le=1000)
    """How often each of its pairs is seen in one pass: 2 is twice, 0.5 is every other pass."""
    source: FilePath | None = None
    """Text file with one source sentence a line."""
    target: FilePath | None = None
    """Text file with one target sentence a line, as many lines as ``source``."""
    text: FilePath | None = None
    """Text file, one sentence or paragraph a line."""
    label: str | None = None
    """What every line of ``text`` is: its language, domain or topic."""
    path: FilePath | None = None
    """A file of pairs in one of the formats below; a catalogue: a folder, zip or wheel with files by language; or for
    pictures with labels a folder that has a folder of pictures for each label."""
    format: Literal[
        "auto", "lines", "table", "json-lines", "parquet", "po", "mo", "xliff", "tmx", "conll", "catalogue"
    ] = "auto"
    """What ``path`` is; ``auto`` tells it by name and content."""
    source_column: str = "source"
    """Column that holds the source, in a table (TSV, CSV), Parquet or JSON lines; ``translation.en`` reaches inside. Of
    pictures it holds their paths, which count from the table's folder, or in Parquet their files' bytes."""
    target_column: str = "target"
    """Column that holds the target: text, a label, a number, or a tag for each word."""
    separator: Separator | None = None
    """What separates the fields of a table: one character, or ``tab``; by default its rows tell it."""
    decimal: Literal["auto", "point", "comma"] = "auto"
    """What stands before the fraction of the numbers in a CSV or TSV file; ``auto`` tells it by the file."""
    source_language: Language | None = None
    """Language code of its sources; by default that of ``data``."""
    target_language: Language | None = None
    """Language code of its targets; by default that of ``data``."""
    licence: str | None = None
    """Terms of use of the corpus, for the model's card."""
    origin: str | None = None
    """Where the corpus comes from, for the model's card."""

    @model_validator(mode="before")
    @classmethod
    def _table_was_a_key_of_its_own(cls, values: object) -> object:
        # Models of version 0.1.0 say `table` where there is now one `path` for every format.
        if isinstance(values, dict) and "table" in values and "path" not in values:
            return {"path" if key == "table" else key: value for key, value in values.items()}
        return values

    @model_validator(mode="after")
    def _one_way_in(self) -> CorpusRecipe:
        lines = self.source is not None and self.target is not None
        partial = (self.source is None) != (self.target is None)
        if partial or sum((lines, self.path is not None, self.text is not None)) != 1:
            raise ValueError("give either both `source` and `target`, or `path`, or, for a language model, `text`")
        if self.label is not None and self.text is None:
            raise ValueError(f'label = "{self.label}" says what a `text` is, and there is no `text`')
        if self.text is not None and self.format != "auto":
            raise ValueError(f'format = "{self.format}" goes with `path`, and `text` is plain lines')
        if self.text is None and lines != (self.format == "lines") and self.format != "auto":
            raise ValueError(
                f'format = "{self.format}" goes with `path`' if lines else "`lines` needs `source` and `target`"
            )
        return self

    @property
    def title(self) -> str:
        """The corpus's name, or that of its file without the ending."""
        file = self.path or self.text or self.source
        assert file is not None
        return self.name or self.label or file.name.removesuffix(file.suffix) or file.name


def _several(value: object) -> object:
    """One corpus may be written as a table of its own, several as a list of tables, none as nothing."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


Corpora = Annotated[tuple[CorpusRecipe, ...], BeforeValidator(_several)]


class DataRecipe(Section):
    """The corpora and the two languages."""

    source_language: Language = "en"
    """Language code of the source (ISO 639), optionally with script or region: ``pt-BR``, ``zh-Hant``, ``sr@latin``."""
    target_language: Language = "de"
    """Language code of the target. Corpora can say languages of their own."""
    train: Corpora = ()
    """The training corpora: one ``[data.train]`` or several ``[[data.train]]``. May be absent only if a DataFrame is
    handed over from Python."""
    validation: Corpora = ()
    """The validation corpora; taken from the training corpora if absent."""
    test: Corpora = ()
    """The test corpora; taken from the training corpora if absent and ``validation`` is absent too."""
    validation_pairs: int = Field(default=1000, ge=1)
    """Pairs to hold out for validation where no corpus is given; at most a tenth of the corpora is taken."""
    test_pairs: int = Field(default=1000, ge=0)
    """Pairs to hold out for the test where no corpus is given; at most a tenth of the corpora is taken."""
    features: Names = ()
    """Columns that the encoder reads of a table's row; all but the target, if none is named."""
    categorical: Names = ()
    """Columns of numbers that are names all the same, such as a postal code."""
    leave_out: Names = ()
    """Columns of a table that are not read, such as an identifier."""
    weights: FilePath | None = None
    """File (Parquet, CSV, TSV) with a weight for each training example, which its loss is multiplied by, such as
    ``dragoman diagnose shift --write-weights`` writes."""

    @model_validator(mode="after")
    def _names_differ(self) -> DataRecipe:
        for split in ("train", "validation", "test"):
            titles = [corpus.title for corpus in getattr(self, split)]
            twice = sorted({title for title in titles if titles.count(title) > 1})
            if twice:
                raise ValueError(f"{split}: two corpora are called {', '.join(twice)}; give each a `name` of its own")
        return self


class CleaningRecipe(Section):
    """Which pairs are kept. Every drop is counted and listed, with file and line, in the dataset."""

    unicode_form: Literal["NFC", "NFKC", "none"] = "NFC"
    """Unicode normalisation form of both sides."""
    collapse_white_space: bool = True
    """Turn every run of white space into one space and strip both ends."""
    no_break_spaces: bool = True
    """Keep those no-break spaces of the target that are spelling, as in French punctuation, numbers and abbreviations;
    all others, and all of the source, become plain spaces."""
    control_characters: bool = True
    """Drop pairs with control characters, overrides of the writing direction or U+FFFD, the mark of broken decoding."""
    max_characters: int = Field(default=20_000, ge=1)
    """Longest side kept, in characters: what is longer is no sentence or paragraph but a file without line ends. What
    is too long to train on is told in tokens, by ``max_tokens``."""
    max_word_characters: int = Field(default=60, ge=1)
    """Longest word kept, in characters; URLs, placeholders and scripts without spaces are not judged."""
    max_ratio: float = Field(default=2.5, gt=1)
    """Largest ratio of the longer to the shorter side kept, in characters, those of Chinese, Japanese and Korean times
    3, 32 added to each."""
    copies: bool = True
    """Drop pairs whose target is the source untranslated, if it has more than ``max_copied_words`` words."""
    max_copied_words: int = Field(default=3, ge=0)
    """Words that a copied source may have: names, brands, loan words."""
    script: bool = True
    """Drop pairs with a side mostly in another script than its language is written in."""
    language: bool = True
    """Drop pairs with a side that is surely in the other of the two languages."""
    repetition: bool = True
    """Drop pairs with a side that says the same over and over."""
    numbers: bool = True
    """Drop pairs whose sides both have digits, of which fewer than half agree."""
    placeholders: bool = True
    """Drop pairs whose sides differ in placeholders, markup or URLs."""
    drop_duplicates: bool = True
    """Keep only the first of pairs whose two sides are equal."""
    drop_near_duplicates: bool = True
    """Keep only the first of pairs that differ in case, white space or punctuation alone."""
    max_tokens: int = Field(default=512, ge=1)
    """Longest side kept for training and validation, in tokens; longer lines are translated in pieces."""


class TokenizerRecipe(Section):
    """How text becomes ids."""

    kind: Literal["bpe", "unigram", "words", "characters"] = "bpe"
    """Byte-pair encoding (Sennrich et al. 2016), unigram language model (Kudo 2018), whole words, or characters; what
    has no symbol of its own is spelt, at last in bytes."""
    vocabulary_size: int = Field(default=10_000, ge=300, le=10_000_000)
    """Symbols in each vocabulary: 4 special ones, 256 bytes, the rest characters and what they make up."""
    shared: bool = True
    """One vocabulary for both languages; else one for each."""
    single_digits: bool = True
    """Each digit is a symbol of its own, so that numbers are spelt and never memorised."""
    placeholders: bool = True
    """Placeholders, markup and URLs become units that the model moves and never spells."""
    placeholder_families: PlaceholderFamilies | None = None
    """Which families of placeholders the corpora use, and no others, such as ["url", "tag", "qt"]; without it, those
    that cannot be mistaken, and what the training corpora show."""
    truecase: bool = False
    """Write the first word of a sentence as it is written inside sentences, and give it a capital again afterwards."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Rate of BPE-dropout in training (Provilkov et al. 2020); 0 is the one best segmentation. For ``bpe``."""
    sampling: float = Field(default=0.0, ge=0, le=100)
    """Smoothing exponent α of unigram sampling in training (Kudo 2018), such as 0.2; 0 is off. For ``unigram``."""
    model: FilePath | None = None
    """The folder of a trained model whose target vocabulary is taken as it is, so that a language model and a
    translator can speak of the same symbols; everything else here then has no effect."""
    sample_pairs: int = Field(default=1_000_000, ge=1)
    """Training pairs that the vocabulary is learnt from, at most; of more, an even sample is taken."""

    @model_validator(mode="after")
    def _regularisation_fits(self) -> TokenizerRecipe:
        for name, kind in (("dropout", "bpe"), ("sampling", "unigram")):
            if getattr(self, name) and self.kind != kind:
                raise ValueError(f'{name} needs kind = "{kind}", and kind is "{self.kind}"')
        return self
