"""``dragoman quantize``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def quantize(
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    dataset: Annotated[
        Path | None, typer.Option(help="Dataset that it was trained on; by default its run's, beside it.")
    ] = None,
) -> None:
    """Choose, by the validation set, the fastest numbers, shortlist and preview that cost a model no quality."""
    from dragoman.storage.given import check_model

    check_model(model)

    from dragoman.assessment.quantize import quantize as choose

    print(choose(model, dataset=dataset))
