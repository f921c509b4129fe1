"""``dragoman translate``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.errors import InputError

if TYPE_CHECKING:
    from dragoman.predict.translation import Translation


def translate(
    model: Annotated[Path, typer.Argument(help="Folder of a model, such as runs/demo/best.")],
    source: Annotated[Path | None, typer.Option("--input", help="Text file; standard input if not given.")] = None,
    output: Annotated[Path | None, typer.Option(help="Text file; standard output if not given.")] = None,
    beam: Annotated[int | None, typer.Option(min=1, help="Beam width; 1 is greedy. By default the recipe's.")] = None,
    n_best: Annotated[
        int, typer.Option(min=1, help="Write this many translations a line, as a table with scores.")
    ] = 1,
    language_model: Annotated[
        Path | None, typer.Option(help="Folder of a language model over the same vocabulary, for more fluent outputs.")
    ] = None,
    weight: Annotated[
        float, typer.Option("--language-model-weight", min=0, help="Its say, against the translator's 1.")
    ] = 0.1,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Translate text line by line: as many lines out as in."""
    from dragoman.predict.translator import Translator
    from dragoman.storage.folder import write_file

    translator = Translator.load(model, device=device, language_model=language_model, language_model_weight=weight)
    lines = read_lines(source)
    if n_best > 1:
        written = _table(translator.n_best(list(lines), n_best, beam=beam))
    else:
        written = _flagging(translator.stream(lines, beam=beam))
    if output is not None:
        write_file(output, "".join(f"{line}\n" for line in written).encode())
        return
    for line in written:
        sys.stdout.buffer.write(f"{line}\n".encode())
    sys.stdout.flush()


def read_lines(file: Path | None) -> Iterator[str]:
    """The lines of a file, or of standard input.

    Raises:
        InputError: if they cannot be read or are not UTF-8.
    """
    if file is None:
        yield from _decode(sys.stdin.buffer, "standard input")
        return
    try:
        with file.open("rb") as stream:
            yield from _decode(stream, str(file))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file, remedy="give a readable text file.") from error


def _decode(stream: Iterable[bytes], name: str) -> Iterator[str]:
    for number, line in enumerate(stream, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"not UTF-8: byte 0x{line[error.start]:02x} at column {error.start + 1}",
                file=name,
                line=number,
                remedy="convert the text first, for example with `iconv -f latin1 -t utf-8`.",
            ) from None
        yield text.removesuffix("\n").removesuffix("\r")


def _flagging(translations: Iterator[Translation]) -> Iterator[str]:
    """The texts; lines that a person should look at are named on standard error, with the reason."""
    for number, translation in enumerate(translations, start=1):
        if translation.flagged:
            print(f"line {number}: {'; '.join(translation.concerns)}", file=sys.stderr)
        yield _one_line(translation.text)


def _table(all_translations: list[list[Translation]]) -> Iterator[str]:
    yield "line\trank\tscore\tlog_probability\tending\tplaceholders_kept\ttext"
    for number, translations in enumerate(all_translations, start=1):
        for rank, t in enumerate(translations, start=1):
            numbers = f"{number}\t{rank}\t{t.score:.4f}\t{t.log_probability:.4f}"
            kept = "yes" if t.placeholders_kept else "no"
            yield f"{numbers}\t{t.ending.value}\t{kept}\t{_one_line(t.text)}"


def _one_line(text: str) -> str:
    """A model can write any character; a line break or tab in the middle of a line would break the count of lines."""
    return " ".join(text.splitlines()).replace("\t", " ")
