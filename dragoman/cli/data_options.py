"""Options that name data; the same in every command that trains."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

_PANEL = "Data"


def data_option(help: str, *names: str) -> Any:
    """An option that names data."""
    return typer.Option(*names, help=help, rich_help_panel=_PANEL, show_default=False)


_CORPUS = (
    "Table (TSV, CSV, Parquet, JSON lines) of texts, pictures' paths or anything else in columns; file of translations "
    "(also PO, MO, XLIFF, TMX); or folder with a folder of pictures for each label. May have wildcards. Repeatable."
)
_TEXT = (
    "Text file, one line a sentence or paragraph: for a language model, or to be rendered for a reader of pictures; as "
    "LABEL=FILE for a model that says labels. Repeatable."
)
_COLUMNS = "Columns of the files: source and target, such as en,de; of a table whose rows are read the target alone."
_FORMAT = "Format of the files, if neither name nor content tells it: table, json-lines, parquet, po, mo, xliff, tmx."

File = Path | None
Files = list[Path] | None
Text = str | None
Texts = list[str] | None

SourceFile = Annotated[File, data_option("Text file, one source a line.")]
TargetFile = Annotated[File, data_option("Text file, for each source a line: its translation, label or number.")]
Corpora = Annotated[Files, data_option(_CORPUS)]
Catalogues = Annotated[
    Files, data_option("Folder, zip or wheel with a file of translations for each language. Repeatable.")
]
TextFiles = Annotated[Texts, data_option(_TEXT)]
Columns = Annotated[Text, data_option(_COLUMNS)]
Features = Annotated[Text, data_option("Columns of a table's row that are read, such as a,b; else all.")]
LeaveOut = Annotated[Text, data_option("Columns of a table that are not read, such as a,b.", "--leave-out")]
Separator = Annotated[Text, data_option("What separates the fields of tables: one character, or tab; else they tell.")]
DecimalMark = Annotated[
    Text, data_option("What stands before fractions in tables: point or comma; else they tell.", "--decimal")
]
Categorical = Annotated[Text, data_option("Columns of numbers that are names, such as a,b.")]
FileFormat = Annotated[Text, data_option(_FORMAT, "--format")]
ValidationSource = Annotated[File, data_option("Validation set; else some examples are held out.")]
ValidationTarget = Annotated[File, data_option("Its translations, labels or numbers.")]
ValidationCorpora = Annotated[Files, data_option("Validation set, as --corpus is. Repeatable.")]
ValidationTexts = Annotated[Texts, data_option("Validation set, as --text is. Repeatable.")]
TestSource = Annotated[File, data_option("Test set; else some examples are held out.")]
TestTarget = Annotated[File, data_option("Its translations, labels or numbers.")]
TestCorpora = Annotated[Files, data_option("Test set, as --corpus is. Repeatable.")]
TestTexts = Annotated[Texts, data_option("Test set, as --text is. Repeatable.")]
SourceLanguage = Annotated[Text, data_option("Source language, such as en.", "--from")]
TargetLanguage = Annotated[Text, data_option("Target language, or the language of a text, such as de.", "--to")]
