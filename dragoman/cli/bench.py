"""``dragoman bench``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli.output_file import output_option

_INPUT = "Text file, one text a line, or table, as for `predict`; by default the test set of the model's run."


def bench(
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    source: Annotated[Path | None, typer.Option("--input", help=_INPUT)] = None,
    image: Annotated[list[Path] | None, typer.Option(help="Picture, or folder of pictures. Repeatable.")] = None,
    beam: Annotated[int | None, typer.Option(min=1, max=1000, help="Beam width; by default the recipe's.")] = None,
    most: Annotated[int, typer.Option("--inputs", min=1, max=10**6, help="Inputs that are used at most.")] = 200,
    threads: Annotated[int | None, typer.Option(min=1, max=4096, help="Threads; by default one for each core.")] = None,
    json_file: Annotated[Path | None, output_option("Write the speeds as JSON.", "--json")] = None,
    picture: Annotated[Path | None, output_option("Draw the speeds, as PNG.")] = None,
) -> None:
    """Measure how fast a model is on this machine, with each engine and number: many inputs together, and one a call.

    Engines take turns. For each there are inputs a second, the median and the 99th percentile of the milliseconds of a
    call with one input, and where they can be counted, the operations of its products in a second, beside what this
    processor reaches at most.
    """
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_outputs, write_output

    inputs: list[Path | None] = [*image] if image else [source]
    check_outputs({"--json": json_file, "--picture": picture}, [model, *inputs])
    check_model(model)

    from dragoman.assessment.bench import bench as measure
    from dragoman.cli.model_input import AskedInputs
    from dragoman.cli.table_input import writing_of
    from dragoman.model.folder import recipe_in

    asked = AskedInputs(recipe_in(model), model, source, image, None, writing_of(None, None))
    given = asked.given().inputs if source is not None or image else None
    found = measure(
        model,
        given,
        beam=beam,
        most=most,
        threads=threads,
        picture=picture,
        log=lambda message: print(message, file=sys.stderr),
    )
    if json_file is not None:
        write_output(json_file, (json.dumps(found.to_dict(), indent=2) + "\n").encode())
    print(found.as_text())
