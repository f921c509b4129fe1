"""``dragoman explain``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.option_group import takes_groups
from dragoman.cli.options import Device
from dragoman.cli.output_file import emit, output_option
from dragoman.cli.search_options import GivenSearch
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.explanation.explanation import Explanation

_SENTENCE = "Text to explain; of a language model, how a text begins."
_PROPOSE = "Output that you propose instead: it is scored token by token and compared with what the search found."
_ALTERNATIVES = "Other tokens shown in the place of each token, and hypotheses given up shown at each step."
_JSON = "Write everything as JSON; of several lines, a line of JSON for each."


@takes_groups
def explain(
    search: GivenSearch,
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    sentence: Annotated[str | None, typer.Argument(help=_SENTENCE)] = None,
    source: Annotated[Path | None, typer.Option("--input", help="Text file: each line is explained.")] = None,
    propose: Annotated[str | None, typer.Option(help=_PROPOSE)] = None,
    alternatives: Annotated[int, typer.Option(min=0, max=1000, help=_ALTERNATIVES)] = 3,
    json_file: Annotated[Path | None, output_option(_JSON, "--json")] = None,
    device: Device = "auto",
) -> None:
    """Show why a model writes what it writes.

    Each token with its probability and what was nearly said, the search as a tree, and a translation that you propose
    instead beside the model's own.
    """
    from dragoman.data.formats.plain_text import check_text_files
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_outputs

    search.check()
    check_outputs({"--json": json_file}, [model, *([source] if source is not None else [])])
    check_text_files(*([source] if source is not None else []))
    check_model(model)
    texts = _texts(sentence, source, model)

    from dragoman.explanation.asked import Asked
    from dragoman.explanation.explain import explain_all
    from dragoman.model.folder import recipe_in
    from dragoman.tasks.load import load

    opened = load(model, device=device)
    asked = Asked(propose, search.method(recipe_in(model).search) if search.given else None, alternatives)
    _write(explain_all(opened, texts, asked), json_file)


def _texts(sentence: str | None, source: Path | None, model: Path) -> list[str]:
    """The texts that were given, from wherever they come."""
    from dragoman.cli.text_input import from_terminal, read_lines

    if sentence is not None and source is not None:
        raise InputError(
            "a sentence and --input were both given", file=source, remedy="explain the sentence and the file in turn."
        )
    if sentence is not None:
        return [sentence]
    if source is None and from_terminal():
        raise InputError(
            "nothing was given to explain",
            file=model,
            remedy='give a sentence: dragoman explain MODEL "…"; or a text file with --input.',
        )
    return list(read_lines(source))


def _write(found: Sequence[Explanation], json_file: Path | None) -> None:
    import json

    from dragoman.reports.written import finite
    from dragoman.storage.output import write_output

    if json_file is not None:
        lines = (json.dumps(finite(each.to_dict()), ensure_ascii=False) for each in found)
        write_output(json_file, "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"))
    text = "\n\n".join(each.as_text() for each in found)
    emit(None, f"{text}\n".encode("utf-8", "backslashreplace"))
