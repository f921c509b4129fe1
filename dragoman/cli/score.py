"""``dragoman score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli.options import Device
from dragoman.cli.output_file import STANDARD_OUTPUT, emit


def score(
    model: Annotated[Path, typer.Argument(help="Folder of a language model or a translator.")],
    text: Annotated[
        Path | None, typer.Option(help="Text to score, one line each; standard input if not given.")
    ] = None,
    source: Annotated[Path | None, typer.Option(help="For a translator: what the lines of the text translate.")] = None,
    device: Device = "auto",
) -> None:
    """Say how probable each line of a text is: a table with log-probability, tokens, and bits per character.

    A language model scores text; a translator scores translations of the lines of ``--source``.
    """
    from dragoman.cli.text_input import read_lines
    from dragoman.data.formats.plain_text import check_text_files
    from dragoman.storage.given import check_model
    from dragoman.storage.output import check_output

    files = [path for path in (text, source) if path is not None]
    check_text_files(*files)
    check_output(STANDARD_OUTPUT, files)
    check_model(model)

    import numpy as np

    from dragoman.tasks.score import score as score_texts

    lines = list(read_lines(text))
    scores = score_texts(model, lines, None if source is None else list(read_lines(source)), device=device)
    bits = scores.nats / np.log(2) / scores.characters
    rows = zip(lines, scores.nats.tolist(), scores.tokens.tolist(), bits.tolist(), strict=True)
    table = ["line\tlog_probability\ttokens\tbits_per_character\ttext"]
    for number, (line, nats, tokens, share) in enumerate(rows, start=1):
        table.append(f"{number}\t{-nats:.4f}\t{tokens:.0f}\t{share:.4f}\t{' '.join(line.split())}")
    emit(None, "".join(f"{row}\n" for row in table).encode())
