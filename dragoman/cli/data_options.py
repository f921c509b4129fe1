"""The options that name data: written once, and the same in every command that takes data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.cli.option_group import OptionGroup

if TYPE_CHECKING:
    from dragoman.cli.settings import Sections
    from dragoman.recipe import Recipe

_PANEL = "Data"


def data_option(help: str, *names: str) -> Any:
    """An option that names data."""
    return typer.Option(*names, help=help, rich_help_panel=_PANEL, show_default=False)


_CORPUS = (
    "Table (TSV, CSV, Parquet, JSON lines) of texts, pictures' paths or anything else in columns; file of translations "
    "(also PO, MO, XLIFF, TMX); CoNLL file of tags; or folder with a folder of pictures for each label. May have "
    "wildcards. Repeatable."
)
_TEXT = (
    "Text file, one line a sentence or paragraph: for a language model, or to be rendered for a reader of pictures; as "
    "LABEL=FILE for a model that predicts labels. Repeatable."
)
_COLUMNS = "Columns of the files: source and target, such as en,de; of a table whose rows are read the target alone."
_FORMAT = (
    "Format of the files, if neither name nor content shows it: table, json-lines, parquet, po, mo, xliff, tmx, conll."
)

File = Path | None
Files = list[Path] | None
Text = str | None
Texts = list[str] | None

SourceFile = Annotated[File, data_option("Text file, one source a line.")]
TargetFile = Annotated[File, data_option("Text file, for each source a line: its translation, label, number or tags.")]
Corpora = Annotated[Files, data_option(_CORPUS)]
Catalogues = Annotated[
    Files, data_option("Folder, zip or wheel with a file of translations for each language. Repeatable.")
]
TextFiles = Annotated[Texts, data_option(_TEXT)]
Columns = Annotated[Text, data_option(_COLUMNS)]
Features = Annotated[Text, data_option("Columns of a table's row that are read, such as a,b; else all.")]
LeaveOut = Annotated[Text, data_option("Columns of a table that are not read, such as a,b.", "--leave-out")]
Separator = Annotated[Text, data_option("Field separator of tables: one character, or tab; by default detected.")]
DecimalMark = Annotated[
    Text, data_option("Decimal separator in tables: point or comma; by default detected.", "--decimal")
]
Categorical = Annotated[Text, data_option("Columns of numbers that are names, such as a,b.")]
FileFormat = Annotated[Text, data_option(_FORMAT, "--format")]
ValidationSource = Annotated[File, data_option("Validation set; else some examples are held out.")]
ValidationTarget = Annotated[File, data_option("Its translations, labels, numbers or tags.")]
ValidationCorpora = Annotated[Files, data_option("Validation set, as --corpus is. Repeatable.")]
ValidationTexts = Annotated[Texts, data_option("Validation set, as --text is. Repeatable.")]
TestSource = Annotated[File, data_option("Test set; else some examples are held out.")]
TestTarget = Annotated[File, data_option("Its translations, labels, numbers or tags.")]
TestCorpora = Annotated[Files, data_option("Test set, as --corpus is. Repeatable.")]
TestTexts = Annotated[Texts, data_option("Test set, as --text is. Repeatable.")]
WeightsFile = Annotated[
    File,
    data_option(
        "File with a weight for each training example, such as `dragoman diagnose shift --write-weights` writes.",
        "--weights",
    ),
]
SourceLanguage = Annotated[Text, data_option("Source language, such as en.", "--from")]
TargetLanguage = Annotated[Text, data_option("Target language, or the language of a text, such as de.", "--to")]


@dataclass(frozen=True, kw_only=True)
class GivenCorpora(OptionGroup):
    """The corpora that a person gives."""

    source: SourceFile = None
    target: TargetFile = None
    corpus: Corpora = None
    catalogue: Catalogues = None
    text: TextFiles = None
    columns: Columns = None
    file_format: FileFormat = None
    separator: Separator = None
    decimal: DecimalMark = None

    def inputs(self) -> list[Path]:
        """The files and folders that are read."""
        return [*(path for path in (self.source, self.target) if path), *(self.corpus or ()), *(self.catalogue or ())]

    def sections(self) -> Sections:
        """The corpora as a recipe writes them.

        Raises:
            RecipeError, InputError: for the options that :func:`dragoman.cli.settings.corpora` refuses.
        """
        return self._sections(self.source, self.target, self.corpus, self.catalogue, self.text)

    def _sections(self, source: File, target: File, files: Files, catalogues: Files, texts: Texts) -> Sections:
        from dragoman.cli.settings import corpora

        written = (self.separator, self.decimal)
        return corpora(source, target, files, catalogues, self.columns, self.file_format, texts, written=written)


@dataclass(frozen=True, kw_only=True)
class GivenTraining(GivenCorpora):
    """The training corpora that a person gives, and how they are read."""

    features: Features = None
    categorical: Categorical = None
    leave_out: LeaveOut = None
    source_language: SourceLanguage = None
    target_language: TargetLanguage = None

    def splits(self) -> dict[str, Sections]:
        """The corpora of each split as a recipe writes them."""
        return {"train": self.sections()}

    def complete(
        self,
        recipe: str,
        settings: list[str] | None,
        *,
        needs_data: bool = True,
        instead_of_its_own: bool = False,
    ) -> Recipe:
        """A recipe with the data and the settings that were given in the place of its own.

        Args:
            recipe: a TOML file or a preset.
            settings: such as ``training.seed=2``.
            needs_data: whether there has to be a training corpus then.
            instead_of_its_own: whether the recipe's own corpora are left out, also those of splits that are not given.

        Raises:
            RecipeError: if there has to be and is none, or anything is wrong with the recipe.
        """
        from dragoman.cli.settings import recipe_with

        lists = {"features": self.features, "categorical": self.categorical, "leave_out": self.leave_out}
        languages = {"source_language": self.source_language, "target_language": self.target_language}
        return recipe_with(
            recipe,
            self.splits(),
            settings or [],
            columns=self.columns,
            lists=lists,
            languages=languages,
            weights=self.example_weights(),
            needs_data=needs_data,
            instead_of_its_own=instead_of_its_own,
        )

    def example_weights(self) -> File:
        """The file of weights of the training examples; None if there is none."""
        return None


@dataclass(frozen=True, kw_only=True)
class GivenData(GivenTraining):
    """All the data of a recipe that a person gives: for training, validation and test."""

    validation_source: ValidationSource = None
    validation_target: ValidationTarget = None
    validation: ValidationCorpora = None
    validation_text: ValidationTexts = None
    test_source: TestSource = None
    test_target: TestTarget = None
    test: TestCorpora = None
    test_text: TestTexts = None
    weights: WeightsFile = None

    def example_weights(self) -> File:
        """The file of weights of the training examples; None if there is none."""
        return self.weights

    def splits(self) -> dict[str, Sections]:
        """The corpora of each split as a recipe writes them."""
        return {
            **GivenTraining.splits(self),
            "validation": self._sections(
                self.validation_source, self.validation_target, self.validation, None, self.validation_text
            ),
            "test": self._sections(self.test_source, self.test_target, self.test, None, self.test_text),
        }
