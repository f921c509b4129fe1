"""``dragoman export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dragoman.errors import InputError


def export(
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    output: Annotated[Path, typer.Option(help="Folder to be written; it must not exist.")],
    to: Annotated[str, typer.Option("--to", help="Format: ctranslate2.")] = "ctranslate2",
    quantization: Annotated[
        str, typer.Option(help="Type that weights are stored in: float32, bfloat16, float16, int16 or int8.")
    ] = "float32",
    shortlist: Annotated[
        bool, typer.Option("--shortlist", help="With the model's lexical shortlist, as vmap.txt.")
    ] = False,
) -> None:
    """Write a Transformer for another engine, with its tokenizer."""
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_new_folder

    if to != "ctranslate2":
        raise InputError(f"no format to export to is called {to}", remedy="give ctranslate2.")
    check_new_folder(output)
    check_model(model)

    from dragoman.export.ctranslate2_model import export_ctranslate2
    from dragoman.export.shortlist_file import load_shortlist
    from dragoman.model.folder import load_model
    from dragoman.recipe.kinds import TRANSLATOR, require

    loaded = load_model(model)
    require(loaded.recipe.model, TRANSLATOR, model)
    narrowed = load_shortlist(model, *loaded.vocabularies) if shortlist else None
    export_ctranslate2(loaded, output, quantization=quantization, shortlist=narrowed)
    print(f"{output}: for CTranslate2, {quantization}")
