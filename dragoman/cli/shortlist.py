"""``dragoman shortlist``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def shortlist(
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    dataset: Annotated[
        Path | None, typer.Option(help="Dataset that it was trained on; by default its run's, beside it.")
    ] = None,
    frequent: Annotated[
        int, typer.Option(min=0, max=10**7, help="Most frequent target symbols that are always allowed.")
    ] = 2000,
    per_symbol: Annotated[
        int, typer.Option(min=1, max=10**7, help="Target symbols that each source symbol allows.")
    ] = 400,
) -> None:
    """Learn which target symbols each source symbol can become, for faster translating with `--shortlist`."""
    from dragoman.storage.given import check_model

    check_model(model)

    from dragoman.alignment.dataset_shortlist import dataset_shortlist
    from dragoman.assessment.quantize import keep_choice, training_data
    from dragoman.export.shortlist_file import SHORTLIST, add_shortlist
    from dragoman.model.folder import load_model
    from dragoman.recipe.kinds import TRANSLATOR, require

    loaded = load_model(model)
    require(loaded.recipe.model, TRANSLATOR, model)
    opened = training_data(model, loaded, dataset)
    made = dataset_shortlist(opened, frequent=frequent, per_symbol=per_symbol)
    add_shortlist(model, made)
    print(f"{model / SHORTLIST}: {len(made.always):,} symbols always, {len(made.targets):,} by source symbol")
    choice = keep_choice(model, loaded, opened, [made])
    print("the native engine does not compute such models" if choice is None else choice)
