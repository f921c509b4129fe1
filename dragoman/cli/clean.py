"""``dragoman clean``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli.data_options import GivenTraining
from dragoman.cli.option_group import takes_groups
from dragoman.errors import InputError


@takes_groups
def clean(
    data: GivenTraining,
    output: Annotated[Path, typer.Option(help="Folder to be made.")],
    recipe: Annotated[str, typer.Argument(help="A TOML file or a preset, for its rules and corpora.")] = "tiny",
    settings: Annotated[list[str] | None, typer.Option("--set", help="Change a rule: cleaning.max_ratio=3.")] = None,
) -> None:
    """Clean parallel text by the rules of a recipe, without training, and show what was dropped and why.

    Writes the pairs that are kept as two text files, every drop with its file and line, the report and a picture.
    """
    from dragoman.storage.output import check_new_folder

    check_new_folder(output)
    complete = data.complete(recipe, settings)

    from rich.console import Console
    from rich.table import Table

    from dragoman.data.clean_corpora import clean as clean_corpora
    from dragoman.recipe.kinds import LANGUAGE_MODEL, TRANSLATOR, kind_of, title_of

    if kind_of(complete.model) not in (TRANSLATOR, LANGUAGE_MODEL):
        raise InputError(
            f"the recipe is for {title_of(complete.model)}, and this command cleans parallel text",
            file=recipe,
            remedy="give a translator's recipe, such as tiny; `dragoman train` cleans what other models learn from.",
        )
    report = clean_corpora(complete, output, log=print)
    console = Console()
    table = Table(title="dropped")
    table.add_column("rule")
    table.add_column("pairs", justify="right")
    table.add_column("for example")
    for rule, count in sorted(report["dropped"].items(), key=lambda item: -item[1]):
        example = report["examples"][rule][0]
        place = f"{Path(example['file']).name}:{example['line']}"
        table.add_row(rule, f"{count:,}", f"{place}\n{example['source']}\n{example['target']}", end_section=True)
    console.print(table, markup=False) if report["dropped"] else console.print("Nothing was dropped.")
    print(f"\nKept pairs, every drop, the report and the picture: {output}")
