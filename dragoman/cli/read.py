"""``dragoman read``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli.option_group import takes_groups
from dragoman.cli.options import Device
from dragoman.cli.output_file import STANDARD_OUTPUT, emit, output_option
from dragoman.cli.search_options import GivenSearch

_ENGINE = "What searches: native, torch, or auto: the fastest that is exact enough."
_COMPUTE = "Numbers of its matrix products: float32, bfloat16, int8, or auto, as chosen when the model was saved."


@takes_groups
def read(
    search: GivenSearch,
    model: Annotated[Path, typer.Argument(help="Folder of a reader, such as runs/reader/best.")],
    pictures: Annotated[
        list[Path], typer.Argument(help="Pictures of one line each; folders of these; or tables with a column of them.")
    ],
    column: Annotated[str | None, typer.Option(help="Column of the tables; by default as in training.")] = None,
    output: Annotated[Path | None, output_option("Text file; standard output if not given.")] = None,
    paths: Annotated[bool, typer.Option("--paths", help="Write a table of path and text, separated by a tab.")] = False,
    device: Device = "auto",
    engine: Annotated[str, typer.Option(help=_ENGINE)] = "auto",
    compute: Annotated[str, typer.Option(help=_COMPUTE)] = "auto",
) -> None:
    """Read pictures, each of one line of text: a line for each, in their order."""
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_output

    search.check()
    check_output(output or STANDARD_OUTPUT, [model, *pictures])
    check_model(model)

    from dragoman.cli.picture_input import picture_files, picture_groups
    from dragoman.predict.reader import Reader
    from dragoman.recipe.columns import source_column

    check_output(output or STANDARD_OUTPUT, [model, *picture_files(pictures)])
    reader = Reader.load(model, device=device, engine=engine, compute=compute)
    method = search.request(reader.recipe.search).method
    groups = picture_groups(pictures, column or source_column(reader.recipe))
    names = [name for group in groups for name in group.names]
    texts = [text for group in groups for text in reader.read(group.pictures, search=method, table=group.table)]
    lines = [" ".join(text.split()) for text in texts]
    if paths:
        lines = ["path\ttext", *(f"{name}\t{line}" for name, line in zip(names, lines, strict=True))]
    data = "".join(f"{line}\n" for line in lines).encode()
    emit(output, data)
