"""``dragoman shortlist``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dragoman.errors import InputError


def shortlist(
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    dataset: Annotated[
        Path | None, typer.Option(help="Dataset that it was trained on; by default its run's, beside it.")
    ] = None,
    frequent: Annotated[
        int, typer.Option(min=0, max=10**7, help="Most frequent target symbols that are always allowed.")
    ] = 100,
    per_symbol: Annotated[
        int, typer.Option(min=1, max=10**7, help="Target symbols that each source symbol allows.")
    ] = 50,
) -> None:
    """Learn which target symbols each source symbol can become, for faster translating with `--shortlist`."""
    from dragoman.storage.given import check_model

    check_model(model)

    from dragoman.alignment.dataset_shortlist import dataset_shortlist
    from dragoman.data.dataset import Dataset
    from dragoman.export.shortlist_file import SHORTLIST, add_shortlist
    from dragoman.model.folder import load_model
    from dragoman.recipe.kinds import TRANSLATOR, require
    from dragoman.storage.run_paths import run_around

    loaded = load_model(model)
    require(loaded.recipe.model, TRANSLATOR, model)
    opened = Dataset.open(dataset if dataset is not None else run_around(model).dataset_folder)
    for ours, theirs in zip(loaded.codecs, opened.codecs, strict=True):
        if ours.tokenizer.vocabulary != theirs.tokenizer.vocabulary:
            raise InputError(
                "the dataset has another vocabulary than the model",
                file=dataset,
                remedy="give the dataset that it was trained on: RUN/dataset.",
            )
    made = dataset_shortlist(opened, frequent=frequent, per_symbol=per_symbol)
    add_shortlist(model, made)
    print(f"{model / SHORTLIST}: {len(made.always):,} symbols always, {len(made.targets):,} by source symbol")
