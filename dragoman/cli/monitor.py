"""``dragoman monitor``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.cli.options import Device
from dragoman.cli.output_file import emit, output_option

if TYPE_CHECKING:
    from dragoman.monitoring.status import Status

DRIFT = 2
"""Exit status if there is drift."""

_LOG = "Log with a row for each input: JSON lines, or Parquet."
_FIELD = "Field of a row that holds the text or the picture; by default the column of training."
_WINDOW = "Rows of a window, after which what was found is summed up."
_ALPHA = "Probability of a false alarm, ever, however long it goes on."
_STATE = "File to go on from, and to write for the next call."
_FOLLOW = "Wait for more rows, until Ctrl-C."
_DOCUMENTS = "Field that names a row's document or session, of which one row counts."
_TIME = "Field that says a row's time, for the picture."
_REFERENCE = "Inputs like those of training, for a model that keeps no reference: a text file, or a table."
_COPIES = (
    "Count an input each time it comes, or only once among the last 16,384 different ones; by default once if the "
    "training data were rid of duplicates."
)
_OUTPUTS = "Measure what the model writes, too, which takes a greedy search for each input."
_PICTURE = "Draw drift over time, as PNG or SVG by the name's ending."
_SEED = "Seed of what is drawn."


def monitor(
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    log: Annotated[Path, typer.Option(help=_LOG)],
    field: Annotated[str | None, typer.Option(help=_FIELD)] = None,
    window: Annotated[int, typer.Option(min=1, max=10**9, help=_WINDOW)] = 1000,
    alpha: Annotated[float, typer.Option(min=1e-9, max=0.5, help=_ALPHA)] = 0.05,
    state: Annotated[Path | None, output_option(_STATE)] = None,
    follow: Annotated[bool, typer.Option("--follow", help=_FOLLOW)] = False,
    documents: Annotated[str | None, typer.Option(help=_DOCUMENTS)] = None,
    time: Annotated[str | None, typer.Option(help=_TIME)] = None,
    copies: Annotated[bool | None, typer.Option("--copies/--no-copies", help=_COPIES)] = None,
    outputs: Annotated[bool, typer.Option("--outputs", help=_OUTPUTS)] = False,
    reference: Annotated[Path | None, typer.Option(help=_REFERENCE)] = None,
    picture: Annotated[Path | None, output_option(_PICTURE)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help=_SEED)] = 1,
    device: Device = "auto",
) -> None:
    """Say whether what a model is given has drifted away from what it was trained on, by a log of it.

    With --state each call goes on where the last one ended, so that it can be called at intervals. The exit status is 0
    without drift, 2 with drift, and 1 if something went wrong. A drift that was found stays found: another file for the
    state begins anew.
    """
    from dragoman.reports.figure import check_picture
    from dragoman.reports.written import json_text
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_outputs

    files = [path for path in (log, reference) if path is not None]
    check_outputs({"--state": state, "--picture": picture}, [model, *files])
    if picture is not None:
        check_picture(picture)
    check_model(model)
    given = None if reference is None else _reference(model, reference, field)

    from dragoman.monitoring.monitor_log import monitor as watch_log

    def windows(status: Status) -> None:
        found = status.summary().headline
        print(f"window {status.windows:,}, line {status.line:,}: {found}", file=sys.stderr, flush=True)
        if picture is not None:
            status.draw(picture)

    status = watch_log(
        model,
        log,
        field=field,
        window=window,
        alpha=alpha,
        state=state,
        follow=follow,
        documents=documents,
        time=time,
        reference=given,
        copies=copies,
        outputs=outputs,
        seed=seed,
        device=device,
        watching=windows if follow else None,
    )
    text = json_text(status) if as_json else status.as_text()
    emit(None, f"{text}\n".encode("utf-8", "backslashreplace"))
    if picture is not None:
        status.draw(picture)
    if status.drift:
        sys.exit(DRIFT)


def _reference(model: Path, reference: Path, field: str | None) -> Iterable[object]:
    """The inputs of the reference."""
    from dragoman.cli.model_input import AskedInputs
    from dragoman.cli.table_input import is_table
    from dragoman.data.read_table import TOLD
    from dragoman.fields.files import load_fields
    from dragoman.model.folder import recipe_in
    from dragoman.monitoring.log_inputs import log_inputs
    from dragoman.storage.verified import VerifiedFolder

    source, _ = load_fields(VerifiedFolder.open(model))
    log_inputs(source).checked_field(field, usual="")
    column = field if is_table(reference) else None
    asked = AskedInputs(recipe_in(model), model, reference, None, column, TOLD)
    given: Iterable[object] = asked.given().inputs
    return given
