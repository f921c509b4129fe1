"""``dragoman score``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli.output_file import STANDARD_OUTPUT


def score(
    model: Annotated[Path, typer.Argument(help="Folder of a language model or a translator.")],
    text: Annotated[
        Path | None, typer.Option(help="Text to score, one line each; standard input if not given.")
    ] = None,
    source: Annotated[Path | None, typer.Option(help="For a translator: what the lines of the text translate.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Say how probable each line of a text is: a table with log-probability, tokens, and bits per character.

    A language model scores text; a translator scores translations of the lines of ``--source``.
    """
    import numpy as np

    from dragoman.cli.text_input import read_lines
    from dragoman.data.formats.plain_text import check_text_files
    from dragoman.errors import InputError
    from dragoman.model.device import choose_device
    from dragoman.model.folder import load_model
    from dragoman.predict.model_kinds import not_this_kind
    from dragoman.predict.translator import Translator
    from dragoman.predict.writer import Writer
    from dragoman.storage.output import check_output

    files = [path for path in (text, source) if path is not None]
    check_text_files(*files)
    check_output(STANDARD_OUTPUT, files)
    loaded = load_model(model, choose_device(device))
    kind = loaded.recipe.model
    if not kind.is_language_model and not kind.is_translator:
        raise not_this_kind(kind, model, "language model or translator")
    lines = list(read_lines(text))
    if kind.is_language_model:
        if source is not None:
            raise InputError(
                "a language model reads no source", file=source, remedy="leave --source away, or give a translator."
            )
        scores = Writer.of(loaded, model).score(lines, alone=True)
    else:
        if source is None:
            raise InputError(
                "this model is a translator, which scores translations of a source",
                file=model,
                remedy="give the lines that the text translates with --source.",
            )
        scores = Translator.of(loaded, model).score(list(read_lines(source)), lines)
    bits = scores.nats / np.log(2) / scores.characters
    for row in _rows(lines, scores.nats, scores.tokens, bits):
        sys.stdout.buffer.write(f"{row}\n".encode())


def _rows(lines: list[str], nats: object, tokens: object, bits: object) -> Iterator[str]:
    yield "line\tlog_probability\ttokens\tbits_per_character\ttext"
    for number, (line, nat, count, bit) in enumerate(zip(lines, nats, tokens, bits, strict=True), start=1):  # type: ignore[call-overload]
        yield f"{number}\t{-nat:.4f}\t{count:.0f}\t{bit:.4f}\t{' '.join(line.split())}"
