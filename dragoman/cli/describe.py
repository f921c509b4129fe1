"""``dragoman describe``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def describe(
    subject: Annotated[str, typer.Argument(help="A recipe's TOML file, a preset, or the folder of a model.")],
    toml: Annotated[bool, typer.Option("--toml", help="Print the complete recipe instead.")] = False,
) -> None:
    """Print the layers of a model with their output shapes and parameter counts."""
    from rich.console import Console
    from rich.table import Table

    from dragoman.model.build import build
    from dragoman.model.describe import describe as layers_of
    from dragoman.model.describe import parameter_count
    from dragoman.model.folder import load_model
    from dragoman.recipe import dump_recipe, load_recipe

    if Path(subject).is_dir():
        loaded = load_model(Path(subject))
        recipe, model = loaded.recipe, loaded.model
    else:
        recipe = load_recipe(subject)
        size = recipe.tokenizer.vocabulary_size
        model = build(recipe.model, size, size, recipe.training.seed)
    if toml:
        print(dump_recipe(recipe), end="")
        return
    table = Table(title=f"{subject}: one sentence of S source and T target tokens")
    table.add_column("layer")
    table.add_column("kind")
    table.add_column("output", justify="right")
    table.add_column("parameters", justify="right")
    for row in layers_of(model):
        table.add_row("  " * row.depth + row.name, row.kind, row.shape, f"{row.parameters:,}")
    console = Console()
    console.print(table)
    console.print(f"{parameter_count(model):,} trainable parameters; what is shared is counted once.")
