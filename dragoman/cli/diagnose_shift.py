"""``dragoman diagnose shift``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.data_options import DecimalMark, Separator
from dragoman.cli.new_examples import GivenTruth, read_examples
from dragoman.cli.option_group import takes_groups
from dragoman.cli.options import Device
from dragoman.cli.settings import remark
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.model.folder import LoadedModel
    from dragoman.reference.profile import Profile

_INPUT = (
    "New inputs: a text file, one text a line; or a table (CSV, TSV, Parquet, JSON lines) of texts, of pictures' "
    "paths, or whose rows are read. Repeatable. Of a model that reads text, standard input if not given."
)
_COLUMN = "Column of the table that holds texts or pictures; by default as in training."
_REFERENCE = (
    "Examples like those of training that were not trained on, for a model that keeps none: a corpus as --corpus names "
    "it, or a text file of inputs."
)
_REFERENCE_TARGET = "The true output for each line of --reference, which then is a text file."
_DOCUMENTS = (
    "What a document is, as its sentences resemble each other: blank-lines (an empty line ends one), files (each is "
    "one), or a column of the table."
)
_WEIGHTS = (
    "File for a weight of each training example of the run, by which they stand for the new inputs: .parquet, .csv or "
    ".tsv. `dragoman train --weights` trains with it."
)
_MODEL = "Folder for a copy of the model whose probabilities are re-weighted to the new shares of the labels."
_ALPHA = "Probability of finding something where nothing has changed."
_OUTPUT = "Folder of the report; by default RUN/diagnosis, of a model outside of a run diagnosis."


@takes_groups
def shift(
    truth: GivenTruth,
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    source: Annotated[list[Path] | None, typer.Option("--input", help=_INPUT)] = None,
    image: Annotated[list[Path] | None, typer.Option(help="Picture, or folder of pictures. Repeatable.")] = None,
    column: Annotated[str | None, typer.Option(help=_COLUMN)] = None,
    separator: Separator = None,
    decimal: DecimalMark = None,
    documents: Annotated[str | None, typer.Option(metavar="blank-lines|files|COLUMN", help=_DOCUMENTS)] = None,
    reference: Annotated[Path | None, typer.Option(help=_REFERENCE)] = None,
    reference_target: Annotated[Path | None, typer.Option(help=_REFERENCE_TARGET)] = None,
    alpha: Annotated[float, typer.Option(min=1e-9, max=0.5, help=_ALPHA)] = 0.05,
    permutations: Annotated[int, typer.Option(min=1, max=10**6, help="Permutations of each test.")] = 999,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of all random numbers.")] = 1,
    write_weights: Annotated[Path | None, typer.Option(metavar="FILE", help=_WEIGHTS)] = None,
    write_model: Annotated[Path | None, typer.Option(metavar="FOLDER", help=_MODEL)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    output: Annotated[Path | None, typer.Option(help=_OUTPUT)] = None,
    device: Device = "auto",
) -> None:
    """Say whether new inputs are like those of training; if not, what has changed, and what to do about it.

    Covariate shift: the inputs are others. Label shift: classes are more or less frequent. Concept shift: other outputs
    follow from the same inputs, which cannot be told without true outputs.
    """
    from dragoman.diagnosis.shift.settings import Settings
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_folder, check_new_folder
    from dragoman.storage.run_paths import run_around

    settings = Settings(alpha, permutations, seed)
    check_model(model)
    run = run_around(model)
    folder = output or (run.diagnosis_folder if run.recipe_file.is_file() else Path("diagnosis"))
    check_folder(folder)
    if write_weights is not None:
        from dragoman.diagnosis.shift.training_weights import check_weights

        check_weights(model, write_weights)
    if write_model is not None:
        check_new_folder(write_model)
    if reference_target is not None and reference is None:
        raise InputError(
            f"--reference-target {reference_target} was given, and no --reference",
            remedy="name the inputs that it belongs to with --reference.",
        )

    from dragoman.cli.diagnosis_report import present
    from dragoman.cli.model_input import AskedInputs
    from dragoman.cli.table_input import writing_of
    from dragoman.diagnosis.shift.diagnose import diagnosed, found_reference
    from dragoman.model.device import choose_device
    from dragoman.model.folder import load_model, recipe_in
    from dragoman.recipe.kinds import sentence_of
    from dragoman.tasks.table import task_of

    recipe, writing = recipe_in(model), writing_of(separator, decimal)
    true = truth.of(task_of(recipe).words.truth, sentence_of(recipe.model), model)
    sources: list[Path | None] = [*source] if source else [None]
    parts = [AskedInputs(recipe, model, file, image, column, writing) for file in sources]
    examples = read_examples(parts, true, documents)
    loaded = load_model(model, choose_device(device))
    given = None if reference is None else _reference(loaded, reference, reference_target)
    old = found_reference(loaded, model) if given is None else given
    report = diagnosed(loaded, model, examples, old, settings)
    present(report, report.as_text().rstrip("\n"), f"Shift of {report.name}", folder, "shift", as_json=as_json)
    if write_weights is not None:
        from dragoman.diagnosis.shift.training_weights import write_training_weights

        names = None if examples.documents is None else list(examples.documents)
        remark(
            write_training_weights(
                model, examples.inputs, write_weights, documents=names, table=examples.table, seed=seed
            ).as_text()
        )
    if write_model is not None:
        from dragoman.diagnosis.shift.reweighting import write_reweighted_for

        write_reweighted_for(report, loaded, model, examples, old, write_model)
        remark(f"A copy of the model with re-weighted probabilities is in {write_model}.")


def _reference(loaded: LoadedModel, file: Path, target: Path | None) -> Profile:
    """The profile of examples that were named as reference."""
    from dragoman.cli.text_input import read_lines
    from dragoman.data.formats.detection import format_by_name
    from dragoman.diagnosis.shift.diagnose import profile_of_corpora
    from dragoman.reference.measure import profile_of_inputs
    from dragoman.tasks.table import task_of

    task = task_of(loaded.recipe)
    if target is not None:
        return profile_of_corpora(loaded, [{"source": str(file), "target": str(target)}])
    if file.is_dir() or format_by_name(file) is not None:
        return profile_of_corpora(loaded, [{"path": str(file)}])
    if not task.words.truth:
        return profile_of_corpora(loaded, [{"text": str(file)}])
    return profile_of_inputs(
        loaded, [line for line in read_lines(file) if line.strip()], origin=f"the inputs of {file}"
    )
