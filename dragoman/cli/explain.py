"""``dragoman explain``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_ALIGN = (
    "Write the links between words instead, in Pharaoh format: a line such as 0-0 1-2 for each line, of source word "
    "and target word, from 0. Words are what white space stands between. Without --target, the model's own "
    "translation stands before its links, and a tab between them."
)
_TARGET = "With --align: a text file with the translation of each line of --input."
_OUTPUT = "With --align: the file for the links; standard output if not given."
_JSON = "Write everything as JSON; of several inputs, a line of JSON for each."
_PAGE = "Write a page (HTML) to explore in a browser."
_PICTURE = "Draw it, as PNG or SVG by the name's ending."
_DRAWING = "What --picture draws, such as tokens, tree, attention or links; by default what says most."
_RULE = "─" * 80


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
    page: Annotated[Path | None, output_option(_PAGE)] = None,
    picture: Annotated[Path | None, output_option(_PICTURE)] = None,
    drawing: Annotated[str | None, typer.Option(help=_DRAWING)] = None,
    align: Annotated[bool, typer.Option("--align", help=_ALIGN)] = False,
    target: Annotated[Path | None, typer.Option(help=_TARGET)] = None,
    output: Annotated[Path | None, output_option(_OUTPUT, "--output")] = None,
    device: Device = "auto",
) -> None:
    """Show why a model answers as it does.

    Of a text that is written: each token with its probability and what was nearly said, the search as a tree with the
    reason why each hypothesis was given up, and a translation that you propose beside the model's own; with --align,
    the links between the words of sources and translations. Of a label, a number or tags: what each word, column or
    pixel contributed. Of a picture that is read: where each character stands, and the pixels that it was read from.
    """
    from dragoman.cli.word_links import refuse_what_aligns_nothing
    from dragoman.reports.figure import check_picture
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_outputs

    search.check()
    others: dict[str, object] = {
        "--propose": propose,
        "--json": json_file,
        "--page": page,
        "--picture": picture,
        "--image": image,
        "--row": row,
    }
    others |= {"--column": column, "--separator": separator, "--decimal": decimal, "--label": label, "--word": word}
    others["an option of a search"] = (search.given and target is not None) or None
    refuse_what_aligns_nothing(align, output, target, others)
    files = [*(path for path in (source, target) if path is not None), *(image or [])]
    check_outputs({"--json": json_file, "--page": page, "--picture": picture, "--output": output}, [model, *files])
    if picture is not None:
        check_picture(picture)
    elif drawing is not None:
        raise InputError(f"--drawing {drawing} was given, and no --picture", remedy="name a file with --picture.")
    check_model(model)
    if sentence is not None and (source is not None or image):
        raise InputError(
            "a sentence and a file were both given", file=source, remedy="explain the sentence and the file in turn."
        )
    if align:
        _align(model, sentence, source, target, output, search, device)
        return

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
    asked = Asked(propose, method, None, alternatives, label, words, pixels)
    alone = {"--page": page, "--picture": picture}
    _refuse_several(len(given.inputs), alone, source)
    found = explain_all(load(model, device=device), given.inputs, asked, table=given.place)
    _refuse_several(len(found), alone, source)
    if json_file is not None:
        _write_json(found, json_file)
    if page is not None:
        found[0].write_page(page)
    if picture is not None:
        found[0].draw(picture, drawing)
    text = f"\n{_RULE}\n".join(each.as_text() for each in found)
    emit(None, f"{text}\n".encode("utf-8", "backslashreplace"))


def _refuse_several(count: int, alone: Mapping[str, Path | None], source: Path | None) -> None:
    """Refuse files that show one explanation where there are others; a long text has one for each of its pieces."""
    given = [option for option, file in alone.items() if file is not None]
    if given and count != 1:
        raise InputError(
            f"{given[0]} shows one explanation, and there are {count:,}",
            file=source,
            remedy="explain one input at a time, or write all of them with --json.",
        )


def _align(
    model: Path,
    sentence: str | None,
    source: Path | None,
    target: Path | None,
    output: Path | None,
    search: GivenSearch,
    device: str,
) -> None:
    from dragoman.cli.text_input import from_terminal, read_lines
    from dragoman.cli.word_links import write_links
    from dragoman.data.formats.plain_text import check_text_files
    from dragoman.predict.translator import Translator

    check_text_files(*(path for path in (source, target) if path is not None))
    if sentence is None and source is None and from_terminal():
        raise InputError(
            "nothing was given to align",
            file=model,
            remedy='give a sentence: dragoman explain MODEL "…" --align; or a text file with --input.',
        )
    translator = Translator.load(model, device=device)
    method = search.method(translator.recipe.search) if search.given else None
    write_links(translator, read_lines(source) if sentence is None else [sentence], target, output, method)


def _write_json(found: Sequence[Explanation], file: Path) -> None:
    """Write one explanation as a JSON object, or several as lines."""
    import json

    from dragoman.reports.written import finite, json_text
    from dragoman.storage.output import write_output

    lines = [json.dumps(finite(each.to_dict()), ensure_ascii=False) for each in found]
    text = json_text(found[0]) if len(found) == 1 else "\n".join(lines)
    write_output(file, f"{text}\n".encode("utf-8", "backslashreplace"))
