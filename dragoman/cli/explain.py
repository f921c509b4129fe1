"""``dragoman explain``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.data_options import DecimalMark, Separator
from dragoman.cli.option_group import takes_groups
from dragoman.cli.options import Device
from dragoman.cli.output_file import emit, output_option
from dragoman.cli.search_options import GivenSearch
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.explanation.explanation import Explanation

_SENTENCE = "Text to explain; of a language model, how a text begins."
_INPUT = (
    "Text file, one text a line; or table (CSV, TSV, Parquet, JSON lines) of texts, of pictures' paths, or whose rows "
    "are read. Each line or row is explained."
)
_ROW = "Number, from 1, of the one line or row that is explained; all if not given."
_COLUMN = "Column of the table that holds texts or pictures; by default as in training."
_PROPOSE = "Output that you propose instead: it is scored token by token and compared with what the search found."
_LABEL = "Label or tag that is explained; the one that is predicted if not given."
_WORD = "Number, from 1, of a word whose tag is explained; all words if not given. Repeatable."
_PIXELS = "Find the pixels that each character was read from, which takes longest."
_ALTERNATIVES = "Other tokens shown in the place of each token, and hypotheses given up shown at each step."
_JSON = "Write everything as JSON; of several lines, a line of JSON for each."


@takes_groups
def explain(
    search: GivenSearch,
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    sentence: Annotated[str | None, typer.Argument(help=_SENTENCE)] = None,
    source: Annotated[Path | None, typer.Option("--input", help=_INPUT)] = None,
    image: Annotated[list[Path] | None, typer.Option(help="Picture, or folder of pictures. Repeatable.")] = None,
    row: Annotated[int | None, typer.Option(min=1, max=10**9, help=_ROW)] = None,
    column: Annotated[str | None, typer.Option(help=_COLUMN)] = None,
    separator: Separator = None,
    decimal: DecimalMark = None,
    propose: Annotated[str | None, typer.Option(help=_PROPOSE)] = None,
    label: Annotated[str | None, typer.Option(help=_LABEL)] = None,
    word: Annotated[list[int] | None, typer.Option(min=1, max=10**6, help=_WORD)] = None,
    pixels: Annotated[bool, typer.Option("--pixels/--no-pixels", help=_PIXELS)] = True,
    alternatives: Annotated[int, typer.Option(min=0, max=1000, help=_ALTERNATIVES)] = 3,
    json_file: Annotated[Path | None, output_option(_JSON, "--json")] = None,
    device: Device = "auto",
) -> None:
    """Show why a model answers as it does.

    Of a text that is written: each token with its probability and what was nearly said, the search as a tree, and a
    translation that you propose instead beside the model's own. Of a label, a number or tags: what each word, column or
    pixel contributed. Of a picture that is read: where each character stands, and the pixels that it was read from.
    """
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_outputs

    search.check()
    check_outputs({"--json": json_file}, [model, *([source] if source is not None else []), *(image or [])])
    check_model(model)
    if sentence is not None and (source is not None or image):
        raise InputError(
            "a sentence and a file were both given", file=source, remedy="explain the sentence and the file in turn."
        )

    from dragoman.cli.model_input import AskedInputs
    from dragoman.cli.table_input import writing_of
    from dragoman.explanation.asked import Asked
    from dragoman.explanation.explain import explain_all
    from dragoman.model.folder import recipe_in
    from dragoman.tasks.load import load

    recipe = recipe_in(model)
    inputs = AskedInputs(recipe, model, source, image, column, writing_of(separator, decimal))
    given = inputs.given() if sentence is None else inputs.sentence(sentence)
    if row is not None:
        given = given.only(row, source)
    method = search.method(recipe.search) if search.given else None
    words = None if word is None else tuple(number - 1 for number in word)
    asked = Asked(propose, method, alternatives, label, words, pixels)
    _write(explain_all(load(model, device=device), given.inputs, asked, table=given.place), json_file)


def _write(found: Sequence[Explanation], json_file: Path | None) -> None:
    import json

    from dragoman.reports.written import finite
    from dragoman.storage.output import write_output

    if json_file is not None:
        lines = (json.dumps(finite(each.to_dict()), ensure_ascii=False) for each in found)
        write_output(json_file, "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"))
    text = "\n\n".join(each.as_text() for each in found)
    emit(None, f"{text}\n".encode("utf-8", "backslashreplace"))
