"""``dragoman describe``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.output_file import emit

_SET = "Change a value of the recipe first: model.encoder.layers=4."

if TYPE_CHECKING:
    from rich.table import Table

    from dragoman.model.describe import LayerRow
    from dragoman.model.folder import LoadedModel
    from dragoman.recipe import Recipe


def describe(
    subject: Annotated[str, typer.Argument(help="A recipe's TOML file, a preset, or the folder of a model.")],
    toml: Annotated[bool, typer.Option("--toml", help="Print the recipe with every setting instead.")] = False,
    settings: Annotated[list[str] | None, typer.Option("--set", help=_SET)] = None,
) -> None:
    """Print the layers of a model with their output shapes and parameter counts."""
    from dragoman.cli.settings import parse_settings, remark
    from dragoman.errors import InputError
    from dragoman.recipe import load_recipe
    from dragoman.storage.given import check_model

    recipe: Recipe | None = None
    if Path(subject).is_dir():
        if settings:
            raise InputError(
                f"--set {settings[0]}: this is a trained model, and its settings are what it was trained with",
                file=subject,
                remedy="leave --set away, or describe a recipe or a preset.",
            )
        check_model(Path(subject))
    else:
        recipe = load_recipe(subject, changes=parse_settings(settings or []), log=remark)

    from rich.console import Console

    from dragoman.model.build import build
    from dragoman.model.describe import describe as layers_of
    from dragoman.model.folder import load_model
    from dragoman.model.weights import parameter_count
    from dragoman.recipe.complete import complete_recipe
    from dragoman.recipe.example_sizes import example_title, stand_in_sizes

    further: list[str] = []
    if recipe is None:
        loaded = load_model(Path(subject))
        recipe, model, source, target = loaded.recipe, loaded.model, loaded.source.size, loaded.target.size
        title = example_title(recipe.model, source, target)
        further = _learnt(loaded, Path(subject))
    else:
        source, target = stand_in_sizes(recipe)
        model = build(recipe.model, source, target, recipe.training.seed)
        title = example_title(recipe.model, source, target, unknown=" (how many, the data will tell)")
    if toml:
        emit(None, complete_recipe(recipe).encode())
        return
    rows = layers_of(model, source)
    console = Console()
    console.print(_table(f"{subject}: {title}", rows))
    console.print(f"{parameter_count(model):,} trainable parameters; what is shared is counted once.")
    if any(row.fully_connected is not None for row in rows):
        console.print(_of_fully_connected(any_width=any("W" in row.shape for row in rows)))
    if recipe.data.weights is not None:
        further.append(f"The losses of its training examples are multiplied by weights: {recipe.data.weights.name}.")
    training = recipe.training
    if training.budget_phrase is not None:
        further.append(f"Its recipe is for a budget of {training.budget_phrase}.")
    if training.budget is not None:
        further.append("`dragoman train` chooses sizes, vocabulary and schedule anew, for its data, machine and time.")
    for line in further:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _learnt(loaded: LoadedModel, folder: Path) -> list[str]:
    """Lines on what a trained model has beside its layers."""
    from dragoman.model.coefficients import is_linear, lines
    from dragoman.reference.file import load_reference
    from dragoman.reports.text import aligned
    from dragoman.text.codec import Codec

    found = []
    if loaded.parent is not None:
        found.append(f"Its training began from another model: {loaded.parent}.")
    if isinstance(loaded.target, Codec) and loaded.target.units:
        found.append(f"Placeholders are carried over: {', '.join(loaded.target.placeholders.names)}.")
    reference = load_reference(folder)
    if reference is not None:
        found.append(f"Kept so that later inputs can be compared with it: {reference.phrase}.")
    if is_linear(loaded):
        found += ["\nCoefficients, in the units of the data:", *aligned(lines(loaded))]
    return found


def _table(title: str, rows: list[LayerRow]) -> Table:
    from rich.table import Table

    from dragoman.model.describe import convolution_totals

    convolutions = any(row.fully_connected is not None for row in rows)
    table = Table(title=title)
    table.add_column("layer", no_wrap=True)
    table.add_column("kind")
    for heading in ("output", "parameters", *(["fully connected"] if convolutions else [])):
        table.add_column(heading, justify="right")
    for row in rows:
        instead = "" if row.fully_connected is None else f"{row.fully_connected:,}"
        cells = ["  " * row.depth + row.name, row.kind, row.shape, f"{row.parameters:,}"]
        table.add_row(*cells, *([instead] if convolutions else []))
    if convolutions:
        parameters, instead_of_all = convolution_totals(rows)
        table.add_section()
        table.add_row("all 2-d convolutions", "", "", f"{parameters:,}", f"{instead_of_all:,}")
    return table


def _of_fully_connected(*, any_width: bool) -> str:
    from dragoman.model.example_input import EXAMPLE_WIDTH

    width = f", for pictures with W = {EXAMPLE_WIDTH}" if any_width else ""
    return (
        f"Outputs of convolutions: channels × height × width. Fully connected: the weights, without a bias, of a layer "
        f"in its place that connects all of its input with all of its output{width}."
    )
