"""``dragoman predict``."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.data_options import DecimalMark, Separator
from dragoman.cli.options import Device
from dragoman.cli.output_file import STANDARD_OUTPUT, emit, output_option
from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.predict.outcomes import Outcomes
    from dragoman.predict.predictor import Predictor

_INPUT = (
    "Text file, one text a line; or table (CSV, TSV, Parquet, JSON lines) of texts, of pictures' paths, or whose rows "
    "are read. Of a model that reads text, standard input if not given."
)
_ENGINE = "What computes: torch, native, or auto: the faster one; both in float32."
_PREDICTION = "prediction"
_RANKED = ["rank", "log_probability"]


def predict(
    model: Annotated[Path, typer.Argument(help="Folder of a model that predicts labels, numbers or tags.")],
    source: Annotated[Path | None, typer.Option("--input", help=_INPUT)] = None,
    image: Annotated[list[Path] | None, typer.Option(help="Picture, or folder of pictures. Repeatable.")] = None,
    column: Annotated[
        str | None, typer.Option(help="Column of the table that holds texts or pictures; by default as in training.")
    ] = None,
    separator: Separator = None,
    decimal: DecimalMark = None,
    output: Annotated[Path | None, output_option("File to write; standard output if not given.")] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Add a column with the probability of each label or tag.")
    ] = False,
    n_best: Annotated[
        int | None,
        typer.Option(
            "--n-best", min=1, max=10_000, help="Write so many predictions for each input, the most probable first."
        ),
    ] = None,
    device: Device = "auto",
    engine: Annotated[str, typer.Option(help=_ENGINE)] = "auto",
) -> None:
    """Say the label or the number of texts, pictures or rows of a table, or the tags of the words of texts.

    Lines of text give a line each. A table gives its rows as CSV with a column `prediction` behind them, and pictures
    give a table of `path` and `prediction`. With --probabilities a column is added for each label or tag; of tags it
    holds a number for each word, with a space between them. With --n-best each input has a row for each prediction,
    with the columns `rank` and `log_probability`.
    """
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_output

    inputs: list[Path | None] = [*image] if image else [source]
    check_output(output or STANDARD_OUTPUT, [model, *inputs])
    check_model(model)

    from dragoman.cli.model_input import AskedInputs
    from dragoman.cli.picture_input import picture_files
    from dragoman.cli.table_input import writing_of
    from dragoman.predict.predictor import Predictor
    from dragoman.recipe.kinds import sentence_of

    check_output(output or STANDARD_OUTPUT, [model, *(picture_files(image) if image else [source])])
    if probabilities and n_best is not None:
        raise InputError(
            "--probabilities and --n-best were given, and each makes another table",
            file=source,
            remedy="give one of them.",
        )
    predictor = Predictor.load(model, device=device, engine=engine)
    asked = "--probabilities" if probabilities else "--n-best"
    if (probabilities or n_best is not None) and not predictor.labels:
        raise InputError(
            f"{sentence_of(predictor.recipe.model)}, and gives no probabilities",
            file=model,
            remedy=f"leave {asked} away.",
        )
    given = AskedInputs(predictor.recipe, model, source, image, column, writing_of(separator, decimal)).given()
    probable = [f"probability of {label}" for label in predictor.labels]
    added = [_PREDICTION] + (probable if probabilities else [] if n_best is None else _RANKED)
    for name in added:
        if name in given.header and not given.is_lines:
            raise InputError(
                f"the table has a column `{name}` already", file=source, remedy="rename it, or leave it out."
            )
    found = predictor.outcomes(given.inputs, given.place)
    if n_best is not None:
        rows = _ranked(predictor, found, n_best)
    elif probabilities:
        rows = _probable(predictor, found)
    else:
        rows = [[[said]] for said in predictor.written(found.predictions())]
    if given.is_lines and len(added) == 1:
        text = "".join(" ".join(said.splitlines()) + "\n" for ((said,),) in rows)
    else:
        cells = [[*before, *row] for before, of_input in zip(given.cells, rows, strict=True) for row in of_input]
        text = _csv([[*given.header, *added], *cells])
    emit(output, text.encode())


def _probable(predictor: Predictor, found: Outcomes) -> list[list[list[str]]]:
    """For each input one row: what is said of it, and the probability of each label; of a tag, that at each word."""
    import numpy as np

    said = predictor.written(found.predictions())
    shares = [np.atleast_2d(of_input).T.tolist() for of_input in found.probabilities()]
    return [
        [[prediction, *(" ".join(f"{share:.6g}" for share in of_label) for of_label in of_input)]]
        for prediction, of_input in zip(said, shares, strict=True)
    ]


def _ranked(predictor: Predictor, found: Outcomes, count: int) -> list[list[list[str]]]:
    """For each input a row for each of its best predictions, with its rank and the logarithm of its probability."""
    return [
        [
            [predictor.target.written(ranked.prediction), str(rank), f"{ranked.log_probability:.6g}"]
            for rank, ranked in enumerate(of_input, start=1)
        ]
        for of_input in found.best(count)
    ]


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
