"""``dragoman evaluate``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.data_options import GivenCorpora
from dragoman.cli.option_group import takes_groups
from dragoman.cli.options import Device
from dragoman.cli.output_file import output_option
from dragoman.cli.search_options import GivenSearch
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.assessment.evaluate import Evaluation
    from dragoman.contracts import Exact
    from dragoman.recipe.search import SearchRecipe

_ENGINE = "What searches for text: native, torch, ctranslate2, or auto: the fastest that is exact enough."
_COMPUTE = "Numbers of its matrix products: float32, bfloat16, int8, or auto, as chosen when the model was saved."
_SHORTLIST = "Score only symbols of the model's lexical shortlist, or all; by default as chosen when it was saved."
_PICTURE = "Draw which labels are confused, how far numbers are off, or the search report, as PNG."
_EXPANSIONS = 10_000
_SEARCH_REPORT = (
    "Compare greedy search and beams with exact search, which --beam, --expansions (by default 10,000) and --seconds "
    "are then for: how often they miss the model's best output, and whether that is any good."
)


@takes_groups
def evaluate(
    data: GivenCorpora,
    search: GivenSearch,
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    device: Device = "auto",
    engine: Annotated[str, typer.Option(help=_ENGINE)] = "torch",
    compute: Annotated[str, typer.Option(help=_COMPUTE)] = "auto",
    shortlist: Annotated[bool | None, typer.Option("--shortlist/--no-shortlist", help=_SHORTLIST)] = None,
    json_file: Annotated[Path | None, output_option("Write the report as JSON.", "--json")] = None,
    output: Annotated[Path | None, output_option("Write the model's outputs, one a line.")] = None,
    picture: Annotated[Path | None, output_option(_PICTURE)] = None,
    search_report: Annotated[bool, typer.Option("--search-report", help=_SEARCH_REPORT)] = False,
) -> None:
    """Measure how good a model is, with confidence intervals.

    Translations: BLEU, chrF2++, TER, exact match, kept placeholders. Text that was read from pictures: character and
    word error rate. Labels: accuracy, macro-F1, calibration. Numbers: RMSE, MAE, R². Language models: perplexity, bits
    per character. Without data of its own, a model inside a run is measured on that run's test set. With
    --search-report, several searches of a translator or a reader are compared besides.
    """
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_outputs

    check_outputs({"--json": json_file, "--output": output, "--picture": picture}, [model, *data.inputs()])
    search.check("exact" if search_report else "beam")
    if search_report:
        _check_report(search, by_torch=(engine, compute, shortlist) == ("torch", "auto", None))
    check_model(model)
    sections = data.sections()

    from dragoman.assessment.evaluate import evaluate as evaluate_model
    from dragoman.model.folder import recipe_in
    from dragoman.tasks.assessment import Search

    recipe = recipe_in(model).search
    # A width alone is for the task to judge; it may have no search at all.
    named = search.names_method and not search_report
    method = search.method(recipe) if named else None
    chosen = Search(None if named else search.beam, engine, compute, shortlist, method, model)
    found = evaluate_model(
        model,
        sections,
        columns=data.columns,
        search=chosen,
        device=device,
        outputs=output is not None,
        picture=picture,
        search_report=_exact(search, recipe) if search_report else None,
    )
    _write(found, json_file, output)
    print(found.as_text())


def _check_report(search: GivenSearch, *, by_torch: bool) -> None:
    """Refuse what a search report has no use for."""
    useless = {
        f"--search {search.search}": search.search not in (None, "exact"),
        "--length-penalty": search.length_penalty is not None,
        "--engine, --compute or --shortlist": not by_torch,
    }
    given = [option for option, is_given in useless.items() if is_given]
    if given:
        raise InputError(
            f"{' and '.join(given)} cannot be given beside --search-report",
            cause="a search report compares greedy search and beams with exact search by log-probability, in PyTorch.",
            remedy=f"leave {' and '.join(given)} out.",
        )


def _exact(search: GivenSearch, recipe: SearchRecipe) -> Exact:
    """The exact search of a search report."""
    from dragoman.contracts import Exact
    from dragoman.contracts.expect import expect

    method = expect(search.method(recipe, usual="exact"), Exact)
    return method if search.expansions is not None else replace(method, expansions=_EXPANSIONS)


def _write(found: Evaluation, json_file: Path | None, output: Path | None) -> None:
    from dragoman.storage.output import write_output

    if output is not None:
        lines = "".join(" ".join(text.splitlines()) + "\n" for text in found.assessment.outputs)
        write_output(output, lines.encode())
    if json_file is not None:
        write_output(json_file, (json.dumps(found.to_dict(), indent=2) + "\n").encode())
